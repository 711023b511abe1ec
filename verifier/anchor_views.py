"""The trust anchors this employer relies on, as a person reads them: whose list, how recent, in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from acquis.credentials.recognition import AnchorList, ListState, read_trust_lists
from acquis.service.pages import Fact
from acquis.text import Text
from verifier.evidence_views import write_age, write_list_state, write_moment
from verifier.trusting import MirrorEnvironment

_WAIT: Final = Text(
    "Have our copy of the registry refreshed.", "Faites rafraîchir notre copie du registre."
)
_ASK_PUBLISHER: Final = Text(
    "Ask its publisher for a list in force, or choose another.",
    "Demandez à son éditeur une liste en vigueur, ou choisissez-en une autre.",
)
_WHAT_TO_DO: Final = {
    ListState.OLD_COPY: _WAIT,
    ListState.ABSENT: _WAIT,
    ListState.OVERDUE: _ASK_PUBLISHER,
    ListState.NOT_YET: _ASK_PUBLISHER,
    ListState.UNREADABLE: _ASK_PUBLISHER,
}


@dataclass(frozen=True, slots=True)
class AnchorView:
    """One anchor; ``in_force`` says whether its list counts now, ``todo`` what to do if not."""

    name: str
    did: str
    in_force: bool
    state: Text
    todo: Text | None
    facts: tuple[Fact, ...]


def build_anchors(environment: MirrorEnvironment) -> tuple[AnchorView, ...]:
    """Build the chosen anchors, in their order; reads the mirror (call it in a thread)."""
    return tuple(_build(each, environment) for each in read_trust_lists(environment))


def _build(listed: AnchorList, environment: MirrorEnvironment) -> AnchorView:
    return AnchorView(
        name=listed.name,
        did=listed.anchor,
        in_force=listed.state is ListState.IN_FORCE,
        state=write_list_state(listed.state.value),
        todo=_WHAT_TO_DO.get(listed.state),
        facts=_facts(listed, environment),
    )


def _facts(listed: AnchorList, environment: MirrorEnvironment) -> tuple[Fact, ...]:
    if listed.found is None:
        return ()
    found, facts = listed.found, []
    recognised = str(environment.count_recognised(listed.anchor))
    facts.append(Fact(Text("Institutions on it", "Établissements inscrits"), recognised))
    facts.append(Fact(Text("Version", "Version"), str(found.version)))
    facts.append(Fact(Text("Published on", "Publiée le"), write_moment(found.issued)))
    facts.append(
        Fact(Text("In force until", "En vigueur jusqu’au"), write_moment(found.next_update))
    )
    if found.mirror_refreshed_at is not None:
        moment = write_moment(found.mirror_refreshed_at)
        age = write_age(found.mirror_refreshed_at, environment.now)
        as_of = Text(f"{moment.en} ({age.en})", f"{moment.fr} ({age.fr})")
        facts.append(Fact(Text("Our copy of the registry of", "Notre copie du registre du"), as_of))
    return tuple(facts)
