"""What a request asks, in one line; the items of it are worded by `acquis.credentials.disclosure`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from acquis.credentials.disclosure import (
    Labels,
    attribute_label,
    competency_in_words,
    competency_label,
    describe_choice,
    predicate_in_words,
)
from acquis.credentials.proof_request import AskedGroup, AskedItems, AskedPredicate
from acquis.credentials.request import PresentationRequest
from acquis.text import Text
from holder_wallet.views import join

_MOST: Final = 3


def summary(asked: AskedItems, labels: Labels) -> Text:
    """Return in one line what is asked: "Python, level 3 or more"."""
    groups = [group_label(each, labels) for each in asked.groups()]
    line = join(groups[:_MOST], "; ")
    return line if len(groups) <= _MOST else Text(f"{line.en}; …", f"{line.fr} ; …")


def choice_summary(request: PresentationRequest) -> Text:
    """Return in one line what a request that leaves a choice asks: "any 2 of these 3, or more: …"."""
    told = list(describe_choice(request))
    wanted = [competency_in_words(each) for _, each in request.wanted]
    if request.fewest == len(wanted):
        told = wanted + told
    line = join(told[:_MOST], "; ")
    return line if len(told) <= _MOST else Text(f"{line.en}; …", f"{line.fr} ; …")


def group_label(group: AskedGroup, labels: Labels) -> Text:
    """Return in one line what one group asks."""
    found = [label for each in group.predicates if (label := _level_asked(each, labels))]
    for name in (name for each in group.attributes for name in each.names):
        competency = competency_label(name, labels)
        if competency is not None:
            found.append(
                Text(f"{competency.en}, with the level", f"{competency.fr}, avec le niveau")
            )
    if not found:
        found = [attribute_label(name, labels) for name in group.names[:_MOST]]
    return join(found)


def referents_of(group: AskedGroup) -> tuple[str, ...]:
    """Return every referent of a group, at least one."""
    return (
        *(each.referent for each in group.attributes),
        *(each.referent for each in group.predicates),
    )


def competencies_first(
    proved: Sequence[Text], asked: AskedItems, labels: Labels
) -> tuple[Text, ...]:
    """Return the sentences of what is proved, those about competencies before the others."""
    about = {
        predicate_in_words(each, labels)
        for each in asked.predicates
        if competency_label(each.name, labels) is not None
    }
    return tuple(sorted(proved, key=lambda says: says not in about))


def _level_asked(asked: AskedPredicate, labels: Labels) -> Text | None:
    competency = competency_label(asked.name, labels)
    if competency is None:
        return None
    if asked.relation in (">=", ">"):
        level = asked.bound + (asked.relation == ">")
        return Text(
            f"{competency.en}, level {level} or more",
            f"{competency.fr}, niveau {level} ou plus",
        )
    return predicate_in_words(asked, labels)
