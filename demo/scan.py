"""Scanning a QR code as a phone would: the picture is drawn, then read by an independent decoder."""

from __future__ import annotations

import re
from typing import Final

import zxingcpp
from PIL import Image, ImageDraw

from acquis.errors import InvalidInput
from acquis.text import Text

_SVG: Final = re.compile(r'<svg class="qr"[^>]*viewBox="0 0 (\d+) \d+"[^>]*>(.*?)</svg>', re.DOTALL)
_RUN: Final = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
_PIXELS: Final = 8


def scan_page(html: str) -> str:
    """Return the text of the QR code that a page shows as SVG; raises ``InvalidInput``."""
    found = _SVG.search(html)
    if found is None:
        raise InvalidInput(Text("The page shows no QR code", "La page ne montre aucun code QR"))
    side = int(found[1])
    picture = Image.new("L", (side * _PIXELS, side * _PIXELS), 255)
    pen = ImageDraw.Draw(picture)
    for x, y, length in (map(int, run) for run in _RUN.findall(found[2])):
        left, top = x * _PIXELS, y * _PIXELS
        pen.rectangle((left, top, left + length * _PIXELS - 1, top + _PIXELS - 1), fill=0)
    return _decode(picture)


def scan_terminal(lines: str) -> str:
    """Return the text of a QR code printed in half blocks, light drawn on dark."""
    rows = lines.splitlines()
    picture = Image.new("L", (len(rows[0]) * _PIXELS, len(rows) * 2 * _PIXELS), 0)
    pen = ImageDraw.Draw(picture)
    for y, row in enumerate(rows):
        for x, block in enumerate(row):
            for half, drawn in ((0, "▀█"), (1, "▄█")):
                if block in drawn:
                    left, top = x * _PIXELS, (2 * y + half) * _PIXELS
                    pen.rectangle((left, top, left + _PIXELS - 1, top + _PIXELS - 1), fill=255)
    return _decode(picture)


def _decode(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    if len(found) != 1:
        raise InvalidInput(Text("No QR code could be read", "Aucun code QR n’a pu être lu"))
    return str(found[0].text)
