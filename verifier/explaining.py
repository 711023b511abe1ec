"""``acquis verify explain ID``: a decision once more, computed from what was kept of it, and compared.

Exit status: 0 the same to the last byte, 1 something differs (then each place is told), 2 there is
no such decision, or it cannot be read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy.engine import make_url

from acquis.credentials.basis import PIPELINE, digest_of, find_facts, parse_basis, recompute
from acquis.credentials.dates import moment_in_words
from acquis.credentials.disclosure import printable_name
from acquis.credentials.policy import parse_decision
from acquis.credentials.report import Outcome, parse_report
from acquis.credentials.request import parse_presentation_request
from acquis.credentials.wire import canonical_json
from acquis.errors import AcquisError, InvalidInput, NotFound
from acquis.service.database import Database
from acquis.text import Language, Text
from verifier.concluding import conclude_unchecked, parts_of, write_learned
from verifier.settings import VerifierSettings
from verifier.store import sessions
from verifier.store.tables import RequestRow, SessionRow

_SAME, _DIFFERS, _UNTOLD = 0, 1, 2
_MOST_PLACES: Final = 50
_SIGNS: Final[Mapping[Outcome, str]] = {
    Outcome.VALID: "✓",
    Outcome.INVALID: "✗",
    Outcome.INDETERMINATE: "?",
}
_UNKNOWN = Text("There is no such request or session.", "Cette demande ou session n’existe pas.")
_UNDECIDED = Text("Nothing was decided on it.", "Rien n’a été décidé à son sujet.")
_BEFORE = Text(
    "It was decided before what a decision rests on was kept: it cannot be computed again.",
    "La décision date d’avant la conservation de ses fondements : elle ne peut être recalculée.",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where what was kept is not what is computed; both as JSON, cut."""

    place: str
    kept: str
    computed: str


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A decision as it was kept, with the digests of its basis, and what differs when computed again.

    ``is_readable`` is false when its basis cannot be read; ``pipeline`` is the version of the
    checks it was decided by, None where it rests on nothing that came.
    """

    session_id: str
    request: Mapping[str, Any]
    verdict: Mapping[str, Any]
    report: Mapping[str, Any]
    decision: Mapping[str, Any]
    digests: Mapping[str, Any]
    differences: tuple[Difference, ...]
    is_readable: bool
    pipeline: object

    @property
    def status(self) -> int:
        """The exit status."""
        if self.differences:
            return _DIFFERS
        return _SAME if self.is_readable else _UNTOLD

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "session": self.session_id,
            "same": self.status == _SAME,
            "readable": self.is_readable,
            "differences": [
                {"place": each.place, "kept": each.kept, "computed": each.computed}
                for each in self.differences
            ],
            "pipeline": self.pipeline,
            "request": self.request,
            "verdict": self.verdict,
            "report": self.report,
            "decision": self.decision,
            "digests": self.digests,
        }


def explain(request: RequestRow, row: SessionRow) -> Explanation:
    """Compute a decision again from what was kept, and compare; nothing else is looked at.

    Raises ``NotFound`` where nothing was decided, or nothing was kept of what it rests on.
    """
    if row.decision is None:
        raise NotFound(_UNDECIDED)
    if row.digests is None:
        raise NotFound(_BEFORE)
    parts, is_readable = parts_of(request, row), True
    kept: dict[str, object] = {
        "digests": row.digests,
        "report": row.report,
        "decision": row.decision,
    }
    computed: dict[str, object] = {}
    if parts is None:
        again = conclude_unchecked(_checked_at(row))
        kept["verdict"] = row.verdict
        computed = {name: again[name] for name in kept}
    else:
        computed["digests"] = {name: digest_of(part) for name, part in parts.items()}
        try:
            basis = parse_basis(parts)
            report, decision = recompute(basis)
            computed |= {"report": report.content(), "decision": decision.content()}
            kept["learned"] = digest_of(row.learned)  # claims are compared and never told
            computed["learned"] = digest_of(write_learned(find_facts(basis.inputs)))
        except InvalidInput:
            is_readable = False
    found = (each for name in computed for each in _compare(name, kept[name], computed[name]))
    return Explanation(
        row.id,
        request.request,
        row.verdict or {},
        row.report or {},
        row.decision,
        row.digests,
        tuple(each for each, _ in zip(found, range(_MOST_PLACES), strict=False)),
        is_readable,
        None if parts is None else parts.get("pipeline"),
    )


def _checked_at(row: SessionRow) -> int:
    found = (row.report or {}).get("checked_at")
    return found if isinstance(found, int) else 0


def _compare(place: str, kept: object, computed: object) -> Iterator[Difference]:
    """Yield the innermost places where two JSON values are not written the same."""
    if canonical_json(kept) == canonical_json(computed):
        return
    if isinstance(kept, dict) and isinstance(computed, dict):
        for name in sorted(kept.keys() | computed.keys(), key=str):
            if name in kept and name in computed:
                yield from _compare(f"{place}.{name}", kept[name], computed[name])
            else:
                yield _difference(f"{place}.{name}", kept.get(name), computed.get(name))
    elif isinstance(kept, list) and isinstance(computed, list) and len(kept) == len(computed):
        for number, (one, other) in enumerate(zip(kept, computed, strict=True)):
            yield from _compare(f"{place}[{number}]", one, other)
    else:
        yield _difference(place, kept, computed)


def _difference(place: str, kept: object, computed: object) -> Difference:
    return Difference(place, canonical_json(kept)[:200], canonical_json(computed)[:200])


async def load_decided(database: Database, wanted: str) -> tuple[RequestRow, SessionRow]:
    """Return the session with this id, or the newest of the request with this id.

    Raises ``NotFound``, ``Unavailable``.
    """
    async with database.read() as session:
        row = await session.get(SessionRow, wanted) or await sessions.newest_of(session, wanted)
        if row is None:
            raise NotFound(_UNKNOWN)
        return await sessions.load_request(session, row.request_id), row


def write_explanation(found: Explanation, language: Language) -> Iterator[str]:
    """Yield the lines for a terminal: the comparison first, then what was decided and on what."""

    def say(en: str, fr: str) -> str:
        return fr if language == "fr" else en

    if found.status == _SAME:
        yield say(
            "SAME: computed again from what was kept, to the last byte.",
            "IDENTIQUE : recalculé depuis ce qui a été conservé, à l’octet près.",
        )
    elif not found.is_readable:
        yield say("UNREADABLE: what was kept.", "ILLISIBLE : ce qui a été conservé.")
    else:
        yield say("DIFFERENT from what was kept:", "DIFFÉRENT de ce qui a été conservé :")
    for each in found.differences:
        yield f"  {each.place}: {printable_name(each.kept)} ≠ {printable_name(each.computed)}"
    if found.pipeline not in (None, PIPELINE):
        yield say(
            f"Decided by version {found.pipeline} of the checks; this is {PIPELINE}.",
            f"Décidé par la version {found.pipeline} des contrôles ; celle-ci est {PIPELINE}.",
        )
    if found.is_readable:
        yield from _write_asked(found, language)
        yield from _write_checks(found, language)
    yield ""
    for name, digest in sorted(found.digests.items()):
        yield f"{name}: {digest}"


def _write_asked(found: Explanation, language: Language) -> Iterator[str]:
    try:
        request = parse_presentation_request(found.request)
    except InvalidInput as problem:
        yield problem.says.in_language(language)
        return
    yield ""
    yield printable_name(request.purpose)
    for each in request.competencies:
        level = "" if each.minimum_level is None else f" ≥ {each.minimum_level}"
        yield f"  {printable_name(each.label.in_language(language))}{level}"
    said = ", ".join(code.partition("::")[0] for code in found.verdict.get("warnings", ()))
    yield f"agent: {json.dumps(found.verdict.get('verified'))} {said}".rstrip()


def _write_checks(found: Explanation, language: Language) -> Iterator[str]:
    try:
        report, decision = parse_report(found.report), parse_decision(found.decision)
    except InvalidInput as problem:
        yield problem.says.in_language(language)
        return
    yield ""
    for reason in decision.reasons:
        yield reason.in_language(language)
    yield moment_in_words(report.checked_at).in_language(language)
    for each in report.checks:
        of = f" {each.subject}" if each.subject else ""
        as_of = "" if each.as_of is None else f" ({moment_in_words(each.as_of).en})"
        if language == "fr" and each.as_of is not None:
            as_of = f" ({moment_in_words(each.as_of).fr})"
        yield f"  {_SIGNS[each.outcome]} {each.id}{of}: {each.reason.in_language(language)}{as_of}"


def add_explain(app: typer.Typer) -> None:
    """Add the command ``explain`` to ``acquis verify``."""

    @app.command(name="explain")
    def command(
        wanted: Annotated[str, typer.Argument(metavar="ID", help="Of a session, or of a request.")],
        as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
        language: Annotated[
            Language, typer.Option(metavar="en|fr", help="Language of the report.")
        ] = "en",
    ) -> None:
        """Compute a decision again from what the verifier kept of it, and compare.

        Exit status 0 the same, 1 different, 2 not found or unreadable.
        """
        try:
            url = VerifierSettings().database
            _check_there(url)
            found = asyncio.run(_explain(url, wanted))
        except AcquisError as error:
            typer.echo(error.says.in_language(language), err=True)
            raise typer.Exit(_UNTOLD) from error
        if as_json:
            typer.echo(json.dumps(found.content(), ensure_ascii=False, indent=1))
        else:
            for line in write_explanation(found, language):
                typer.echo(line)
        raise typer.Exit(found.status)


def _check_there(url: str) -> None:
    """Raise ``NotFound`` where there is no database yet: looking must not make one."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite"
    if is_file and not (parsed.database and Path(parsed.database).is_file()):
        raise NotFound(_UNKNOWN)


async def _explain(url: str, wanted: str) -> Explanation:
    database = Database(url)
    try:
        return explain(*await load_decided(database, wanted))
    finally:
        await database.close()
