"""The wallet reads a QR code with the camera, with nothing but what this site serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import qrcode
from playwright.async_api import expect

from support.browser import PHONE, find_barriers, open_browser, watch
from support.gallery.app import serve_gallery

pytestmark = pytest.mark.browser

LINK = "http://127.0.0.1:8101/c/Zk3v9QwXh2LrT7uB"
WIDTH, HEIGHT, MODULE = 640, 480, 10


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serve_gallery() as address:
        yield address


def film(text: str, path: Path) -> Path:
    """Write a short film of a QR code, as a camera would see it held still (YUV4MPEG2)."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    left, top = (WIDTH - len(rows) * MODULE) // 2, (HEIGHT - len(rows) * MODULE) // 2
    luma = bytearray(b"\xb0" * (WIDTH * HEIGHT))
    for y, row in enumerate(rows):
        line = b"".join((b"\x18" if dark else b"\xe8") * MODULE for dark in row)
        for step in range(MODULE):
            start = (top + y * MODULE + step) * WIDTH + left
            luma[start : start + len(line)] = line
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 4)
    return path


async def test_a_link_is_scanned_and_opened(gallery: str, tmp_path: Path) -> None:
    camera = film(LINK, tmp_path / "code.y4m")
    fake = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )
    async with open_browser(fake) as browser:
        page = await browser.new_page(viewport=PHONE)
        wrongs = watch(page, [gallery])
        await page.goto(f"{gallery}/wallet/open?lang=en")
        await page.get_by_role("button", name="Use the camera").click()
        await expect(page.locator("body")).to_contain_text(f'["link","{LINK}"]', timeout=30_000)
        assert wrongs == []


async def test_a_code_that_is_no_link_is_told(gallery: str, tmp_path: Path) -> None:
    camera = film("3 kg of apples", tmp_path / "code.y4m")
    fake = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )
    async with open_browser(fake) as browser:
        page = await browser.new_page(viewport=PHONE)
        await page.goto(f"{gallery}/wallet/open?lang=en")
        await page.get_by_role("button", name="Use the camera").click()
        await expect(page.get_by_text("This code is not a link")).to_be_visible(timeout=30_000)
        assert await find_barriers(page) == []
        await page.get_by_role("button", name="Stop the camera").click()
        await expect(page.get_by_role("button", name="Use the camera")).to_be_focused()
        await expect(page.locator("video")).to_be_hidden()


async def test_without_a_camera_the_page_says_so_and_the_link_can_be_pasted(gallery: str) -> None:
    async with open_browser() as browser:
        page = await browser.new_page(viewport=PHONE)
        await page.goto(f"{gallery}/wallet/open?lang=en")
        await page.get_by_role("button", name="Use the camera").click()
        await expect(page.get_by_text("The camera cannot be used")).to_be_visible(timeout=30_000)
        await page.get_by_role("textbox", name="Link").fill(LINK)
        await page.get_by_role("button", name="Open", exact=True).click()
        await expect(page.locator("body")).to_contain_text(f'["link","{LINK}"]')
