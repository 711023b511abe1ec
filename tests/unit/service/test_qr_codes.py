from __future__ import annotations

import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from acquis.errors import InvalidInput
from acquis.service.qr import qr_svg, qr_terminal

LINK = "https://jobs.garonne.example/r/Bn8sKq0YfE5mVx4C"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")


def picture_of_svg(svg: str) -> Image.Image:
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg).group(1))  # type: ignore[union-attr]
    picture = Image.new("L", (side, side), 255)
    for x, y, width in RUN.findall(svg):
        for step in range(int(width)):
            picture.putpixel((int(x) + step, int(y)), 0)
    return picture.resize((side * 6, side * 6), Image.Resampling.NEAREST)


def picture_of_terminal(drawing: str) -> Image.Image:
    lines = drawing.split("\n")
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), 0)
    for y, line in enumerate(lines):
        for x, block in enumerate(line):
            picture.putpixel((x, 2 * y), 255 if block in "█▀" else 0)
            picture.putpixel((x, 2 * y + 1), 255 if block in "█▄" else 0)
    return picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)


def read(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@settings(deadline=None, max_examples=30)
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_./?=&%", max_size=78))
def test_what_is_drawn_is_what_an_independent_reader_reads(rest: str) -> None:
    link = f"https://{rest}"
    assert read(picture_of_svg(qr_svg(link))) == [link]
    assert read(picture_of_terminal(qr_terminal(link))) == [link]


def test_the_picture_has_a_name_in_the_readers_language() -> None:
    assert 'role="img" aria-label="QR code of the link' in qr_svg(LINK)
    assert 'aria-label="Code QR du lien' in qr_svg(LINK, "fr")


def test_the_quiet_zone_is_white_whatever_the_page_is() -> None:
    svg = qr_svg(LINK)
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg).group(1))  # type: ignore[union-attr]
    assert f'<rect width="{side}" height="{side}" fill="#fff"/>' in svg
    places = [(int(x), int(y), int(width)) for x, y, width in RUN.findall(svg)]
    assert min(x for x, _, _ in places) == min(y for _, y, _ in places) == 4
    assert max(x + width for x, _, width in places) == side - 4


def test_error_correction_is_m_and_no_style_attribute_breaks_the_policy() -> None:
    code = zxingcpp.read_barcodes(picture_of_svg(qr_svg(LINK)))[0]
    assert code.ec_level == "M"
    assert "style=" not in qr_svg(LINK)


@pytest.mark.parametrize("length", [107, 600, 5000])
def test_a_link_that_needs_a_denser_code_is_refused(length: int) -> None:
    link = "https://x.example/".ljust(length, "y")
    with pytest.raises(InvalidInput, match=f"{length} characters"):
        qr_svg(link)
    with pytest.raises(InvalidInput):
        qr_terminal(link)


def test_the_longest_link_still_fits() -> None:
    link = "https://x.example/".ljust(106, "y")
    assert read(picture_of_svg(qr_svg(link))) == [link]
