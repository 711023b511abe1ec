"""Searching what is published for what was awarded: every claim value, in whatever form it may take.

A claim value here is what an award says of a person and no published achievement says: the names,
the day of birth, the days of the award, of its end and of its review, the grade, the credential's
number, the digest of the evidence; besides them the learner's name and identifiers in the wallet,
and the token of the claim link. Levels and languages are not searched for: "4" and "en" are in
every file and tell nothing. Nor is a day on which something was published: every proof bears it.
The blinding of a credential never leaves the agents, so that nobody could look for it.

A value is searched for as text (composed and decomposed, in any case, escaped for JSON, for HTML
and for an address), as hexadecimal, base32, base58 and base64 at each offset, and as its SHA-256,
written in those ways and as the decimal number that AnonCreds signs. What is short or all digits
is only found where it stands alone, since random bytes hold every short text somewhere.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import create_engine, select

from acquis.credentials.attributes import encoded_value, parse_date_number
from acquis.credentials.naming import NO_LIMIT
from acquis.errors import InvalidInput
from acquis.registry.multibase import encode_base58
from demo.town import Town
from holder_wallet.store.tables import LearnerRow
from issuer_agent.store.tables import AwardRow

NAMES = ("given_name", "family_name", "grade", "credential_id", "evidence_digest")
DAYS = ("birth_date", "awarded_on", "valid_until", "review_on")
SHORTEST = 3
ALONE, LONG = 8, 20
"""A form with fewer signs (or fewer digits) is only looked for where it stands alone."""
_AT_MOST = timedelta(minutes=5)
"""How long after a test read the calendar its award is kept: there may be a midnight in between."""
_MULTIHASH = b"\x12\x20"


def awarded_values(town: Town) -> set[str]:
    """Return every claim value that a town's issuer awarded, and what its wallet calls the learners."""
    values: set[str] = set()
    for row in _rows(town, "issuer", AwardRow):
        values |= {row.id, row.token, f"{row.given_name} {row.family_name}"}
        values |= {row.attributes[name] for name in NAMES}
        kept = datetime.fromtimestamp(row.created_at, UTC)
        for name in DAYS:
            values |= _ways_to_write(row.attributes[name], {kept.date(), (kept - _AT_MOST).date()})
    for row in _rows(town, "wallet", LearnerRow):
        values |= {row.id, row.name, row.wallet_id or ""}
    return {value for value in values if len(value) >= SHORTEST}


def hold_no_claim(town: Town) -> None:
    """Fail if anything the registry holds or logs, or its access log, holds a claim value."""
    values = awarded_values(town)
    found = find_values([town.folder / "registry", *town.folder.glob("access.log")], values)
    assert found == []


def find_values(places: Iterable[Path], values: Iterable[str]) -> list[str]:
    """Return where a value stands: the file (its name counts) and the form that was found."""
    forms = {form for value in values for form in forms_of(value)}
    alone = {form for form in forms if len(form) < (LONG if form.isdigit() else ALONE)}
    nets = [_Net(forms - alone, piece, step) for piece, step in ((8, 8), (5, 4))]
    found = []
    for name, content in _files(places):
        searched = content.lower()
        hits = {form for form in alone if form in searched and _stands_alone(form, searched)}
        hits |= {form for net in nets for form in net.find(searched)}
        found += [f"{name}: {form.decode(errors='replace')}" for form in sorted(hits)]
    return found


def _stands_alone(form: bytes, searched: bytes) -> bool:
    pattern = rb"(?<![0-9a-z])" + re.escape(form) + rb"(?![0-9a-z])"
    return re.search(pattern, searched) is not None


class _Net:
    """Finds any of thousands of forms in one pass over what is searched.

    Wherever a form of ``piece + step - 1`` signs or more stands, one of its first ``step`` pieces
    begins at a multiple of ``step``: only there is looked. Shorter forms are another net's.
    """

    def __init__(self, forms: set[bytes], piece: int, step: int) -> None:
        self._piece, self._step = piece, step
        self._forms: dict[bytes, set[bytes]] = defaultdict(set)
        for form in forms:
            if len(form) >= piece + step - 1:
                for at in range(step):
                    self._forms[form[at : at + piece]].add(form)

    def find(self, searched: bytes) -> Iterator[bytes]:
        piece = self._piece
        pieces = {searched[at : at + piece] for at in range(0, len(searched), self._step)}
        for likely in self._forms.keys() & pieces:
            yield from (form for form in self._forms[likely] if form in searched)


def forms_of(value: str) -> set[bytes]:
    """Return the forms of a value, in small letters: what is searched is put so as well."""
    forms: set[bytes] = set()
    cases = {value, value.lower(), value.upper(), value.casefold()}
    for text in {unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in cases}:
        raw = text.encode()
        written = [
            text,
            json.dumps(text)[1:-1],
            html.escape(text),
            quote(text, ""),
            quote_plus(text),
        ]
        forms |= {each.encode() for each in written}
        encoded = {raw.hex().encode(), base64.b32encode(raw).rstrip(b"="), _base58(raw)}
        encoded |= set(_base64_of(raw))
        digest = sha256(raw).digest()
        for each in (digest, _MULTIHASH + digest):
            encoded |= {each.hex().encode(), base64.b32encode(each).rstrip(b"="), _base58(each)}
            encoded |= set(_base64_of(each))
        encoded |= {digest, encoded_value(text).encode()}
        forms |= {each for each in encoded if len(each) >= ALONE}
    return {form.lower() for form in forms if len(form) >= SHORTEST}


def _base58(raw: bytes) -> bytes:
    return encode_base58(raw).encode()


def _base64_of(raw: bytes) -> Iterator[bytes]:
    """Yield what stands in base64, of both alphabets, wherever ``raw`` begins in what is encoded."""
    for before in range(3):
        # The signs at both ends also encode bits of what stands before and behind: left out.
        whole = (before + len(raw)) * 8 // 6
        first = -(-before * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw + bytes(3))[first:whole]


def _ways_to_write(number: str, published: set[date]) -> set[str]:
    try:
        day = parse_date_number(number)
    except InvalidInput:  # what does not apply is empty
        return set()
    if number == str(NO_LIMIT) or day in published:
        return set()
    return {number, day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}"}


def _rows(town: Town, unit: str, table: type[AwardRow | LearnerRow]) -> list[Any]:
    own = f"sqlite:///{town.folder / unit / 'service.sqlite3'}"
    engine = create_engine(town.extra.get(unit, {}).get("DATABASE_URL", own))
    try:
        with engine.connect() as connection:
            return list(connection.execute(select(table)))
    finally:
        engine.dispose()


def _files(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and what is searched of each file; of one that has several names, once."""
    seen: set[int] = set()
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                name = str(file.relative_to(place.parent))
                content = b"" if (number := file.stat().st_ino) in seen else file.read_bytes()
                seen.add(number)
                yield name, name.encode() + b"\n" + content
