// What a page gains when scripts run; everything works without: local times, countdowns, copying,
// and no second sending of a form that is on its way.
(() => {
  "use strict";
  const language = document.documentElement.lang || "en";
  const locale = language === "fr" ? "fr-FR" : "en-GB";
  const moment = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });

  /** Write a moment; in French the first of a month is « 1er ». */
  function writeMoment(at) {
    const first = ({ type, value }) => language === "fr" && type === "day" && value === "1";
    return moment.formatToParts(at).map((part) => (first(part) ? "1er" : part.value)).join("");
  }

  /** Show each moment in the reader's own time zone; the server wrote it in UTC. */
  function localise(within) {
    for (const time of within.querySelectorAll("time[data-show]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.valueOf())) continue;
      const text = time.dataset.show === "clock" ? clock.format(at) : writeMoment(at);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  /** Write how long is left, as m:ss, where the page says until when. */
  function count() {
    for (const place of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.round((Date.parse(place.dataset.until) - Date.now()) / 1000));
      const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (place.textContent !== text) place.textContent = text;
    }
  }

  function say(sentence) {
    const place = document.getElementById("said");
    place.textContent = "";
    window.setTimeout(() => { place.textContent = sentence; }, 50);
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(button.dataset.from));
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      say(button.dataset.selected);
      return;
    }
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    say(button.dataset.copied);
    window.setTimeout(() => { label.textContent = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });

  /** Where a swap took away what had the focus, put it at the place the part names for that. */
  function refocus() {
    if (document.activeElement !== document.body) return;
    for (const selector of document.querySelector("[data-refocus]")?.dataset.refocus.split("|") ?? []) {
      const place = [...document.querySelectorAll(selector)].at(-1);
      if (place) {
        place.focus();
        return;
      }
    }
  }

  document.addEventListener("htmx:after:swap", () => { localise(document); count(); refocus(); });
  localise(document);
  count();
  window.setInterval(count, 1000);
})();
