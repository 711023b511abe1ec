"""Every page in every state: accessible, in both languages, on a phone and on a desk, light and dark."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from support.browser import DESK, PHONE, find_barriers, open_browser, overflow, watch
from support.gallery.app import rooms, serve_gallery

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serve_gallery() as address:
        yield address


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with open_browser() as browser:
        yield browser


@dataclass(frozen=True)
class Sight:
    """How a page is looked at."""

    name: str
    language: str
    colours: Literal["light", "dark"]
    window: ViewportSize
    other_window: ViewportSize


SIGHTS = (
    Sight("phone-light-french", "fr", "light", PHONE, DESK),
    Sight("desk-dark-english", "en", "dark", DESK, PHONE),
)


@dataclass(frozen=True)
class Easel:
    """One browser page that visits the whole gallery, and what it did wrong meanwhile."""

    page: Page
    wrongs: list[str]


@pytest_asyncio.fixture(scope="module")
async def easel(chromium: Browser, gallery: str) -> AsyncIterator[Easel]:
    context = await chromium.new_context(reduced_motion="reduce")
    page = await context.new_page()
    yield Easel(page, watch(page, [gallery]))
    await context.close()


@pytest_asyncio.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport=PHONE, reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
@pytest.mark.parametrize("room", rooms(), ids="/".join)
async def test_a_page_has_no_barrier(
    gallery: str, easel: Easel, room: tuple[str, str], sight: Sight
) -> None:
    page = easel.page
    easel.wrongs.clear()
    await page.set_viewport_size(sight.window)
    await page.emulate_media(color_scheme=sight.colours)
    await page.goto(f"{gallery}/{'/'.join(room)}?lang={sight.language}")
    assert await find_barriers(page) == []
    assert await overflow(page) == 0
    assert await page.evaluate("document.documentElement.lang") == sight.language
    await page.set_viewport_size(sight.other_window)
    assert await overflow(page) == 0
    assert [wrong for wrong in easel.wrongs if "status of 503" not in wrong] == []


async def test_a_window_may_be_narrow_and_text_twice_as_large(gallery: str, page: Page) -> None:
    for room in ("issuer/award", "wallet/consent-choices", "verifier/result-refused"):
        await page.goto(f"{gallery}/{room}?lang=fr")
        await page.set_viewport_size({"width": 320, "height": 640})
        assert await overflow(page) == 0, f"{room} at 320 px"
        await page.set_viewport_size(DESK)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await overflow(page) == 0, f"{room} at 200 %"


async def test_what_changes_shows_by_itself_and_then_the_page_stops_listening(
    gallery: str, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{gallery}/story?lang=en")
    status = page.locator("main").get_by_role("status")
    await expect(status).to_have_text("Waiting for your wallet")
    for sentence in ("Opened: accept it", "Accepted: your credential", "It is in your wallet"):
        await page.request.post(f"{gallery}/story/next")
        await expect(status).to_contain_text(sentence)
    assert await find_barriers(page) == []
    await page.wait_for_timeout(1500)
    assert len([url for url in asked if "/story/events" in url]) == 1


async def test_what_changes_is_told_in_the_language_of_the_page(gallery: str, page: Page) -> None:
    await page.goto(f"{gallery}/story?lang=fr")
    await page.context.clear_cookies()
    await page.request.post(f"{gallery}/story/next")
    await expect(page.get_by_text("Ouverte : acceptez-la")).to_be_visible()


async def test_the_language_is_switched_and_remembered(gallery: str, page: Page) -> None:
    await page.goto(f"{gallery}/story?lang=en")
    await page.get_by_role("link", name="Français").click()
    await expect(page.get_by_role("heading", name="Prenez-la dans votre")).to_be_visible()
    await page.goto(f"{gallery}/wallet/credentials-empty")
    await expect(page.get_by_role("heading", name="Votre portefeuille est vide")).to_be_visible()


async def test_it_works_without_scripts(gallery: str, chromium: Browser) -> None:
    context = await chromium.new_context(java_script_enabled=False, viewport=PHONE)
    page = await context.new_page()
    await page.goto(f"{gallery}/story?lang=en")
    await page.get_by_role("link", name="Refresh").click()
    await expect(page.get_by_role("heading", name="Take it into your wallet")).to_be_visible()
    await expect(page.get_by_role("button", name="Copy the link")).to_be_hidden()
    await page.goto(f"{gallery}/ask?lang=en")
    await page.get_by_label("Search by name").fill("sql")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("button", name="Add: SQL").click()
    await page.get_by_label("Level").select_option("3")
    await page.get_by_label("Purpose").fill("second interview")
    await page.get_by_role("button", name="Make the QR code").click()
    sent = await page.inner_text("body")
    assert '["level_esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742","3"]' in sent
    assert '["purpose","second interview"]' in sent
    await context.close()


async def test_something_is_left_to_the_candidate_with_the_keyboard(
    gallery: str, page: Page
) -> None:
    await page.goto(f"{gallery}/ask?lang=en")
    for name in ("Python", "SQL"):
        await page.get_by_role("button", name=f"Add: {name}").press("Enter")
        await expect(page.get_by_role("button", name=f"Remove: {name}")).to_be_visible()
    assert await find_barriers(page) == []
    await page.get_by_role("checkbox", name=re.compile("Optional.*SQL")).press("Space")
    await page.get_by_label("How many of those").select_option("any one of them")
    await page.get_by_role("radio", name="Do not ask for it").press("ArrowDown")
    await expect(page.get_by_role("radio", name="Leave it to the candidate")).to_be_checked()
    await page.get_by_label("Purpose").fill("second interview")
    await page.get_by_role("button", name="Make the QR code").press("Enter")
    sent = await page.inner_text("body")
    for pair in (
        '["optional","esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742"]',
        '["at_least","1"]',
        '["learner_name","optional"]',
    ):
        assert pair in sent


async def test_a_competency_is_found_chosen_and_removed(gallery: str, page: Page) -> None:
    await page.goto(f"{gallery}/ask?lang=en")
    await page.get_by_label("Purpose").fill("second interview")
    await page.get_by_label("Search by name").press_sequentially("stat")
    await expect(page.get_by_text("1 competency found")).to_be_visible()
    await page.get_by_role("button", name="Add: apply statistical").click()
    await page.get_by_label("Level").select_option("2")
    await page.get_by_label("Ask for another").press_sequentially("data")
    await expect(page.get_by_text("2 competencies found")).to_be_visible()
    await page.get_by_role("button", name="Add: data quality").click()
    await expect(page.get_by_label("Level")).to_have_count(2)
    assert await find_barriers(page) == []
    await expect(page.get_by_label("Level").first).to_have_value("2")
    await expect(page.get_by_label("Level").last).to_be_focused()
    await page.get_by_role("button", name="Remove: data quality").click()
    await expect(page.get_by_label("Level")).to_have_count(1)
    await page.get_by_role("button", name="Make the QR code").click()
    sent = await page.inner_text("body")
    assert '["level_esco_382c11ed-20d5-4ae7-b60e-15fec527fa6c","2"]' in sent
    assert sent.count('"competency"') == 1


async def test_consent_is_given_and_refused_with_the_keyboard_alone(
    gallery: str, page: Page
) -> None:
    await page.goto(f"{gallery}/wallet/consent-choices?lang=en")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    seen = page.get_by_role("region", name="What they will see")
    await _tab_to(page, "Your name")
    await page.keyboard.press("Space")
    await expect(seen).to_contain_text("Inès Delarrivière")  # told by itself, and nothing was sent
    await expect(page.get_by_label("Your name")).to_be_focused()
    await _tab_to(page, "Programming for science", pressing="ArrowDown")
    await _tab_to(page, "Share this, once")
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_contain_text("/requests/q1/share")
    sent = await page.inner_text("body")
    assert '["pick_g1","c9"]' in sent
    assert [f'["prove","c{number}"]' in sent for number in (1, 2, 3, 4)] == [
        True,
        True,
        False,
        False,
    ]
    assert '["name","1"]' in sent
    await page.goto(f"{gallery}/wallet/consent-asked?lang=en")
    await _tab_to(page, "Decline")
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_contain_text("/requests/q1/decline")


async def _tab_to(page: Page, name: str, pressing: str = "Tab") -> None:
    """Go on with the keyboard until what is focused is called ``name``."""
    focused = """(() => {
      const place = document.activeElement;
      return place.matches("a, button, input, select, textarea, summary")
        ? (place.closest("label") ?? place).textContent : "";
    })()"""
    for _ in range(40):
        if name in await page.evaluate(focused):
            return
        radio = await page.evaluate("document.activeElement.type === 'radio'")
        await page.keyboard.press(pressing if radio else "Tab")
    pytest.fail(f"{name} cannot be reached with the keyboard")


async def test_enter_in_a_search_never_sends_the_question(gallery: str, page: Page) -> None:
    await page.goto(f"{gallery}/ask?competency=x&lang=en")
    await page.get_by_label("Purpose").fill("second interview")
    await page.get_by_label("Purpose").press("Enter")
    await expect(page.get_by_role("heading", name="Ask for a proof")).to_be_visible()
    await expect(page.get_by_label("Purpose")).to_have_value("second interview")


async def test_a_form_is_sent_once(gallery: str, page: Page) -> None:
    posted: list[str] = []
    page.on("request", lambda r: posted.append(r.url) if r.method == "POST" else None)
    await page.goto(f"{gallery}/wallet/offer-offered?lang=en")
    await page.get_by_role("button", name="Accept").dblclick()
    await expect(page.locator("body")).to_contain_text("/offers/o1/accept")
    assert len(posted) == 1


async def test_the_link_is_copied(gallery: str, page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{gallery}/issuer/claim-waiting?lang=en")
    await page.get_by_role("button", name="Copy the link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == await page.inner_text("#link")


async def test_moments_stand_in_the_readers_own_time(gallery: str, chromium: Browser) -> None:
    context = await chromium.new_context(timezone_id="Pacific/Noumea", viewport=PHONE)
    page = await context.new_page()
    await page.goto(f"{gallery}/wallet/receipt?lang=fr")
    await expect(page.locator("time").first).to_have_text(re.compile("23 nov. 2026.* 01:02"))
    await page.evaluate(
        "document.querySelector('time').dateTime = '2026-11-30T14:02:00Z';"
        "document.dispatchEvent(new Event('htmx:after:swap'))"
    )
    await expect(page.locator("time").first).to_have_text(re.compile("1er déc. 2026.* 01:02"))
    await context.close()
