"""The competencies an employer can look for: a search over the frameworks we ship.

Case, accents and ligatures do not count, and the words may be of either language: "évaluation",
"EVALUATION" and "quality assess" all lead to "data quality assessment".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from acquis.credentials.competency import CompetencyKey, LevelScale
from acquis.text import Text
from schemas import FrameworkCompetency, framework_names, load_framework, load_level_scale

_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae"})
_PART_OF_WORDS: Final = "+#"  # C++ and C# are names
_LONGEST_HINT: Final = 110
_FRAMEWORK: Final = 32


@dataclass(frozen=True, slots=True)
class Known:
    """A competency of a framework we ship; ``scale`` is what its levels are counted on."""

    key: CompetencyKey
    label: Text
    hint: Text
    scale: LevelScale


@dataclass(frozen=True, slots=True)
class _Searched:
    known: Known
    labels: tuple[str, str]
    everything: str
    names: tuple[str, ...]


def find_known(key: str) -> Known | None:
    """Return the competency with this key, or None when no framework of ours has it."""
    framework, _, code = key.partition("_")
    if len(framework) > _FRAMEWORK or framework not in framework_names():
        return None
    found = load_framework(framework).competencies.get(code)
    return None if found is None else _build(framework, found)


def search(words: str) -> tuple[Known, ...]:
    """Return the competencies that ``words`` lead to, the nearest first; all when none are given.

    A name that begins with the words comes first, then names in which each begins a word, then
    names that hold them anywhere, then descriptions. A key or an address finds its competency.
    """
    wanted = plain(words).split()
    if not wanted:
        return () if words.strip() else tuple(each.known for each in _index())
    ranked = sorted(
        (rank, number)
        for number, each in enumerate(_index())
        if (rank := _rank(each, wanted)) is not None
    )
    return tuple(_index()[number].known for _, number in ranked)


def plain(text: str) -> str:
    """Return ``text`` without case, accents, ligatures and punctuation, its words single-spaced."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    kept = (
        each if each.isalnum() or each in _PART_OF_WORDS else " "
        for each in folded
        if not unicodedata.combining(each)
    )
    return " ".join("".join(kept).split())


def _rank(each: _Searched, wanted: list[str]) -> int | None:
    whole = " ".join(wanted)
    if whole in each.names or any(label.startswith(whole) for label in each.labels):
        return 0
    for label in each.labels:
        padded = f" {label}"
        if all(f" {word}" in padded for word in wanted):
            return 1
    if any(all(word in label for word in wanted) for label in each.labels):
        return 2
    return 3 if all(word in each.everything for word in wanted) else None


@cache
def _index() -> tuple[_Searched, ...]:
    return tuple(_each_searched())


def _each_searched() -> Iterator[_Searched]:
    for framework in framework_names():
        for found in load_framework(framework).competencies.values():
            known = _build(framework, found)
            labels = plain(found.label.en), plain(found.label.fr)
            names = tuple(map(plain, (str(known.key), found.code, found.uri)))
            everything = " ".join((*labels, plain(found.description)))
            yield _Searched(known, labels, everything, names)


def _build(framework: str, found: FrameworkCompetency) -> Known:
    name, label = framework.upper(), found.label
    in_english = "" if label.en == label.fr else f" · en anglais : {label.en}"
    return Known(
        key=CompetencyKey(framework, found.code),
        label=label,
        hint=Text(f"{name} · {_cut(found.description)}", f"{name}{in_english}"),
        scale=load_level_scale(load_framework(framework).level_scale),
    )


def _cut(sentence: str) -> str:
    if len(sentence) <= _LONGEST_HINT:
        return sentence
    return sentence[:_LONGEST_HINT].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
