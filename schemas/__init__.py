"""The contract of the ecosystem: data, and the loader that reads it.

Every file is read once, checked for shape while it is turned into a frozen type, and kept.
Nothing is looked up by a path somebody gave: a name that is not in the list of files is
``NotFound``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from acquis.errors import NotFound
from acquis.text import Text

VOCABULARIES = (
    "achievement-type",
    "assessment",
    "assurance",
    "field-of-study",
    "identity-verification",
    "issuing-date",
    "learner-identification",
    "participation",
    "qualification-framework",
    "stackability",
    "status-reason",
    "workload-unit",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A code list: each code with its label, in the order of the file."""

    id: str
    name: Text
    codes: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class LevelScale:
    """A scale of levels: integers from 1, each with its name."""

    id: str
    name: Text
    levels: Mapping[int, Text]


@dataclass(frozen=True, slots=True)
class FrameworkCompetency:
    """One competency as its framework publishes it; ``description`` is in English."""

    code: str
    uri: str
    label: Text
    description: str


@dataclass(frozen=True, slots=True)
class Framework:
    """A competency framework: where it comes from and what we ship of it."""

    id: str
    name: Text
    source: str
    release: str
    attribution: str
    level_scale: str
    competencies: Mapping[str, FrameworkCompetency]


def _names(folder: str) -> tuple[str, ...]:
    suffix = ".json"
    found = (entry.name for entry in _folder(folder).iterdir())
    return tuple(sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix)))


def _folder(folder: str) -> Traversable:
    return files(__name__).joinpath(folder)


def _load_json(folder: str, name: str) -> dict[str, object]:
    if name not in _names(folder):
        raise NotFound(
            Text(
                f"There is no file “{name[:80]}” under schemas/{folder}.",
                f"Il n’y a pas de fichier « {name[:80]} » dans schemas/{folder}.",
            )
        )
    content = json.loads(_folder(folder).joinpath(name + ".json").read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"schemas/{folder}/{name}.json is not an object")
    return content


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a file under schemas/ holds something else than an object")
    return value


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        raise TypeError("a file under schemas/ holds something else than a list")
    return [_object(each) for each in value]


def _text(value: object) -> Text:
    words = _object(value)
    return Text(str(words["en"]), str(words["fr"]))


@cache
def load_vocabulary(name: str) -> Vocabulary:
    """Return the code list ``name`` (one of ``VOCABULARIES``); ``NotFound`` when there is none."""
    content = _load_json("vocabularies", name)
    codes = {str(each["code"]): _text(each["label"]) for each in _objects(content["codes"])}
    return Vocabulary(str(content["id"]), _text(content["name"]), MappingProxyType(codes))


@cache
def load_level_scale(name: str) -> LevelScale:
    """Return the level scale ``name``, for instance ``dreyfus``; ``NotFound`` when there is none."""
    content = _load_json("frameworks/levels", name)
    levels = {int(str(each["level"])): _text(each["label"]) for each in _objects(content["levels"])}
    return LevelScale(str(content["id"]), _text(content["name"]), MappingProxyType(levels))


@cache
def load_framework(name: str) -> Framework:
    """Return the framework ``name``, for instance ``esco``; ``NotFound`` when there is none."""
    content = _load_json("frameworks", name)
    competencies = {}
    for each in _objects(content["competencies"]):
        competencies[str(each["code"])] = FrameworkCompetency(
            str(each["code"]),
            str(each["uri"]),
            _text(each["label"]),
            str(_object(each["description"])["en"]),
        )
    return Framework(
        str(content["id"]),
        _text(content["name"]),
        str(content["source"]),
        str(content["release"]),
        str(content["attribution"]),
        str(content["level_scale"]),
        MappingProxyType(competencies),
    )


@cache
def framework_names() -> tuple[str, ...]:
    """Return the names of the frameworks we know how to write keys for."""
    return _names("frameworks")


@cache
def level_scale_names() -> tuple[str, ...]:
    """Return the names of the level scales."""
    return _names("frameworks/levels")


@cache
def example_names() -> tuple[str, ...]:
    """Return the names of the examples of achievements."""
    return _names("achievements")


def load_example(name: str) -> dict[str, object]:
    """Return a fresh copy of the example achievement ``name``; ``NotFound`` when there is none."""
    return _load_json("achievements", name)


def load_document_schema(name: str) -> dict[str, object]:
    """Return the JSON Schema of the public document ``name``, for instance ``achievement``."""
    return _load_json("documents", f"{name}.schema")
