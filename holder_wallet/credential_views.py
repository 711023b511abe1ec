"""Credentials as the wallet's pages show them: those that are held, and one that is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from acquis.credentials.attributes import CredentialAttributes
from acquis.credentials.competency import Competency, CompetencyKey, known_label
from acquis.credentials.disclosure import attribute_label
from acquis.credentials.words import Words
from acquis.protocols.issue_credential import State
from acquis.service.formats import Formats
from acquis.service.language import locale_of
from acquis.service.pages import Fact, Trouble, with_live
from acquis.text import Text
from holder_wallet.holding import Held
from holder_wallet.publications import Described
from holder_wallet.receipt_views import ReceiptLine
from holder_wallet.receiving import ACCEPTED
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.views import (
    Context,
    Party,
    day_text,
    issuer_name,
    issuer_of,
    join,
    level_label,
    moment,
    name_of,
    printable,
    purpose_of,
    same,
    who_sent,
)
from schemas import framework_names, load_framework, load_level_scale, load_vocabulary

_NOT_DESCRIBED: Final = Text(
    "The institution’s public description is not in this wallet’s copy of the registry.",
    "La description publique de l’établissement n’est pas dans la copie du registre de ce portefeuille.",
)
_NOT_OURS: Final = Text(
    "This wallet does not know this kind of credential. All that it says is listed in the details.",
    "Ce portefeuille ne connaît pas ce type d’attestation. Tout ce qu’elle dit figure dans les détails.",
)
_OVER: Final = {
    State.DONE.value: "stored",
    State.DECLINED.value: "declined",
    State.EXPIRED.value: "expired",
}
_BROKEN_OFF: Final = Trouble(
    Text(
        "The offer was broken off before the credential arrived",
        "L’offre a été interrompue avant l’arrivée de l’attestation",
    ),
    kept=Text(
        "Nothing was stored, and your award is kept by the institution",
        "Rien n’a été enregistré, et l’établissement conserve votre attribution",
    ),
    next=Text(
        "Open the link again; if that fails too, ask the institution for a new one",
        "Ouvrez à nouveau le lien ; en cas de nouvel échec, demandez-en un autre à l’établissement",
    ),
)


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """A credential in the list; ``awarded_on`` is None when it is not of our kind."""

    id: str
    name: Text
    issuer: Text
    awarded_on: date | None
    state: str
    competencies: int
    image: None = None


@dataclass(frozen=True, slots=True)
class CompetencyLine:
    """One competency of a credential and the level it attests."""

    name: Text
    level_label: Text
    uri: str | None


@dataclass(frozen=True, slots=True)
class CredentialView:
    """A credential on its own page, with where it was used."""

    id: str
    name: Text
    issuer: Text
    awarded_on: date | None
    state: str
    image: None
    description: Text | None
    criteria: Text | None
    competencies: tuple[CompetencyLine, ...]
    facts: tuple[Fact, ...]
    personal: tuple[Fact, ...]
    valid_until: date | None
    status_as_of: datetime | None
    receipts: tuple[ReceiptLine, ...]


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """An offer or a request that waits for the learner's answer."""

    kind: str
    href: str
    title: Text
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferedAchievement:
    """What is offered, in the words of its issuer."""

    name: Text
    description: Text
    criteria: Text | None
    image: None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer; ``achievement`` is None until it has arrived and once it is over."""

    id: str
    issuer: Party
    achievement: OfferedAchievement | None
    competencies: tuple[CompetencyLine, ...] = ()
    facts: tuple[Fact, ...] = ()
    personal: tuple[Fact, ...] = ()


def build_home(held: Sequence[Held], waiting: Sequence[tuple[ExchangeRow, Text | None]]) -> Context:
    """Build ``credentials.html``'s; ``waiting`` with what each asks in one line, when known."""
    shown: Context = {
        "credentials": tuple(_build_line(each) for each in held),
        "waiting": tuple(_build_waiting(row, asked) for row, asked in waiting),
    }
    return with_live(shown, "/events")


def build_credential(held: Held, receipts: Sequence[ReceiptLine]) -> CredentialView:
    """Build what the page of a credential shows."""
    described, line = held.described, _build_line(held)
    achievement, says = described.achievement, described.says
    return CredentialView(
        id=line.id,
        name=line.name,
        issuer=line.issuer,
        awarded_on=line.awarded_on,
        state=line.state,
        image=None,
        description=_text(achievement.description) if achievement else _undescribed(described),
        criteria=_text(achievement.criteria) if achievement else None,
        competencies=tuple(_competencies(described)),
        facts=tuple(_facts(described)),
        personal=tuple(_personal(says)) if says else (),
        valid_until=says.valid_until if says else None,
        status_as_of=held.status.as_of,
        receipts=tuple(receipts),
    )


def offer_state(row: ExchangeRow) -> str:
    """Return where an offer stands, in the words of its page."""
    if not row.open:
        return _OVER.get(row.state, "failed")
    if row.answer is not None:
        return "accepting" if row.answer == ACCEPTED else "declined"
    return "offered" if row.state == State.OFFER_RECEIVED else "fetching"


def build_offer(
    row: ExchangeRow, described: Described | None, credential_id: str | None
) -> Context:
    """Build ``offer.html``'s; ``described`` is None while nobody knows what is offered."""
    state = offer_state(row)
    if described is None and state == "offered":
        state = "fetching"
    shown: Context = {
        "offer": _build_offered(row, described),
        "state": state,
        "credential_id": credential_id if state == "stored" else None,
        "trouble": _BROKEN_OFF if state == "failed" else None,
    }
    return with_live(shown, f"/offers/{row.id}/events", ended=not row.open)


def _build_line(held: Held) -> CredentialLine:
    says = held.described.says
    return CredentialLine(
        id=held.id,
        name=name_of(held.described),
        issuer=issuer_name(held.described),
        awarded_on=says.awarded_on if says else None,
        state=held.status.standing.value,
        competencies=len(says.levels) if says else 0,
    )


def _build_waiting(row: ExchangeRow, asked: Text | None) -> WaitingLine:
    is_offer = row.kind == "issue"
    return WaitingLine(
        kind="offer" if is_offer else "request",
        href=f"/offers/{row.id}" if is_offer else f"/requests/{row.id}",
        title=asked or same(purpose_of(row)),
        who=who_sent(row),
        at=moment(row.created_at),
    )


def _build_offered(row: ExchangeRow, described: Described | None) -> OfferView:
    if described is None:
        return OfferView(row.id, Party(None, row.link_host, verified=False), None)
    achievement, says = described.achievement, described.says
    described_by_issuer = _text(achievement.description) if achievement else None
    return OfferView(
        id=row.id,
        issuer=issuer_of(described.issuer, row),
        achievement=OfferedAchievement(
            name=name_of(described),
            description=described_by_issuer or _undescribed(described),
            criteria=_text(achievement.criteria) if achievement else None,
        ),
        competencies=tuple(_competencies(described)),
        facts=tuple(_facts(described)),
        personal=tuple(_personal(says)) if says else (),
    )


def _undescribed(described: Described) -> Text:
    return _NOT_OURS if described.says is None else _NOT_DESCRIBED


def _competencies(described: Described) -> Iterator[CompetencyLine]:
    """Yield the competencies in the order of the achievement, then those it does not name."""
    levels = dict(described.says.levels) if described.says is not None else {}
    published = described.achievement.competencies if described.achievement else ()
    for each in published:
        level = levels.pop(str(each.key), None)
        if level is not None:
            yield CompetencyLine(each.name.text, _level(level, each), _page(each.uri))
    for key, level in levels.items():
        yield _known_competency(key, level)


def _known_competency(key: str, level: int) -> CompetencyLine:
    parsed = CompetencyKey.parse(key)
    label = known_label(key)
    if parsed.framework not in framework_names() or label is None:
        return CompetencyLine(same(key), _level(level, None), None)
    framework = load_framework(parsed.framework)
    word = load_level_scale(framework.level_scale).levels.get(level)
    uri = framework.competencies[parsed.code].uri
    return CompetencyLine(label, level_label(level, word), _page(uri))


def _level(level: int, competency: Competency | None) -> Text:
    return level_label(level, competency.level_name(level) if competency else None)


def _page(uri: str) -> str | None:
    return uri if uri.startswith(("http://", "https://")) else None


def _personal(says: CredentialAttributes) -> Iterator[Fact]:
    yield Fact(Text("Given name", "Prénom"), says.learner.given_name)
    yield Fact(Text("Family name", "Nom de famille"), says.learner.family_name)
    if says.learner.birth_date is not None:
        yield Fact(Text("Date of birth", "Date de naissance"), day_text(says.learner.birth_date))
    if says.grade:
        yield Fact(Text("Grade", "Note"), says.grade)


def _facts(described: Described) -> Iterator[Fact]:
    says = described.says
    if says is None:
        for name, value in described.attributes.items():
            yield Fact(attribute_label(name, {}), printable(value, 2_000))
        return
    yield Fact(Text("Awarding body", "Organisme certificateur"), printable(says.awarding_body))
    yield Fact(Text("Awarded on", "Attribué le"), day_text(says.awarded_on))
    if says.valid_until is not None:
        yield Fact(Text("Valid until", "Valable jusqu’au"), day_text(says.valid_until))
    if says.review_on is not None:
        yield Fact(Text("Re-assess by", "À réévaluer avant le"), day_text(says.review_on))
    workload = _workload(says)
    if workload:
        yield Fact(Text("Workload", "Charge de travail"), join(workload))
    if says.eqf_level is not None:
        level = Text(f"EQF {says.eqf_level}", f"CEC {says.eqf_level}")
        yield Fact(Text("Level", "Niveau"), level)
    for label, vocabulary, codes in (
        (Text("Assessment", "Évaluation"), "assessment", says.assessment_type),
        (Text("Participation", "Participation"), "participation", (says.participation_form,)),
        (
            Text("Quality assurance", "Assurance qualité"),
            "assurance",
            (says.quality_assurance,),
        ),
        (
            Text("Identity check", "Contrôle d’identité"),
            "identity-verification",
            (says.identity_verification,),
        ),
    ):
        known = load_vocabulary(vocabulary).codes
        words = [known.get(code) or same(printable(code)) for code in codes if code]
        if words:
            yield Fact(label, join(words))
    yield Fact(Text("Number", "Numéro"), says.credential_id)


def _workload(says: CredentialAttributes) -> list[Text]:
    parts = []
    if says.ects_hundredths is not None:
        ects = Decimal(says.ects_hundredths) / 100
        written = {code: Formats(locale_of(code)).number(ects) for code in ("en", "fr")}
        parts.append(Text(f"{written['en']} ECTS", f"{written['fr']} ECTS"))
    if says.workload_hours is not None:
        parts.append(Text(f"{says.workload_hours} hours", f"{says.workload_hours} heures"))
    return parts


def _text(words: Words | None) -> Text | None:
    return None if words is None else words.text
