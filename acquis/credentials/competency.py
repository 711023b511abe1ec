"""One learning outcome, and the key by which everybody addresses it.

A key is ``<framework>_<code>`` in lower case, letters a-z, digits, ``-`` and ``_`` only (no
colon: restriction parsers split on it). The same competency has the same key at every
institution, so that an employer can ask for it without knowing whose credential it sits in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.wire import Node
from acquis.credentials.words import Words, parse_optional_words, parse_words
from acquis.errors import InvalidInput, NotFound
from acquis.text import Text
from schemas import LevelScale, framework_names, level_scale_names, load_framework, load_level_scale

__all__ = ["Competency", "CompetencyKey", "LevelScale", "key_of", "known_label", "parse_competency"]

_FRAMEWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,95}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ESCO_PREFIX = "http://data.europa.eu/esco/skill/"
_RNCP = re.compile(r"[0-9]{1,6}-bc[0-9]{1,3}(?:-c[0-9]{1,3})?")


def _not_a_key(en: str, fr: str) -> InvalidInput:
    return InvalidInput(
        Text(
            f"This is not the key of a competency: {en}",
            f"Ceci n’est pas la clé d’une compétence : {fr}",
        )
    )


@dataclass(frozen=True, slots=True, order=True)
class CompetencyKey:
    """A competency's framework and code; ``str(key)`` is the name of its attribute."""

    framework: str
    code: str

    def __post_init__(self) -> None:
        if not _FRAMEWORK.fullmatch(self.framework) or not _CODE.fullmatch(self.code):
            raise _not_a_key(
                "expected <framework>_<code>, lower case, a-z 0-9 - _ only.",
                "<référentiel>_<code> attendu, en minuscules, a-z 0-9 - _ seulement.",
            )
        if str(self) in COMMON_ATTRIBUTES:
            raise _not_a_key("it names another attribute.", "c’est le nom d’un autre attribut.")
        if self.framework == "esco" and not _UUID.fullmatch(self.code):
            raise _not_a_key("an ESCO code is a UUID.", "un code ESCO est un UUID.")
        if self.framework == "own" and not re.fullmatch(r"[0-9a-f]{16}", self.code):
            raise _not_a_key(
                "an in-house code is 16 hex digits.", "un code interne a 16 chiffres hexadécimaux."
            )
        if self.framework == "rncp" and not _RNCP.fullmatch(self.code):
            raise _not_a_key(
                "expected rncp_<fiche>-bc<n>-c<n>.", "rncp_<fiche>-bc<n>-c<n> attendu."
            )

    def __str__(self) -> str:
        return f"{self.framework}_{self.code}"

    @classmethod
    def parse(cls, name: str) -> CompetencyKey:
        """Read ``esco_ccd0a1d9-…``; raises ``InvalidInput``."""
        framework, _, code = name.partition("_")
        return cls(framework, code)


def key_of(framework: str, code: str) -> CompetencyKey:
    """Return the key of a competency from its framework and its code or URI.

    ``esco``: the UUID or the skill's URI. ``rncp``: ``37837-BC01-C3``, with or without the
    leading RNCP. ``own``: the competency's URI, digested. Others: the code in lower case.
    Raises ``InvalidInput``.
    """
    framework, given = framework.strip().lower(), code.strip()
    match framework:
        case "own":
            if not re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", given):
                raise _not_a_key(
                    "an in-house competency has a URI.", "une compétence interne a une URI."
                )
            return CompetencyKey("own", sha256(given.encode()).hexdigest()[:16])
        case "esco":
            return CompetencyKey("esco", given.removeprefix(_ESCO_PREFIX).lower())
        case "rncp":
            return CompetencyKey("rncp", given.lower().removeprefix("rncp"))
        case _:
            return CompetencyKey(framework, given.lower())


def known_label(key: str) -> Text | None:
    """Return the label of a competency of the frameworks we ship, or None."""
    framework, _, code = key.partition("_")
    if framework not in framework_names():
        return None
    found = load_framework(framework).competencies.get(code)
    return None if found is None else found.label


@dataclass(frozen=True, slots=True)
class Competency:
    """One learning outcome of an achievement, aligned to a framework.

    ``level`` is what this award attests unless the award says otherwise, on ``level_scale``.
    """

    name: Words
    framework: str
    code: str
    uri: str
    level_scale: str
    level: int
    statement: Words | None = None

    @property
    def key(self) -> CompetencyKey:
        """The key of this competency."""
        return key_of(self.framework, self.uri if self.framework == "own" else self.code)

    @property
    def scale(self) -> LevelScale:
        """The scale on which its levels are counted."""
        return load_level_scale(self.level_scale)

    def level_name(self, level: int) -> Text | None:
        """Return the name of ``level`` on this competency's scale, or None."""
        return self.scale.levels.get(level)

    def content(self) -> dict[str, object]:
        """Return the JSON form, in the words of Open Badges 3.0."""
        content: dict[str, object] = {
            "name": self.name.content(),
            "alignment": {
                "targetFramework": self.framework,
                "targetCode": self.code,
                "targetUrl": self.uri,
            },
            "levelScale": self.level_scale,
            "level": self.level,
        }
        if self.statement is not None:
            content["statement"] = self.statement.content()
        return content


def _parse_uri(node: Node) -> str:
    return node.matching(
        r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", Text("an absolute URI", "une URI absolue")
    )


def parse_competency(node: Node) -> Competency:
    """Read one competency; raises ``InvalidInput`` with the place and what was expected."""
    node.refuse_others(("name", "statement", "alignment", "levelScale", "level"))
    alignment = node.member("alignment")
    alignment.refuse_others(("targetFramework", "targetCode", "targetUrl"))
    scale_name = node.member("levelScale").one_of(level_scale_names())
    scale: Mapping[int, Text] = load_level_scale(scale_name).levels
    competency = Competency(
        name=parse_words(node.member("name")),
        statement=parse_optional_words(node, "statement", 4_000),
        framework=alignment.member("targetFramework").text(32),
        code=alignment.member("targetCode").text(200),
        uri=_parse_uri(alignment.member("targetUrl")),
        level_scale=scale_name,
        level=node.member("level").integer(min(scale), max(scale)),
    )
    try:
        key = competency.key
    except InvalidInput as problem:
        alignment.refuse(problem.says.en, problem.says.fr)
    if key.framework != competency.framework:
        alignment.refuse(
            "the framework is written in lower case.", "le référentiel s’écrit en minuscules."
        )
    if key.framework == "esco" and competency.uri != f"{_ESCO_PREFIX}{key.code}":
        alignment.refuse("the ESCO code and its URI differ.", "le code ESCO et son URI diffèrent.")
    return competency


def resolve_known_competency(framework: str, code: str, level: int) -> Competency:
    """Return a competency of a framework we ship, at ``level``; raises ``NotFound``."""
    shipped = load_framework(framework)
    found = shipped.competencies.get(code)
    if found is None:
        raise NotFound(
            Text(
                f"The framework {framework} we ship has no competency {code[:80]}.",
                f"Le référentiel {framework} fourni n’a pas de compétence {code[:80]}.",
            )
        )
    return Competency(
        Words(found.label.en, found.label.fr),
        framework,
        found.code,
        found.uri,
        shipped.level_scale,
        level,
    )
