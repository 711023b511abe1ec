"""What a dishonest wallet answers to a request for one competency, each a function of the request.

The requests are ours: ``c1`` shows, ``c1-level`` and ``c1-valid`` (and ``c1-awarded``) prove.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from acquis.credentials.attributes import encoded_value
from demo.story import PYTHON
from support.crooked_town import CrookedTown, Forge
from support.dishonest_wallet import Part
from support.exchanges import SQL

type Json = dict[str, Any]
type Change = Callable[[Json], None]


def referents(request: Json, group: str = "c1") -> tuple[list[str], list[str]]:
    """Return what of a request belongs to one group: attributes, predicates."""
    attributes, predicates = (
        [name for name in request[part] if name.partition("-")[0] == group]
        for part in ("requested_attributes", "requested_predicates")
    )
    return attributes, predicates


def answering(grade: str, **options: Any) -> Forge:
    """Answer everything from one credential, as an honest wallet does."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        attributes, predicates = referents(request)
        part = Part(crook.pocket[grade], attributes, predicates, **options)
        return crook.wallet.forge(request, part)

    return forge


def apart(shown_by: str, proved_by: str, *, moved: Iterable[str] = ("c1-level",)) -> Forge:
    """Answer one group from two credentials; ``moved`` are proved by the second."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        attributes, predicates = referents(request)
        rest = [each for each in predicates if each not in moved]
        return crook.wallet.forge(
            request,
            Part(crook.pocket[shown_by], attributes, rest),
            Part(crook.pocket[proved_by], (), list(moved)),
        )

    return forge


def each_from(**grades: str) -> Forge:
    """Answer each group from a credential of its own."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        parts = [
            Part(crook.pocket[grade], *referents(request, group)) for group, grade in grades.items()
        ]
        return crook.wallet.forge(request, *parts)

    return forge


def asking_otherwise(
    grade: str, change: Change, mend: Change = lambda _: None, **options: Any
) -> Forge:
    """Answer a request that was changed by the wallet, then ``mend`` what tells of it."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        changed = copy.deepcopy(request)
        change(changed)
        attributes, predicates = referents(changed)
        part = Part(crook.pocket[grade], attributes, predicates, **options)
        presentation = crook.wallet.forge(changed, part)
        mend(presentation)
        return presentation

    return forge


def edited(forge: Forge, *changes: Change) -> Forge:
    """Edit the presentation once it is made."""

    def forge_and_edit(crook: CrookedTown, request: Json) -> Json:
        presentation = forge(crook, request)
        for change in changes:
            change(presentation)
        return presentation

    return forge_and_edit


def saying_twice(member: str, first: Forge, second: Forge) -> Forge:
    """Say one member of the presentation twice, as JSON allows and our reading of bytes does not."""

    def forge(crook: CrookedTown, request: Json) -> bytes:
        said = first(crook, request)
        again = json.dumps({member: second(crook, request)[member]})
        return f"{json.dumps(said)[:-1]}, {again[1:]}".encode()

    return forge


def stale(grade: str) -> Forge:
    """Prove against the list from before the revocation."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        return answering(grade, list_at=crook.lists_before(grade))(crook, request)

    return forge


def twice(grade: str) -> Forge:
    """Use one credential twice: shown by the old revocation list, proved by the new one."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        attributes, predicates = referents(request)
        credential = crook.pocket[grade]
        return crook.wallet.forge(
            request,
            Part(credential, attributes, (), list_at=crook.lists_before(grade)),
            Part(credential, (), predicates),
        )

    return forge


def relabelled(grade: str) -> Forge:
    """Prove against the list from before the revocation and name the newest."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        newest = crook.wallet.lists(crook.pocket[grade].registry_id or "")[-1]
        return edited(stale(grade), identifier(timestamp=newest))(crook, request)

    return forge


def proved_of_another(
    grade: str, name: str, *, instead_of: str = PYTHON, referent: str = "c1-level"
) -> Forge:
    """Prove the comparison of another attribute of the credential, and call that by the right name.

    The library checks each comparison by itself and never whose value it is about.
    """
    return edited(
        asking_otherwise(grade, predicate(referent, name=name)),
        comparison(name, attr_name=instead_of),
    )


def compared_as_shown(grade: str, name: str) -> Forge:
    """Prove the comparison of another attribute where the right one is shown as well.

    Of a value that is shown the proof hides nothing, so that what it says of it can be filled in.
    """

    def fill(presentation: Json) -> None:
        proof = presentation["proof"]["proofs"][0]["primary_proof"]
        [level] = [each for each in proof["ge_proofs"] if each["predicate"]["attr_name"] == PYTHON]
        proof["eq_proof"]["m"][PYTHON] = level["mj"]

    return edited(proved_of_another(grade, name), fill)


def named_twice(grade: str) -> Forge:
    """Name two revocation lists under one name, the old one last: readers differ on which counts."""

    def forge(crook: CrookedTown, request: Json) -> bytes:
        presentation = stale(grade)(crook, request)
        at = presentation["identifiers"][0]["timestamp"]
        text = json.dumps(presentation)
        return text.replace('"timestamp":', f'"timestamp": {at + 1}, "timestamp":').encode()

    return forge


# what is changed in the request before it is answered


def without(*names: str) -> Change:
    def change(request: Json) -> None:
        for name in names:
            for part in ("requested_attributes", "requested_predicates"):
                request[part].pop(name, None)

    return change


def predicate(referent: str, **members: Any) -> Change:
    def change(request: Json) -> None:
        request["requested_predicates"][referent] |= members

    return change


def adding_attribute(name: str) -> Change:
    def change(request: Json) -> None:
        restrictions = request["requested_attributes"]["c1"]["restrictions"]
        request["requested_attributes"]["c1-extra"] = {"name": name, "restrictions": restrictions}

    return change


# what is edited in the presentation


def comparison(name: str, **members: Any) -> Change:
    """Change what the proof about the attribute ``name`` says of itself."""

    def change(presentation: Json) -> None:
        for each in presentation["proof"]["proofs"][0]["primary_proof"]["ge_proofs"]:
            if each["predicate"]["attr_name"] == name:
                each["predicate"] |= members

    return change


def identifier(**members: Any) -> Change:
    def change(presentation: Json) -> None:
        presentation["identifiers"][0] |= members

    return change


def attesting(**values: str) -> Change:
    def change(presentation: Json) -> None:
        presentation["requested_proof"]["self_attested_attrs"] |= values

    return change


def set_at(value: object, *place: str | int) -> Change:
    """Put anything in one place."""

    def change(presentation: Json) -> None:
        at: Any = presentation
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value

    return change


def no_proof_of_status(presentation: Json) -> None:
    presentation["proof"]["proofs"][0]["non_revoc_proof"] = None


def value_shown(**members: str) -> Change:
    """Change the ``achievement_id`` that is shown, but not what was signed."""

    def change(presentation: Json) -> None:
        shown = presentation["requested_proof"]["revealed_attr_groups"]["c1"]["values"]
        shown["achievement_id"] |= members

    return change


def value_claimed(raw: str) -> Change:
    """Change the ``achievement_id`` wherever it stands, the proof included."""
    encoded = encoded_value(raw)

    def change(presentation: Json) -> None:
        value_shown(raw=raw, encoded=encoded)(presentation)
        proof = presentation["proof"]["proofs"][0]["primary_proof"]["eq_proof"]
        proof["revealed_attrs"]["achievement_id"] = encoded

    return change


def another_holder(presentation: Json) -> None:
    secret = presentation["proof"]["proofs"][0]["primary_proof"]["eq_proof"]["m"]
    secret["master_secret"] = str(int(secret["master_secret"]) + 1)


def naming_a_list_to_come(presentation: Json) -> None:
    """Name a time that has not come as it is said, within what agents allow clocks to differ."""
    identifier(timestamp=int(time.time()) + 100)(presentation)


__all__ = ["PYTHON", "SQL"]
