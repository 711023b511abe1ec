"""Words for people as an institution writes them: in English, in French, or in both."""

from __future__ import annotations

from dataclasses import dataclass

from acquis.credentials.wire import Node
from acquis.text import Text


@dataclass(frozen=True, slots=True)
class Words:
    """A language map of Open Badges 3.0 limited to our two languages; at least one is there."""

    en: str | None = None
    fr: str | None = None

    def __post_init__(self) -> None:
        if not self.en and not self.fr:
            raise ValueError("words need at least one language")

    @property
    def text(self) -> Text:
        """These words in both languages; a missing one is shown in the other."""
        return Text(self.en or self.fr or "", self.fr or self.en or "")

    def content(self) -> dict[str, str]:
        """Return the JSON form."""
        both = {"en": self.en, "fr": self.fr}
        return {language: said for language, said in both.items() if said}


def parse_words(node: Node, most: int = 500) -> Words:
    """Read a language map (``en``, ``fr``, at least one); raises ``InvalidInput``."""
    node.refuse_others(("en", "fr"))
    found = {name: each.text(most) for name, each in node.members().items()}
    if not found:
        node.refuse(
            "words in English or French are missing.",
            "il manque un texte en anglais ou en français.",
        )
    return Words(**found)


def parse_optional_words(node: Node, name: str, most: int = 500) -> Words | None:
    """Read the language map at ``name`` when there is one."""
    found = node.optional(name)
    return None if found is None else parse_words(found, most)
