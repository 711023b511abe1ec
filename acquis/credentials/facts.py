"""What is known of one exchange when it is verified: what was asked, what was answered, what the agent said."""

from __future__ import annotations

from dataclasses import dataclass

from acquis.credentials.choice import Choice
from acquis.credentials.presentation import Presentation, Value, canonical_name
from acquis.credentials.proof_request import AskedGroup, AskedItems, AskedPredicate
from acquis.credentials.request import CompetencyRequest, PresentationRequest

_LAST_SECOND = 253_402_300_799  # of the year 9999


@dataclass(frozen=True, slots=True)
class AgentVerdict:
    """What the agent's cryptographic check said: true, false, or nothing (None); and its warnings."""

    verified: bool | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeBinding:
    """By what an answer is tied to the exchange that it is taken for; each an opaque digest.

    ``thread_expected`` is the thread of the request we made, ``thread_seen`` the one the answer
    came on; ``session_expected`` the browser in which it was asked, ``session_seen`` the browser
    in which the code that was scanned was shown. None is not known, and never counts as the same.
    """

    thread_expected: str | None = None
    thread_seen: str | None = None
    session_expected: str | None = None
    session_seen: str | None = None


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """One exchange, ready to be verified.

    ``asked`` is the request we built and kept, for what the learner chose where there was a
    ``choice`` (None: it is for everything in ``request``); ``answered`` the request the agent says
    it verified against. ``exchange`` ties the answer to one exchange; a presentation read from a
    file has none. ``status_at`` (Unix seconds) is the moment whose revocation lists and dates
    count: None for the moment of asking, later when an old presentation is looked at again.
    ``validity_required`` is set where ``request`` is anybody's word: that it does not ask whether an
    award is still valid is then no reason to accept one that is not.
    """

    request: PresentationRequest
    asked: AskedItems
    answered: AskedItems
    presentation: Presentation
    agent: AgentVerdict
    status_at: int | None = None
    choice: Choice | None = None
    exchange: ExchangeBinding = ExchangeBinding()
    validity_required: bool = False

    @property
    def asked_at(self) -> int | None:
        """When it was asked: the ``to`` of the non-revocation interval; None when no day has it."""
        return None if self.asked.non_revoked is None else _dated(self.asked.non_revoked.to)

    @property
    def judged_at(self) -> int | None:
        """The moment whose revocation lists and dates count."""
        if self.asked_at is None or self.status_at is None:
            return self.asked_at
        return _dated(max(self.asked_at, self.status_at))

    def answers(self) -> tuple[Answer, ...]:
        """Return one ``Answer`` per competency asked (of those chosen), in order."""
        groups = {each.id: each for each in self.asked.groups()}
        return tuple(
            Answer(self, asked, groups.get(group, AskedGroup(group, (), ())))
            for group, asked in self.request.competencies_of(self.choice)
        )


def _dated(moment: int | None) -> int | None:
    return None if moment is None or moment > _LAST_SECOND else moment


@dataclass(frozen=True, slots=True)
class Answer:
    """What the presentation answers to one competency asked; nothing of it is verified."""

    facts: ExchangeFacts
    asked: CompetencyRequest
    group: AskedGroup

    @property
    def subject(self) -> str:
        """The group's id, for the checks."""
        return self.group.id

    @property
    def referents(self) -> tuple[str, ...]:
        """Every referent of the group."""
        attributes = tuple(each.referent for each in self.group.attributes)
        return attributes + tuple(each.referent for each in self.group.predicates)

    @property
    def credentials(self) -> frozenset[int]:
        """The numbers of the credentials its referents are answered from."""
        return self.facts.presentation.credentials_of(self.referents)

    @property
    def credential(self) -> int | None:
        """The number of the one credential; None when there are several or none."""
        found = self.credentials
        return next(iter(found)) if len(found) == 1 else None

    @property
    def issuer(self) -> str | None:
        """The DID its credential definition is named under; None without one credential."""
        if self.credential is None:
            return None
        identifier = self.facts.presentation.identifiers[self.credential]
        return identifier.credential_definition_id.partition("/resources/")[0]

    def value(self, name: str) -> Value | None:
        """Return the value shown for the attribute ``name``, or None."""
        for asked in self.group.attributes:
            shown = self.facts.presentation.shown.get(asked.referent)
            if shown is None:
                continue
            for at in asked.names:
                if canonical_name(at) == canonical_name(name):
                    return shown.values.get(at if asked.together else "")
        return None

    def comparisons(self, name: str) -> tuple[AskedPredicate, ...]:
        """Return the comparisons asked about ``name`` that the presentation answers."""
        return tuple(
            each
            for each in self.group.predicates
            if canonical_name(each.name) == canonical_name(name)
            and each.referent in self.facts.presentation.proved
        )

    def least(self, name: str) -> int | None:
        """Return the highest bound b such that ``name`` ≥ b is answered, or None."""
        bounds = [
            each.bound if each.relation == ">=" else each.bound + 1
            for each in self.comparisons(name)
            if each.relation in (">=", ">")
        ]
        return max(bounds, default=None)
