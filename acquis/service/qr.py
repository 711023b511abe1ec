"""A short link as a QR code: SVG for a page, half blocks for a terminal.

One function each, so that the library behind them can change. Error correction M (15 %), version 6
at most: such a code still scans from a cheap phone across a desk. Longer links are refused, never
silently made denser.
"""

from __future__ import annotations

from typing import Final

import qrcode
from markupsafe import Markup, escape
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from acquis.errors import InvalidInput
from acquis.text import Text

_MOST_VERSION: Final = 6
_QUIET: Final = 4
_TITLE: Final = Text("QR code of the link written below it", "Code QR du lien écrit en dessous")

type _Modules = list[list[bool]]


def qr_svg(link: str, language: str = "en") -> Markup:
    """Return the QR code of ``link`` as inline SVG, dark on white with its quiet zone.

    It carries its own white ground, so it scans in dark mode too; its accessible name is in
    ``language``. Raises ``InvalidInput`` when the link needs more than version 6.
    """
    rows = _modules(link)
    side = len(rows)
    runs = "".join(_runs(y, row) for y, row in enumerate(rows))
    title = escape(_TITLE.in_language(language))
    return Markup(  # noqa: S704 - the title is escaped, all else is digits
        f'<svg class="qr" role="img" aria-label="{title}" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg">'
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path fill="#000" d="{runs}"/></svg>'
    )


def qr_terminal(link: str) -> str:
    """Return the QR code of ``link`` as lines of half blocks, two modules to a character.

    Dark on light whatever the terminal's colours: light modules are the drawn ones, so the code
    reads on the usual dark ground; the quiet zone is drawn with them. Raises ``InvalidInput`` when
    the link needs more than version 6.
    """
    rows = _modules(link)
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        pairs = zip(upper, lower, strict=True)
        lines.append("".join(_BLOCKS[above, below] for above, below in pairs))
    return "\n".join(lines)


_BLOCKS: Final = {
    (True, True): " ",
    (True, False): "▄",
    (False, True): "▀",
    (False, False): "█",
}


def _modules(link: str) -> _Modules:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET)
    code.add_data(link)
    try:
        version = code.best_fit(start=1)
    except (DataOverflowError, ValueError) as error:
        raise InvalidInput(_too_long(len(link))) from error
    if version > _MOST_VERSION:
        raise InvalidInput(_too_long(len(link)))
    code.make(fit=False)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _too_long(length: int) -> Text:
    return Text(
        f"A link of {length} characters is too long for a QR code of version {_MOST_VERSION}",
        f"Un lien de {length} caractères est trop long pour un code QR de version {_MOST_VERSION}",
    )


def _runs(y: int, row: list[bool]) -> str:
    path, x = [], 0
    while x < len(row):
        start = x
        while x < len(row) and row[x]:
            x += 1
        if x > start:
            path.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
        x += 1
    return "".join(path)
