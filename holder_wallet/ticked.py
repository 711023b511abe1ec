"""What a learner picked and ticked on the consent page, in its form and in its address alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from acquis.credentials.choice import MAX_CHOSEN, Choice

PICK: Final = "pick_"
CHOOSING: Final = "choosing"
PROVE: Final = "prove"
NAME: Final = "name"
READ: Final = "read"

_GROUP: Final = re.compile(r"c[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Ticked:
    """``picks`` say which credential (group id → credential id); ``choice`` is None where none is made.

    ``read`` is the choice that the page told the learner about, in one word (see `word_of`).
    """

    picks: Mapping[str, str] = field(default_factory=dict)
    choice: Choice | None = None
    read: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the words that stood on the page were about what is ticked."""
        return self.choice is None or self.read == word_of(self.choice)

    def query(self) -> str:
        """Return the query of a page that shows this."""
        pairs = [(f"{PICK}{group}", chosen) for group, chosen in self.picks.items()]
        if self.choice is not None:
            pairs += [(CHOOSING, "1"), *((PROVE, each) for each in self.choice.competencies)]
            pairs += [(NAME, "1")] if self.choice.learner_name else []
        return urlencode(pairs)


def parse_ticked(pairs: Iterable[tuple[str, object]]) -> Ticked:
    """Read the fields of a form or a query; what is no field of ours is as good as absent."""
    given = [(name, value) for name, value in pairs if isinstance(value, str)]
    once = dict(given)
    picks = {name.removeprefix(PICK): value for name, value in given if name.startswith(PICK)}
    if CHOOSING not in once:
        return Ticked(picks)
    groups = [value for name, value in given if name == PROVE and _GROUP.fullmatch(value)]
    proved = tuple(dict.fromkeys(groups))[:MAX_CHOSEN]
    return Ticked(picks, Choice(proved, NAME in once), once.get(READ, ""))


def word_of(choice: Choice) -> str:
    """Return a choice in one word."""
    return " ".join([*choice.competencies, *([NAME] if choice.learner_name else [])])
