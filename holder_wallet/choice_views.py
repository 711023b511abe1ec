"""What a request leaves to the learner, as the consent page shows it: what can be ticked, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from acquis.credentials.choice import NameAsked
from acquis.credentials.disclosure import competency_in_words, describe_choice
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.text import Text
from holder_wallet.choosing import Offered
from holder_wallet.ticked import word_of

_ALL: Final = Text("Asked of everybody", "Demandé dans tous les cas")


@dataclass(frozen=True, slots=True)
class Option:
    """One competency asked for; ``able`` when a credential of the learner's answers it."""

    group: str
    says: Text
    able: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choosing:
    """What is left to the learner.

    ``told`` are the verifier's own words for it, ``rule`` says how many of ``wanted`` it takes;
    where that is all of them, ``fixed`` is true and there is nothing to tick among them. ``name``
    is whether the name is ticked, None where it cannot be. ``read`` is what is ticked, in one word.
    """

    told: tuple[Text, ...]
    rule: Text
    fixed: bool
    wanted: tuple[Option, ...]
    extras: tuple[Option, ...]
    name: bool | None
    name_required: bool
    read: str


def build_choosing(offered: Offered) -> Choosing:
    """Build what is left to the learner, with what is ticked now."""
    request, choice = offered.request, offered.choice

    def option(group: str, asked: CompetencyRequest) -> Option:
        able = group in offered.able
        says = competency_in_words(asked)
        return Option(group, says, able, able and group in choice.competencies)

    return Choosing(
        told=describe_choice(request),
        rule=_rule(request),
        fixed=request.fewest == len(request.wanted),
        wanted=tuple(option(*each) for each in request.wanted),
        extras=tuple(option(*each) for each in request.competencies_of() if each[1].optional),
        name=choice.learner_name if request.learner_name is NameAsked.OPTIONAL else None,
        name_required=request.learner_name is NameAsked.REQUIRED,
        read=word_of(choice),
    )


def _rule(request: PresentationRequest) -> Text:
    few, many = request.fewest, len(request.wanted)
    if few == many:
        return _ALL
    return Text(
        f"Choose at least {few} of these {many}",
        f"Choisissez-en au moins {few} sur {many}",
    )
