// Reads a QR code with the camera and opens its link. The library and its WebAssembly come from this
// very site; the picture never leaves the page.
(() => {
  "use strict";
  const own = document.currentScript;
  const library = own.dataset.library;
  const wasm = own.dataset.wasm;

  document.addEventListener("DOMContentLoaded", () => {
    const scanner = document.getElementById("scanner");
    if (!scanner || !navigator.mediaDevices?.getUserMedia) return;
    const says = document.getElementById("scan-says");
    const camera = document.getElementById("camera");
    const video = camera.querySelector("video");
    const start = document.getElementById("scan-start");
    const stop = document.getElementById("scan-stop");
    let stream = null;
    scanner.hidden = false;

    function show(running) {
      camera.hidden = !running;
      stop.hidden = !running;
      start.hidden = running;
    }

    function end(sentence) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
      video.srcObject = null;
      show(false);
      says.textContent = sentence;
    }

    async function loadDetector() {
      if (!window.BarcodeDetectionAPI) {
        await new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = library;
          script.nonce = own.nonce;
          script.addEventListener("load", resolve);
          script.addEventListener("error", reject);
          document.head.append(script);
        });
        window.BarcodeDetectionAPI.prepareZXingModule({
          overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path) },
        });
      }
      return new window.BarcodeDetectionAPI.BarcodeDetector({ formats: ["qr_code"] });
    }

    function open(text) {
      let link;
      try {
        link = new URL(text);
      } catch {
        return false;
      }
      if (link.protocol !== "https:" && link.protocol !== "http:") return false;
      end(says.dataset.found);
      document.getElementById("link").value = link.href;
      document.getElementById("open-form").requestSubmit();
      return true;
    }

    async function look() {
      const detector = await loadDetector();
      while (stream) {
        if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
          for (const code of await detector.detect(video)) {
            if (!stream || open(code.rawValue)) return;
            says.textContent = says.dataset.foreign;
          }
        }
        await new Promise((resolve) => window.setTimeout(resolve, 150));
      }
    }

    start.addEventListener("click", async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
        video.srcObject = stream;
        show(true);
        says.textContent = says.dataset.looking;
        stop.focus();
        await video.play();
        await look();
      } catch {
        end(says.dataset.refused);
      }
    });
    stop.addEventListener("click", () => { end(""); start.focus(); });
    window.addEventListener("pagehide", () => { if (stream) end(""); });
  });
})();
