"""What the institution's pages show, built from rows: the overview, awards, claim links.

Pure: a row and the time in, the variables of a template out. A live part's version is a digest of
what it shows, so that it changes exactly when that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import urlencode

from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.attributes import CredentialAttributes, parse_attributes, parse_date_number
from acquis.errors import InvalidInput
from acquis.service.formats import Formats
from acquis.service.language import locale_of
from acquis.service.pages import Fact, Step, Trouble, with_live
from acquis.text import Text
from issuer_agent.achievement_views import build_steps, build_view, level_label, missing, name_of
from issuer_agent.founding import Institution
from issuer_agent.key_views import build_keys
from issuer_agent.revoking import reasons
from issuer_agent.store.awards import Standing, state_of
from issuer_agent.store.tables import AchievementRow, InstitutionRow

type Context = dict[str, object]

STATES: Final = (
    *("offered", "opened", "issuing", "issued", "declined", "expired", "failed"),
    *("revoking", "revoked"),
)
_CAN_BE_CLAIMED: Final = {"offered", "opened"}
_CLAIM_STATES: Final = {"offered": "waiting", "revoking": "revoked"}
_CLAIM_IS_OVER: Final = {"issued", "used", "expired", "revoked"}

_FOUNDING: Final = (
    Text("Make the keys and the identity", "Créer les clés et l’identité"),
    Text("Publish the identity in the registry", "Publier l’identité dans le registre"),
)
_REVOKING: Final = (
    Text("Mark it with the agent", "La marquer auprès de l’agent"),
    Text(
        "Publish it and read it back from the registry", "La publier et la relire dans le registre"
    ),
)
_REVOKING_AGAIN: Final = Trouble(
    Text(
        "The revocation is not in the registry yet",
        "La révocation n’est pas encore dans le registre",
    ),
    kept=Text(
        "It was asked for and is being tried again by itself",
        "Elle est demandée et un nouvel essai se fait de lui-même",
    ),
)
_NOT_HANDED_OVER: Final = Trouble(
    Text(
        "The credential could not be handed over to the wallet",
        "L’attestation n’a pas pu être remise au portefeuille",
    ),
    kept=Text("The award is kept", "L’attribution est conservée"),
    next=Text(
        "Open the link again with the wallet; if that fails too, a new link is needed",
        "Ouvrez à nouveau le lien avec le portefeuille ; en cas de nouvel échec, un nouveau lien est nécessaire",
    ),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the overview."""

    achievements: int
    published: int
    offered: int
    issued: int
    revoked: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """Why a credential was revoked, since when everybody can know, and who asked for it."""

    reason: Text
    at: datetime | None
    by: str | None


@dataclass(frozen=True, slots=True)
class AwardLine:
    """An award in a list and on its own page; ``link`` only while it can be used."""

    id: str
    learner: str
    achievement: Text
    achievement_id: str
    awarded_on: date
    state: str
    link: str | None
    changed_at: datetime
    revocation: Revocation | None
    awarded_by: str | None
    attributes: tuple[Fact, ...] = ()


def build_overview(
    institution: Institution,
    row: InstitutionRow | None,
    counts: Counts,
    recent: Sequence[AwardLine],
    *,
    founding: bool,
) -> Context:
    """Build ``dashboard.html``'s; ``founding`` while the identity is being made right now."""
    ready = institution.did is not None
    first = Step(_FOUNDING[0], "done" if row else "running" if founding else "waiting")
    second = Step(_FOUNDING[1], "running" if row and founding else "waiting")
    shown: Context = {
        "institution": institution,
        "ready": ready,
        "steps": () if ready else (first, second),
        "trouble": None,
        "counts": counts,
        "recent": tuple(recent),
        "keys": build_keys(row.log, unfinished=row.rotation is not None) if row and ready else None,
    }
    return with_live(shown, "/events")


def count_all(achievements: Sequence[AchievementRow], awards: Mapping[str, int]) -> Counts:
    """Count what the overview shows; ``awards`` by state."""
    return Counts(
        achievements=len(achievements),
        published=sum(row.state == "published" for row in achievements),
        offered=sum(awards.get(state, 0) for state in ("offered", "opened", "issuing")),
        issued=awards.get("issued", 0) + awards.get("revoking", 0),
        revoked=awards.get("revoked", 0),
    )


def build_publication(institution: Institution, row: AchievementRow, awards: int) -> Context:
    """Build ``achievement.html``'s, the part that shows the publication included."""
    shown: Context = {
        "institution": institution,
        "achievement": build_view(row, awards),
        "gaps": missing(row),
        "steps": build_steps(row),
        "trouble": None,
    }
    return with_live(shown, f"/achievements/{row.id}/events")


def build_award_line(standing: Standing, now: int, link: str) -> AwardLine:
    """Build the line of an award; ``link`` is its claim link, shown while it can be used."""
    award, state = standing.award, state_of(standing, now)
    return AwardLine(
        id=award.id,
        learner=f"{award.given_name} {award.family_name}",
        achievement=name_of(standing.achievement),
        achievement_id=award.achievement_id,
        awarded_on=parse_date_number(award.attributes["awarded_on"]),
        state=state,
        link=link if state in _CAN_BE_CLAIMED else None,
        changed_at=_changed_at(standing),
        revocation=_revocation(standing),
        awarded_by=award.awarded_by,
    )


def build_awards(
    institution: Institution,
    lines: Sequence[AwardLine],
    total: int,
    achievement_id: str,
    state: str,
) -> Context:
    """Build ``awards_live.html``'s: the newest of ``total`` awards that match what was chosen."""
    shown: Context = {"institution": institution, "awards": tuple(lines), "total": total}
    query = urlencode({"achievement": achievement_id, "state": state})
    return with_live(shown, f"/awards/events?{query}")


def build_awarded(institution: Institution, standing: Standing, now: int, link: str) -> Context:
    """Build ``awarded.html``'s, the part that shows the state included."""
    line = build_award_line(standing, now, link)
    claimable = line.link is not None
    shown: Context = {
        "institution": institution,
        "award": replace(line, attributes=build_facts(standing)),
        "link": line.link,
        "expires_at": _moment(standing.award.expires_at) if claimable else None,
        "steps": _revocation_steps(standing) if line.state == "revoking" else (),
        "trouble": _trouble(standing, line.state),
        "reasons": tuple({"value": code, "label": label} for code, label in reasons()),
        "errors": {},
    }
    return with_live(shown, f"/awards/{line.id}/events", ended=line.state == "revoked")


def build_claim(
    institution: Institution,
    standing: Standing,
    now: int,
    *,
    link: str,
    wallet_link: str | None,
    is_first_look: bool,
) -> Context:
    """Build ``claim.html``'s: what a claim link shows to a person.

    Who comes to a link that was used already is told so (``is_first_look``); who watched while it
    was used is told that the credential is in the wallet.
    """
    achievement = parse_achievement(standing.achievement.content)
    description = achievement.description
    state = state_of(standing, now)
    state = _CLAIM_STATES.get(state, state)
    if state == "issued" and is_first_look:
        state = "used"
    shown: Context = {
        "institution": institution,
        "achievement": {
            "name": name_of(standing.achievement),
            "description": description.text if description else Text("", ""),
            "image": None,
        },
        "state": state,
        "link": link,
        "wallet_link": wallet_link,
        "didcomm_link": f"didcomm://{link.partition('://')[2]}",
        "expires_at": _moment(standing.award.expires_at) if state == "waiting" else None,
        "trouble": _NOT_HANDED_OVER if state == "failed" else None,
    }
    url = f"/c/{standing.award.token}/events"
    return with_live(shown, url, ended=state in _CLAIM_IS_OVER)


def close_claim(shown: Context, url: str) -> Context:
    """Return a claim page's variables once its link was replaced by a new one."""
    rest = {name: value for name, value in shown.items() if name != "live"}
    return with_live({**rest, "state": "expired", "expires_at": None}, url, ended=True)


def build_facts(standing: Standing) -> tuple[Fact, ...]:
    """Build what a credential says, for the registrar who awards it."""
    try:
        says = parse_attributes(standing.award.attributes)
    except InvalidInput:
        return ()
    achievement = parse_achievement(standing.achievement.content)
    facts = [
        Fact(Text("Given name", "Prénom"), says.learner.given_name),
        Fact(Text("Family name", "Nom de famille"), says.learner.family_name),
        _day_fact(Text("Date of birth", "Date de naissance"), says.learner.birth_date),
        _day_fact(Text("Awarded on", "Délivrée le"), says.awarded_on),
        _day_fact(Text("Valid until", "Valable jusqu’au"), says.valid_until),
        *_level_facts(achievement, says),
        Fact(Text("Grade", "Note"), says.grade) if says.grade else None,
        Fact(Text("Awarding body", "Organisme certificateur"), says.awarding_body),
        Fact(Text("Number", "Numéro"), says.credential_id),
    ]
    return tuple(fact for fact in facts if fact is not None)


def _level_facts(achievement: Achievement, says: CredentialAttributes) -> list[Fact]:
    return [
        Fact(each.name.text, level_label(each, says.levels[str(each.key)]))
        for each in achievement.competencies
        if str(each.key) in says.levels
    ]


def _day_fact(label: Text, day: date | None) -> Fact | None:
    return None if day is None else Fact(label, _day(day))


def _day(day: date) -> Text:
    return Text(Formats(locale_of("en")).day(day), Formats(locale_of("fr")).day(day))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _changed_at(standing: Standing) -> datetime:
    moments = [standing.award.created_at]
    if standing.exchange is not None:
        moments.append(standing.exchange.changed_at)
    if (row := standing.issued) is not None:
        moments += [at for at in (row.issued_at, row.asked_at, row.published_at) if at is not None]
    return _moment(max(moments))


def _revocation(standing: Standing) -> Revocation | None:
    row = standing.issued
    if row is None or row.reason is None:
        return None
    label = dict(reasons()).get(row.reason, Text(row.reason, row.reason))
    at = None if row.published_at is None else _moment(row.published_at)
    return Revocation(label, at, row.revoked_by)


def _revocation_steps(standing: Standing) -> tuple[Step, ...]:
    marked = standing.issued is not None and standing.issued.state != "requested"
    return (
        Step(_REVOKING[0], "done" if marked else "running"),
        Step(_REVOKING[1], "running" if marked else "waiting"),
    )


def _trouble(standing: Standing, state: str) -> Trouble | None:
    if state == "failed":
        return _NOT_HANDED_OVER
    row = standing.issued
    return _REVOKING_AGAIN if state == "revoking" and row is not None and row.attempts else None
