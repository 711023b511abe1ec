"""One JSON object the agent answered, read field by field into types.

A field that is not what the API's schema promises makes the agent `Unavailable`: whatever answered
does not speak our language. The field's name is told, its value never is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from acquis.errors import Unavailable
from acquis.text import Text


class Answer:
    """A JSON object from the agent; ``about`` says what was asked, for messages."""

    __slots__ = ("_value", "about")

    def __init__(self, value: object, about: str) -> None:
        self.about = about
        if not isinstance(value, dict):
            raise self._unexpected("$")
        self._value = cast("dict[str, object]", value)

    def text(self, name: str) -> str:
        """Return the non-empty text ``name``."""
        if found := self.optional_text(name):
            return found
        raise self._unexpected(name)

    def optional_text(self, name: str) -> str | None:
        """Return the text ``name``; None when it is absent or null."""
        found = self._value.get(name)
        if found is None or isinstance(found, str):
            return found
        raise self._unexpected(name)

    def optional_number(self, name: str) -> int | None:
        """Return the whole number ``name``, also when written as text; None when absent."""
        found = self._value.get(name)
        if isinstance(found, str) and found.isascii() and found.isdecimal():
            return int(found)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        raise self._unexpected(name)

    def flag(self, name: str) -> bool:
        """Return the truth value ``name``; false when it is absent."""
        found = self._value.get(name, False)
        if isinstance(found, bool):
            return found
        raise self._unexpected(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the list of texts ``name``; a bare text is one, an absent list is empty."""
        found = self._value.get(name) or []
        if isinstance(found, str):
            return (found,)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return tuple(found)
        raise self._unexpected(name)

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return the list of whole numbers ``name``, also when written as texts."""
        found = self._value.get(name) or []
        if isinstance(found, list):
            return tuple(int(item) for item in found if str(item).isdecimal())
        raise self._unexpected(name)

    def text_map(self, name: str) -> dict[str, str]:
        """Return the object of texts ``name``; empty when it is absent."""
        found = self._value.get(name) or {}
        if isinstance(found, dict) and all(isinstance(item, str) for item in found.values()):
            return dict(found)
        raise self._unexpected(name)

    def foreign(self, *names: str) -> object:
        """Return what somebody else wrote, found by following ``names``: anything, None if absent."""
        found: object = self._value
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def inside(self, *names: str) -> Answer:
        """Return the object found by following ``names``; an empty one when it is absent."""
        found = self.foreign(*names)
        return Answer(found if found is not None else {}, self.about)

    def each(self, name: str) -> Iterator[Answer]:
        """Yield the objects of the list ``name``."""
        found = self._value.get(name) or []
        if not isinstance(found, list):
            raise self._unexpected(name)
        for item in found:
            yield Answer(item, self.about)

    def document(self) -> Mapping[str, object]:
        """Return the object as it is, for documents that are passed on whole."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def _unexpected(self, name: str) -> Unavailable:
        return Unavailable(
            Text(
                f"The agent's answer to {self.about} is not of the expected form at “{name}”",
                f"La réponse de l’agent à {self.about} n’a pas la forme attendue à « {name} »",
            )
        )
