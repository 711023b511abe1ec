"""A saved presentation: what was asked, and what was answered, in one file that can be kept.

It holds what the learner showed and nothing about how it was judged: whoever has it judges it anew.
It does not say who asked or who answered: the nonce in it is fresh for whoever made the request
and for nobody else, so that a presentation handed on proves nothing about who hands it on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from acquis.credentials.choice import Choice, parse_choice
from acquis.credentials.request import PresentationRequest, parse_presentation_request
from acquis.credentials.wire import Node

TYPE: Final = "AcquisSavedPresentation"
MAX_BYTES: Final = 8 * 1024 * 1024

_MEMBERS: Final = (
    *("type", "version", "request", "proof_request", "presentation", "choice", "saved_at"),
)


@dataclass(frozen=True, slots=True, repr=False)
class SavedPresentation:
    """A presentation as it was kept; ``proof_request`` and ``presentation`` are unchecked JSON.

    ``choice`` is what the learner chose where that was left to them; ``saved_at`` is in Unix
    seconds and nobody's word but the file's.
    """

    request: PresentationRequest
    proof_request: object
    presentation: object
    choice: Choice | None
    saved_at: int

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "type": TYPE,
            "version": 1,
            "request": self.request.content(),
            "proof_request": self.proof_request,
            "presentation": self.presentation,
            "choice": None if self.choice is None else self.choice.content(),
            "saved_at": self.saved_at,
        }


def parse_saved_presentation(content: object) -> SavedPresentation:
    """Read ``SavedPresentation.content()`` back, from anybody; raises ``InvalidInput``.

    Proof request and presentation must be objects; what is in them is read by whoever judges.
    """
    node = Node(content, "saved presentation")
    node.refuse_others(_MEMBERS)
    node.member("type").one_of((TYPE,))
    node.member("version").integer(1, 1)
    choice = node.optional("choice")
    asked, answered = node.member("proof_request"), node.member("presentation")
    request = parse_presentation_request(_object(node.member("request")))
    chosen = None if choice is None else parse_choice(choice.value)
    if chosen is not None:
        request.check_choice(chosen)
    return SavedPresentation(
        request, _object(asked), _object(answered), chosen, node.member("saved_at").integer()
    )


def parse_expected_request(content: object) -> PresentationRequest:
    """Read a request by itself, or the one in a saved presentation; raises ``InvalidInput``."""
    node = Node(content, "expected request")
    kind = node.optional("type")
    if kind is not None:
        kind.one_of((TYPE,))
        node = node.member("request")
    return parse_presentation_request(_object(node))


def _object(node: Node) -> Mapping[str, object]:
    return {name: each.value for name, each in node.members().items()}
