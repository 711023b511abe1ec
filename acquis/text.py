"""A sentence for people, in the two languages of the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type Language = Literal["en", "fr"]

LANGUAGES: tuple[Language, ...] = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in English and in French; never holds a claim, a token or a secret."""

    en: str
    fr: str

    def in_language(self, language: str) -> str:
        """Return the sentence in ``language``; English when it is neither ``en`` nor ``fr``."""
        return self.fr if language == "fr" else self.en

    def __str__(self) -> str:
        return self.en
