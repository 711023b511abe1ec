"""The main job in a real browser, on the real seven processes: three people, three windows.

Once in English, with a link that is pasted; once in French, with a QR code held before the camera.
Every page on the way is put before axe-core, must fit a phone, and asks no other origin.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from test_camera_scan import film

from acquis.service.catalogue import load_translations
from demo.scan import scan_page
from support.browser import DESK, PATIENCE, PHONE, find_barriers, open_browser, overflow, watch
from support.town import Running

pytestmark = [pytest.mark.browser, pytest.mark.agents]

SHOTS = os.environ.get("ACQUIS_SHOTS")
NOTE_ENDS = """document.addEventListener("htmx:sse:close", (event) => {
  if (event.detail.reason === "message") event.target.dataset.ended = "";
}, true)"""
"""Marks the live part of a page of which the server said that nothing more comes."""


@dataclass
class Window:
    """One person's browser window; ``looked`` names the pages that were put to the test."""

    page: Page
    home: str
    language: str
    wrongs: list[str]
    looked: list[str] = field(default_factory=list)

    async def sign_in(self, name: str) -> None:
        """Sign in where a page asked for it."""
        await self.page.get_by_label(self.word("Your name")).fill(name)
        await self.page.locator("form button", has_text=self.word("Sign in")).first.click()

    def word(self, en: str) -> str:
        """Return the pages' own sentence in this window's language."""
        translations = load_translations("fr" if self.language == "fr" else "en")
        found: str = translations.gettext(en)
        assert self.language == "en" or found != en, en
        return found

    async def press(self, en: str) -> None:
        """Press the button of that name."""
        await self.page.get_by_role("button", name=self.word(en), exact=True).click()

    async def look(self, name: str) -> None:
        """Hold the page as it stands to what every page of ours owes."""
        await self.page.wait_for_load_state("load")
        assert await find_barriers(self.page) == [], name
        assert await overflow(self.page) <= 0, name
        assert self.wrongs == [], name
        lang = await self.page.locator("html").get_attribute("lang")
        assert lang == self.language, name
        self.looked.append(name)
        if SHOTS:
            target = Path(SHOTS) / f"{self.language}-{name}.png"
            await self.page.screenshot(path=target, full_page=True)

    async def settles(self) -> None:
        """Wait until nothing of the page changes by itself any more."""
        living = self.page.locator(r"[hx-sse\:connect]:not([data-ended])")
        await expect(living).to_have_count(0)

    async def sees(self, en: str) -> None:
        """Wait until the page says it by itself."""
        await expect(self.page.get_by_text(self.word(en)).first).to_be_visible()


@asynccontextmanager
async def windows(
    running: Running, language: str, extra: Sequence[str] = ()
) -> AsyncIterator[tuple[Window, Window, Window]]:
    """Open the windows of the registrar, the learner (on a phone) and the recruiter."""
    async with open_browser(extra) as browser:
        origins = [running.town.url(unit) for unit in ("issuer", "wallet", "verifier")]
        opened = [
            await _open(browser, origin, language, origins, phone=unit == 1)
            for unit, origin in enumerate(origins)
        ]
        yield opened[0], opened[1], opened[2]


async def _open(
    browser: Browser, home: str, language: str, origins: Sequence[str], *, phone: bool
) -> Window:
    context = await browser.new_context(
        viewport=PHONE if phone else DESK,
        locale={"en": "en-GB", "fr": "fr-FR"}[language],
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.add_init_script(NOTE_ENDS)
    return Window(page, home, language, watch(page, origins))


async def award(registrar: Window, running: Running, family_name: str) -> str:
    """Award the achievement by its form; return the claim link that the page shows as QR code."""
    page = registrar.page
    await page.goto(f"{registrar.home}/")
    await registrar.sign_in("Camille Registrar")
    await registrar.look("institution")
    await page.goto(f"{registrar.home}/achievements/{running.story.achievement_id}")
    await registrar.look("achievement")
    await page.goto(f"{registrar.home}/achievements/{running.story.achievement_id}/award")
    await page.locator("#given_name").fill("Alex")
    await page.locator("#family_name").fill(family_name)
    await page.locator("#level_esco_ccd0a1d9-afda-43d9-b901-96344886e14d").select_option("4")
    await registrar.look("award-form")
    await registrar.press("Award and make the claim link")
    await page.wait_for_url(re.compile(r"/awards/[0-9a-f-]{36}$"))
    await registrar.look("awarded")
    return scan_page(await page.content())


async def claim(learner: Window, link: str, name: str) -> None:
    """Follow the claim link from its page into the wallet, sign in there, accept."""
    page = learner.page
    await page.goto(link)
    await learner.look("claim")
    assert scan_page(await page.content()) == link
    await page.get_by_role("link", name=learner.word("Open in my Acquis wallet")).click()
    await learner.sign_in(name)
    await learner.look("confirm-link")
    await learner.press("Open")
    await expect(
        page.get_by_role("button", name=learner.word("Accept"), exact=True)
    ).to_be_visible()
    await learner.look("offer")
    await learner.press("Accept")
    await learner.sees("Stored: from now on you can prove each competency by itself")
    await learner.look("stored")
    await page.goto(f"{learner.home}/")
    await learner.look("credentials")


async def ask(recruiter: Window) -> str:
    """Ask for Python, level 3 or more, by the form; return what the QR code on the page says."""
    page = recruiter.page
    await page.goto(f"{recruiter.home}/ask")
    await recruiter.sign_in("Robin Recruiter")
    await page.locator("#q").fill("python")
    await page.locator("#found button[name=add]").first.click()
    level = page.locator("select[name='level_esco_ccd0a1d9-afda-43d9-b901-96344886e14d']")
    await level.select_option("3")
    await page.locator("#purpose").fill("Application for a position as data analyst")
    await recruiter.look("ask-form")
    await recruiter.press("Make the QR code")
    await page.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}$"))
    await recruiter.look("request")
    return scan_page(await page.content())


async def consent(learner: Window) -> None:
    """Read what is asked, share it, see that it was shared, keep the receipt."""
    page = learner.page
    button = page.get_by_role("button", name=learner.word("Share this, once"))
    await expect(button).to_be_visible()
    await learner.look("consent")
    text = await page.locator("main").inner_text()
    assert {"en": "level 3 or more", "fr": "niveau 3 ou plus"}[learner.language] in text
    assert {"en": "unknown", "fr": "inconnu"}[
        learner.language
    ] in text.lower()  # the requester is not verified
    await button.click()
    await expect(page.locator("main")).to_contain_text(learner.word("Shared"))
    await learner.settles()
    await learner.look("shared")
    await page.goto(f"{learner.home}/receipts")
    await learner.look("receipts")
    await page.locator("main a[href^='/receipts/']").first.click()
    await learner.look("receipt")


async def result(recruiter: Window) -> None:
    """See the result appear by itself, with its three verdicts, and nothing about the person."""
    page = recruiter.page
    await recruiter.sees("Accepted")
    await expect(page.locator(".verdict")).to_have_count(3)
    await recruiter.look("result")
    content = await page.content()
    assert "Alex" not in content
    await page.locator("details.opens summary").first.click()
    await recruiter.look("result-opened")


async def test_in_english_with_a_pasted_link(running: Running) -> None:
    async with windows(running, "en") as (registrar, learner, recruiter):
        link = await award(registrar, running, "Browser")
        await claim(learner, link, "Alex Browser")
        await registrar.sees("In the learner's wallet")
        request_link = await ask(recruiter)
        await learner.page.goto(f"{learner.home}/open")
        await learner.look("open")
        await learner.page.locator("#link").fill(request_link)
        await learner.page.locator("#open-form button").click()
        await consent(learner)
        await result(recruiter)
        # A second wallet is told that the code was used.
        await learner.page.goto(request_link)
        await learner.look("request-link-used")
        assert learner.looked.count("consent") == 1
        assert recruiter.looked[-1] == "result-opened"


async def test_in_french_with_the_camera(running: Running, tmp_path: Path) -> None:
    camera = tmp_path / "code.y4m"
    film("https://nothing.example/", camera)
    fake = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )
    async with windows(running, "fr", fake) as (registrar, learner, recruiter):
        link = await award(registrar, running, "Navigateur")
        await claim(learner, link, "Alex Navigateur")
        request_link = await ask(recruiter)
        film(request_link, camera)
        await learner.page.goto(f"{learner.home}/open")
        await learner.page.locator("#scan-start").click()
        await consent(learner)
        await result(recruiter)
