"""What a competency is called: by its framework, else by the institutions a request accepts.

Wallet and verifier both take the name of a competency that no framework of ours has from here, so
that they print the same words. The one source is what is published, signed, by the institutions
whose credentials a request accepts. A request's own word for it is anybody's, and is not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.competency import known_label
from acquis.credentials.disclosure import printable_name
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.presentation import canonical_name
from acquis.credentials.proof_request import AskedItems, Restriction
from acquis.credentials.request import PresentationRequest
from acquis.errors import InvalidInput
from acquis.text import Text

type AchievementsOf = Callable[[str], Iterable[Mapping[str, object]]]
"""The published achievements, as JSON, that a credential definition may be of."""


def name_competencies(
    asked: AskedItems, achievements_of: AchievementsOf, otherwise: Iterable[str] = ()
) -> dict[str, Text]:
    """Return the names of the competencies in ``asked`` that no framework of ours has, by key.

    Only a name on which all are agreed: where one of the definitions that may answer says
    nothing, or something else, none is better than one that a credential of another may belie.
    ``otherwise`` are definitions to go by where ``asked`` does not say which it accepts.
    """
    looked_up: dict[str, list[Achievement]] = {}
    named: dict[str, Text] = {}
    for key, restrictions in _keys(asked).items():
        listed = _definitions(restrictions)
        said = []
        for definition_id in listed or otherwise:
            if definition_id not in looked_up:
                looked_up[definition_id] = _read(achievements_of(definition_id))
            said.append(_names(key, looked_up[definition_id]))
        names = set[Text]().union(*said)
        if len(names) == 1 and (all(said) or not listed):
            named[key] = names.pop()
    return named


def rename(request: PresentationRequest, names: Mapping[str, Text]) -> PresentationRequest:
    """Return ``request`` with each competency called by its framework, else as ``names`` say.

    One that neither names is called by its key.
    """

    def name(key: str) -> Text:
        return known_label(key) or names.get(canonical_name(key)) or Text(key, key)

    return replace(
        request,
        competencies=tuple(
            replace(each, label=name(str(each.key))) for each in request.competencies
        ),
    )


def _keys(asked: AskedItems) -> dict[str, list[Restriction]]:
    """Return what may be a competency without a name, each with the restrictions it is asked under."""
    found: dict[str, list[Restriction]] = {}
    items = [(name, each.restrictions) for each in asked.attributes for name in each.names]
    items += [(each.name, each.restrictions) for each in asked.predicates]
    for name, restrictions in items:
        key = canonical_name(name)
        if key not in COMMON_ATTRIBUTES and known_label(key) is None:
            # Without restrictions any credential will do, as under one that names nothing.
            found.setdefault(key, []).extend(restrictions or [()])
    return found


def _definitions(restrictions: Iterable[Restriction]) -> tuple[str, ...]:
    """Return the definitions that alone are accepted; none where others may be."""
    found = [dict(each).get("cred_def_id") for each in restrictions]
    return () if None in found else tuple(dict.fromkeys(each for each in found if each is not None))


def _read(contents: Iterable[Mapping[str, object]]) -> list[Achievement]:
    """Read what can be read; a document that is no achievement names nothing."""
    found = []
    for each in contents:
        with suppress(InvalidInput):
            found.append(parse_achievement(each))
    return found


def _names(key: str, achievements: Iterable[Achievement]) -> set[Text]:
    found = [
        competency.name.text
        for achievement in achievements
        for competency in achievement.competencies
        if canonical_name(str(competency.key)) == key
    ]
    return {Text(printable_name(each.en), printable_name(each.fr)) for each in found}
