"""Nothing that was awarded stands in what is published; and a value that did would be found.

The search itself is made at the end of every town (``support.town``); here it is made once more in
the midst of one, and shown a value planted in each form and in each kind of file.
"""

from __future__ import annotations

import base64
import json
import shutil
import unicodedata
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from acquis.credentials.attributes import encoded_value
from acquis.registry.multibase import encode_base58
from support.claims import awarded_values, find_values, hold_no_claim
from support.town import Running

pytestmark = pytest.mark.agents

LEARNER = "Searched For"
GIVEN_NAME = f"Žofie-Aurèle {LEARNER}"
KINDS = {
    "did.jsonl": "public/demo/*/did.jsonl",
    "index.json": "public/demo/*/index.json",
    "resource": "public/demo/*/resources/*",
    "metadata": "public/tuf/*.bin-*.json",
    "tails": "public/tails/hash/*",
    "version": "versions/*",
    "log": "service.log",
}
DIGEST = sha256(GIVEN_NAME.encode()).digest()
FORMS = {
    "plain": GIVEN_NAME.encode(),
    "shouted": GIVEN_NAME.upper().encode(),
    "decomposed": unicodedata.normalize("NFD", GIVEN_NAME).encode(),
    "in-json": json.dumps({"name": f"Dr {GIVEN_NAME}"}).encode(),
    "in-an-address": f"https://a.example/?name={quote(GIVEN_NAME)}".encode(),
    "hexadecimal": GIVEN_NAME.encode().hex().encode(),
    "base64": base64.b64encode(f'{{"name":"{GIVEN_NAME}"}}'.encode()),
    "base64-moved": base64.b64encode(f"to {GIVEN_NAME}, dear".encode()),
    "base64url": base64.urlsafe_b64encode(f"Dear {GIVEN_NAME}!".encode()),
    "digest": DIGEST.hex().encode(),
    "digest-base64": base64.b64encode(DIGEST),
    "digest-multibase": b"z" + encode_base58(b"\x12\x20" + DIGEST).encode(),
    "digest-signed": encoded_value(GIVEN_NAME).encode(),
    "day-of-birth": b'"issued":"1987-04-23"',
    "day-as-number": b'"value":19870423,',
    "grade": b'"17,25/20 f\\u00e9licitations"',
}


def copy_one(folder: Path, pattern: str, place: Path) -> None:
    """Copy one of the files that fit; the registry may put another in the place of one just found."""
    for file in folder.glob(pattern):
        with suppress(FileNotFoundError):
            shutil.copyfile(file, place)
            return
    pytest.fail(f"nothing fits {pattern}")


@pytest.fixture(scope="module")
async def values(running: Running) -> set[str]:
    """Every claim value awarded in the session's town so far, this module's learner's among them."""
    await running.claim(LEARNER)
    return awarded_values(running.town)


async def test_every_kind_of_claim_value_is_searched_for(
    running: Running, values: set[str]
) -> None:
    token = running.story.claim_link.rpartition("/")[2]
    assert {GIVEN_NAME, "Przybyszewska d'Aubigné", "1987-04-23", "20210917", LEARNER} < values
    assert {"17,25/20 félicitations", running.story.award_id, token} < values


async def test_nothing_published_holds_a_claim_value(running: Running, values: set[str]) -> None:
    hold_no_claim(running.town)
    assert values


@pytest.mark.parametrize("form", FORMS)
async def test_a_planted_value_is_found_in_every_kind_of_file(
    running: Running, values: set[str], tmp_path: Path, form: str
) -> None:
    published = running.town.folder / "registry"
    for kind, pattern in KINDS.items():
        place = tmp_path / kind
        copy_one(published, pattern, place)
        assert find_values([place], values) == []
        content = place.read_bytes()
        place.write_bytes(content[: len(content) // 2] + b" " + FORMS[form] + b" " + content[-99:])
        assert find_values([place], values), f"{form} in {kind}"


async def test_a_value_in_the_name_of_a_file_is_found(values: set[str], tmp_path: Path) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / f"{quote(GIVEN_NAME, '')}.json").write_text("{}")
    assert find_values([tmp_path], values)
