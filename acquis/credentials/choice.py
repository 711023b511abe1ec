"""What a request leaves to the learner, and what one learner chose of it.

AnonCreds knows no optional referents: a wallet that understands our link says which competencies,
and whether the name, it will prove, and receives a request for exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acquis.credentials.wire import Node
from acquis.text import Text

MAX_CHOSEN = 100
_GROUP = r"c[1-9][0-9]{0,2}"


class NameAsked(StrEnum):
    """Whether the learner's name is asked for; every member is true, so compare, never test."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Choice:
    """The competencies a learner will prove, by the ids of their groups, and whether the name.

    The ids are those of the full request and kept in its order, so equal choices are equal.
    """

    competencies: tuple[str, ...]
    learner_name: bool = False

    def __post_init__(self) -> None:
        ordered = sorted(self.competencies, key=lambda each: (len(each), each))
        object.__setattr__(self, "competencies", tuple(ordered))

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"competencies": list(self.competencies), "learner_name": self.learner_name}


def parse_choice(content: object) -> Choice:
    """Read ``Choice.content()`` back, from anybody; raises ``InvalidInput``.

    Whether a request allows it is another question: ``PresentationRequest.check_choice``.
    """
    node = Node(content, "choice")
    node.refuse_others(("competencies", "learner_name"))
    says = Text("the id of a competency, like c1", "le numéro d’une compétence, comme c1")
    return Choice(
        tuple(
            each.matching(_GROUP, says, 10)
            for each in node.member("competencies").elements(MAX_CHOSEN)
        ),
        node.member("learner_name").boolean(),
    )


def parse_name_asked(node: Node) -> NameAsked:
    """Read whether the name is asked for; true and false are how it was written before."""
    if isinstance(node.value, bool):
        return NameAsked.REQUIRED if node.value else NameAsked.NO
    return NameAsked(node.one_of(each.value for each in NameAsked))
