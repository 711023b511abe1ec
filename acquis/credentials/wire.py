"""The strict reader of decoded JSON: whoever reads a leaf says what it must be.

A wrong type, an absent member or a value over its limit is ``InvalidInput`` with the place in
the document and the kind of value found there, never the value itself and never a ``KeyError``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from acquis.errors import InvalidInput, TooLarge
from acquis.text import Text

MAX_TEXT = 10_000
MAX_MEMBERS = 2_000
MAX_DEPTH = 32

_KINDS = {
    str: ("text", "du texte"),
    bool: ("true or false", "vrai ou faux"),
    int: ("an integer", "un entier"),
    float: ("a fractional number", "un nombre à virgule"),
    dict: ("an object", "un objet"),
    list: ("a list", "une liste"),
    type(None): ("null", "null"),
}
_UNREADABLE = Text("This is not readable JSON.", "Ce JSON est illisible.")


def _kind(value: object) -> Text:
    return Text(*_KINDS.get(type(value), ("something else", "autre chose")))


@dataclass(frozen=True, slots=True)
class Node:
    """A value somewhere in a document, with its place for the messages."""

    value: object
    place: str

    def refuse(self, en: str, fr: str) -> NoReturn:
        """Raise ``InvalidInput`` saying what was expected at this place."""
        place = self.place[:200]
        raise InvalidInput(Text(f"{place}: {en}", f"{place} : {fr}"))

    def _expected(self, wanted: type) -> NoReturn:
        kind, found = Text(*_KINDS[wanted]), _kind(self.value)
        self.refuse(
            f"expected {kind.en}, found {found.en}.", f"{kind.fr} attendu, {found.fr} trouvé."
        )

    def _object(self) -> Mapping[str, object]:
        """Return this object, whose members are not looked into."""
        if not isinstance(self.value, dict):
            self._expected(dict)
        if len(self.value) > MAX_MEMBERS:
            self.refuse(f"more than {MAX_MEMBERS} members.", f"plus de {MAX_MEMBERS} membres.")
        for name in self.value:
            if not isinstance(name, str):
                self.refuse(
                    "a member's name is not text.", "le nom d’un membre n’est pas du texte."
                )
        return self.value

    def members(self) -> dict[str, Node]:
        """Return the members of this object, at most ``MAX_MEMBERS``."""
        return {name: Node(each, f"{self.place}.{name}") for name, each in self._object().items()}

    def member(self, name: str) -> Node:
        """Return the member ``name``, which must be there."""
        members = self._object()
        if name not in members:
            self.refuse(f"“{name}” is missing.", f"« {name} » manque.")
        return Node(members[name], f"{self.place}.{name}")

    def optional(self, name: str) -> Node | None:
        """Return the member ``name``, or None when it is absent or null."""
        found = self._object().get(name)
        return None if found is None else Node(found, f"{self.place}.{name}")

    def refuse_others(self, known: Iterable[str]) -> None:
        """Refuse members that are not in ``known``."""
        others = sorted(set(self._object()) - set(known))
        if others:
            name = others[0][:80]
            self.refuse(f"“{name}” is not known here.", f"« {name} » n’est pas connu ici.")

    def elements(self, most: int = MAX_MEMBERS) -> list[Node]:
        """Return the elements of this list, at most ``most``."""
        if not isinstance(self.value, list | tuple):
            self._expected(list)
        if len(self.value) > most:
            self.refuse(f"more than {most} elements.", f"plus de {most} éléments.")
        return [Node(each, f"{self.place}[{index}]") for index, each in enumerate(self.value)]

    def text(self, most: int = MAX_TEXT, *, empty: bool = False) -> str:
        """Return this text: no control character, at most ``most`` characters."""
        if not isinstance(self.value, str):
            self._expected(str)
        if not empty and not self.value.strip():
            self.refuse("the text is empty.", "le texte est vide.")
        if len(self.value) > most:
            self.refuse(f"more than {most} characters.", f"plus de {most} caractères.")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", self.value):
            self.refuse(
                "a control character in the text.", "un caractère de contrôle dans le texte."
            )
        return self.value

    def matching(self, pattern: str, says: Text, most: int = 500) -> str:
        """Return this text, which must match ``pattern`` whole; ``says`` names what is expected."""
        found = self.text(most)
        if not re.fullmatch(pattern, found):
            self.refuse(f"expected {says.en}.", f"{says.fr} attendu.")
        return found

    def one_of(self, codes: Iterable[str]) -> str:
        """Return this text, which must be one of ``codes``."""
        found, known = self.text(200), tuple(codes)
        if found not in known:
            listed = ", ".join(known)
            self.refuse(f"expected one of {listed}.", f"une de ces valeurs attendue : {listed}.")
        return found

    def integer(self, least: int = 0, most: int = 2**63 - 1) -> int:
        """Return this integer, between ``least`` and ``most``; true and false are not integers."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._expected(int)
        if not least <= self.value <= most:
            self.refuse(
                f"expected an integer from {least} to {most}.",
                f"un entier de {least} à {most} attendu.",
            )
        return self.value

    def boolean(self) -> bool:
        """Return this true or false."""
        if not isinstance(self.value, bool):
            self._expected(bool)
        return self.value

    def date(self) -> date:
        """Return this date, written YYYY-MM-DD."""
        found = self.matching(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}", Text("a date YYYY-MM-DD", "une date AAAA-MM-JJ")
        )
        try:
            return date.fromisoformat(found)
        except ValueError:
            self.refuse("there is no such day.", "ce jour n’existe pas.")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidInput(
            Text(
                "A member appears twice in the document.",
                "Un membre figure deux fois dans le document.",
            )
        )
    return members


def _refuse_number(_: str) -> NoReturn:
    raise InvalidInput(
        Text(
            "Fractional numbers are not used here.", "Les nombres à virgule ne sont pas admis ici."
        )
    )


def _depth(value: object) -> int:
    level, below = 1, [value]
    while level <= MAX_DEPTH:
        inside: list[object] = []
        for each in below:
            if isinstance(each, dict):
                inside.extend(each.values())
            elif isinstance(each, list):
                inside.extend(each)
        if not inside:
            break
        level += 1
        below = [each for each in inside if isinstance(each, (dict, list))]
    return level


def parse_json(raw: bytes, most: int) -> object:
    """Decode UTF-8 JSON of at most ``most`` bytes: no duplicate member, no float, depth ≤ 32.

    Raises ``TooLarge`` or ``InvalidInput``.
    """
    if len(raw) > most:
        raise TooLarge(
            Text(f"The document is over {most} bytes.", f"Le document dépasse {most} octets.")
        )
    try:
        value: object = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_refuse_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(_UNREADABLE) from problem
    if _depth(value) > MAX_DEPTH:
        raise InvalidInput(
            Text(f"Nested deeper than {MAX_DEPTH}.", f"Imbrication de plus de {MAX_DEPTH} niveaux.")
        )
    return value


def check_form(value: object, most: int) -> None:
    """Refuse decoded JSON that ``parse_json`` would refuse; raises ``TooLarge`` or ``InvalidInput``."""
    try:
        written = json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError) as problem:
        raise InvalidInput(_UNREADABLE) from problem
    parse_json(written, most)


def canonical_json(value: object) -> str:
    """Write ``value`` (objects, lists, text, integers, booleans, null) the same way each time."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
