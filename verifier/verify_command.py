"""``acquis verify FILE``: judge a saved presentation or a receipt, with no network at all.

Exit status: 0 accepted, 1 refused, 2 could not tell. A file that is neither, or cannot be read, a
mirror or a pack that cannot be believed: 2, for nothing can be said of what it holds. A presentation
that is there but is none: 1, as the service refuses it.

When it was asked is the file's own word, which no proof covers: whoever lost a credential could date
their file before. So everything is judged by what is in force now, unless somebody who knows that
the request is theirs says ``--at asked``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from acquis.credentials import saved_presentation
from acquis.credentials.policy import Policy
from acquis.credentials.request import PresentationRequest
from acquis.credentials.saved_presentation import (
    parse_expected_request,
    parse_saved_presentation,
)
from acquis.credentials.wire import parse_json
from acquis.errors import AcquisError, InvalidInput
from acquis.registry.did import parse_did
from acquis.registry.mirror import Mirror, open_pack
from acquis.service.clock import SystemClock
from acquis.text import Language, Text
from verifier import receipt
from verifier.explaining import add_explain
from verifier.judgement_words import STATUS, build_judgement, plain, write_judgement
from verifier.offline import STANDARD, STRICT, judge
from verifier.receipt_words import build_reading, write_reading
from verifier.trusting import MirrorEnvironment

_HERE: Final = "file"
_UNKNOWN_STATUS: Final = 2


class _FileFirst(TyperGroup):
    """A group whose first word is a FILE unless it is the name of a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_HERE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_FileFirst,
    help="Verify a saved presentation or a receipt, without any network: acquis verify FILE …",
    no_args_is_help=True,
)
add_explain(app)


@app.callback()
def about() -> None:
    """Verify a saved presentation or a receipt, without any network: acquis verify FILE …"""


class PolicyName(StrEnum):
    """What is relied on: ``strict`` adds quality assurance by a third party."""

    STANDARD = "standard"
    STRICT = "strict"


_POLICIES: Final[dict[PolicyName, Policy]] = {
    PolicyName.STANDARD: STANDARD,
    PolicyName.STRICT: STRICT,
}


class LanguageName(StrEnum):
    """The languages of a report."""

    EN = "en"
    FR = "fr"


@dataclass(frozen=True, slots=True)
class _Terms:
    """By what a presentation is judged, as it was typed."""

    mirror: Path | None
    anchors: tuple[str, ...]
    policy: Policy
    at: str
    max_age: int
    grace: int
    expected: PresentationRequest | None


File = Annotated[str, typer.Argument(metavar="FILE", help="What to verify; -: standard input.")]
MirrorFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of a mirror, or a trust pack.")
]
Pack = Annotated[
    Path | None, typer.Option(metavar="FILE.zip", help="A trust pack, in place of a mirror.")
]
Anchors = Annotated[
    list[str] | None,
    typer.Option(metavar="DID", help="A trust anchor you rely on; several may be given."),
]
Required = Annotated[
    PolicyName, typer.Option(help="What is required: strict adds quality assurance.")
]
At = Annotated[
    str,
    typer.Option(
        metavar="now|asked|TIME",
        help="Judge by what was in force then; asked: only of a request you made yourself.",
    ),
]
Expected = Annotated[
    str | None,
    typer.Option(
        metavar="REQUEST.json",
        help="What you asked: a request, or a saved presentation that holds it.",
    ),
]
MaxAge = Annotated[
    int, typer.Option(min=1, max=87_600, help="How old the mirror may be, in hours.")
]
Grace = Annotated[
    int, typer.Option(min=0, max=86_400, help="Grace for a replaced list, in seconds.")
]
ReceiptKey = Annotated[
    str | None, typer.Option(metavar="did:key:…", help="The verifier’s key, for a receipt.")
]


@app.command(name=_HERE)
def verify(  # noqa: PLR0917 - typer gives them by name
    file: File,
    mirror: MirrorFolder = None,
    pack: Pack = None,
    anchor: Anchors = None,
    policy: Required = PolicyName.STANDARD,
    at: At = "now",
    expect: Expected = None,
    max_age: MaxAge = 24,
    grace: Grace = 300,
    key: ReceiptKey = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    language: Annotated[LanguageName, typer.Option(help="Language of the report.")] = (
        LanguageName.EN
    ),
) -> None:
    """Verify FILE: a saved presentation (with --mirror or --pack, --anchor) or a receipt (--key).

    Exit status 0 accepted, 1 refused, 2 could not tell.
    """
    spoken: Language = "fr" if language is LanguageName.FR else "en"
    with _said(spoken):
        raw = _read(file)
        content = parse_json(raw, saved_presentation.MAX_BYTES)
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == receipt.TYPE:
            _refuse_expecting(expect)
            status = _verify_receipt(raw, key, spoken, as_json=as_json)
        elif kind == saved_presentation.TYPE:
            anchors = tuple(dict.fromkeys(anchor or ()))
            source = _only(mirror, pack)
            relied, expected = _POLICIES[policy], _read_expected(expect)
            terms = _Terms(source, anchors, relied, at, max_age * 3600, grace, expected)
            status = _verify_presentation(content, terms, spoken, as_json=as_json)
        else:
            raise InvalidInput(
                Text(
                    "This file is neither a saved presentation nor a receipt of Acquis.",
                    "Ce fichier n’est ni une présentation enregistrée ni un reçu d’Acquis.",
                )
            )
    raise typer.Exit(status)


def _verify_presentation(content: object, terms: _Terms, spoken: Language, *, as_json: bool) -> int:
    saved = parse_saved_presentation(content)
    now = SystemClock().now()
    with _opened(terms) as mirror:
        environment = MirrorEnvironment(mirror, terms.anchors, now, terms.grace, terms.max_age)
        found = judge(saved, environment, terms.policy, _moment(terms.at, now), terms.expected)
    _print(build_judgement(found) if as_json else None, write_judgement(found, spoken))
    return STATUS[found.decision.conclusion]


def _verify_receipt(raw: bytes, key: str | None, spoken: Language, *, as_json: bool) -> int:
    found = receipt.read_receipt(raw, key)
    _print(build_reading(found) if as_json else None, write_reading(found, spoken))
    return STATUS[found.conclusion]


@contextmanager
def _opened(terms: _Terms) -> Iterator[Mirror]:
    """Open the mirror, or the pack once it was verified."""
    for each in terms.anchors:
        parse_did(each)
    if terms.mirror is None:
        raise InvalidInput(
            Text(
                "Give what to verify with: --mirror DIR, or --pack FILE.zip.",
                "Indiquez avec quoi vérifier : --mirror DOSSIER, ou --pack FICHIER.zip.",
            )
        )
    if terms.mirror.is_dir():
        yield Mirror.open_copy(terms.mirror)
        return
    with TemporaryDirectory(prefix="acquis-pack-") as folder:
        open_pack(terms.mirror, terms.anchors, Path(folder))
        yield Mirror.open_copy(Path(folder))


@contextmanager
def _said(spoken: Language) -> Iterator[None]:
    """End with the sentence of an error: nothing can be told."""
    try:
        yield
    except AcquisError as error:
        typer.echo(error.says.in_language(spoken), err=True)
        raise typer.Exit(_UNKNOWN_STATUS) from error


def _read(file: str) -> bytes:
    """Return the bytes of a file, or of standard input, one more than are allowed at most."""
    most = saved_presentation.MAX_BYTES + 1
    try:
        if file == "-":
            return sys.stdin.buffer.read(most)
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except (OSError, ValueError) as error:
        name = plain(Path(file).name[:80])
        raise InvalidInput(
            Text(f"The file cannot be read: {name}", f"Le fichier est illisible : {name}")
        ) from error


def _read_expected(file: str | None) -> PresentationRequest | None:
    """Return the request that is expected, from a file of it or of what was saved with it."""
    if file is None:
        return None
    return parse_expected_request(parse_json(_read(file), saved_presentation.MAX_BYTES))


def _refuse_expecting(file: str | None) -> None:
    if file is not None:
        raise InvalidInput(
            Text(
                "--expect is for a saved presentation: a receipt says what was found by its signer.",
                "--expect vaut pour une présentation enregistrée : un reçu dit ce qu’a constaté son"
                " signataire.",
            )
        )


def _only(mirror: Path | None, pack: Path | None) -> Path | None:
    if mirror is not None and pack is not None:
        raise InvalidInput(
            Text(
                "Either --mirror or --pack, not both.", "Soit --mirror, soit --pack, pas les deux."
            )
        )
    return mirror or pack


def _moment(at: str, now: int) -> int | None:
    """Return the moment to judge by, in Unix seconds; None for that of asking."""
    if at == "asked":
        return None
    if at == "now":
        return now
    try:
        moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(
            Text(
                "--at takes “asked”, “now” or a time like 2026-11-22T12:00:00Z.",
                "--at prend « asked », « now » ou un moment comme 2026-11-22T12:00:00Z.",
            )
        ) from error
    return int(moment.timestamp())


def _print(content: dict[str, Any] | None, lines: Iterator[str]) -> None:
    if content is not None:
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    for line in lines:
        typer.echo(line)
