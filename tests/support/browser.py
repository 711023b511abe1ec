"""A real Chromium for the tests of pages: how it is started, what it may not do, and axe-core."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from acquis.service.frontend import find_browser

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000
"""Milliseconds after which a page will not come to what is expected of it."""
expect.set_options(timeout=PATIENCE)

ARGUMENTS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@asynccontextmanager
async def open_browser(extra: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Start the Chromium of this machine; a missing one fails, it is never skipped."""
    path = find_browser()
    assert path is not None, "no Chromium: run .ci/setup --tests"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *extra])
        try:
            yield browser
        finally:
            await browser.close()


def watch(page: Page, allowed: Sequence[str]) -> list[str]:
    """Note what a page of ours must never do: ask another origin, break its policy, fail."""
    wrongs: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((*allowed, "data:", "blob:")):
            wrongs.append(f"asked {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: wrongs.append(f"error {error}"))
    page.on(
        "console",
        lambda message: (
            wrongs.append(f"console {message.text}")
            if message.type in {"error", "warning"}
            else None
        ),
    )
    return wrongs


async def find_barriers(page: Page, rules: Sequence[str] = STANDARD) -> list[str]:
    """Run axe-core on the page as it stands; return what it found, one line each."""
    axe = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    await page.evaluate(axe)
    found = await page.evaluate(f"axe.run({json.dumps({'runOnly': list(rules)})})")
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


_WIDER = """() => {
  const root = document.documentElement;
  let most = root.scrollWidth - root.clientWidth;
  for (const place of document.querySelectorAll("main :is(a, button, input, select, textarea, p, code, h1, h2, h3, svg.qr)")) {
    if (place.closest(".sr-only")) continue;
    const frame = (place.parentElement.closest(".card, .rows, .tile, .verdict") ?? root).getBoundingClientRect();
    const box = place.getBoundingClientRect();
    if (box.width > 0) most = Math.max(most, Math.round(box.right - frame.right));
  }
  return most;
}"""


async def overflow(page: Page) -> int:
    """Return by how many pixels something sticks out of the window or of the card it is in."""
    width: int = await page.evaluate(_WIDER)
    return max(0, width)
