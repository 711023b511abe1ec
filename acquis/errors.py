"""What can go wrong, named by meaning and said in both languages.

The tree (a service maps each branch to one HTTP status in ``acquis.service.problems``)::

    AcquisError
    ├── InvalidInput          what was given cannot be read or breaks a rule
    │   └── TooLarge          … because it is over a stated limit
    ├── NotSignedIn           nobody is known to be asking
    ├── NotAllowed            who asks may not do this
    ├── NotFound              there is no such thing
    ├── Expired               there was, but its time is over
    ├── Conflict              it contradicts what already stands
    │   ├── AlreadyUsed       … it could be used once, and was
    │   └── IllegalTransition … an exchange cannot go from here to there
    ├── Untrusted             a document failed a check of signature, digest or form
    └── Unavailable           a peer that is needed does not answer; trying later may work
"""

from __future__ import annotations

from typing import ClassVar

from acquis.text import Text


class AcquisError(Exception):
    """The root: ``says`` tells people what happened, ``code`` is stable for machines."""

    code: ClassVar[str] = "error"
    title: ClassVar[Text] = Text("Something went wrong", "Une erreur est survenue")

    def __init__(self, says: Text | None = None) -> None:
        self.says = says or self.title
        super().__init__(self.says.en)


class InvalidInput(AcquisError):
    """What was given cannot be read or breaks a rule."""

    code = "invalid-input"
    title = Text("This cannot be read", "Ceci ne peut pas être lu")


class TooLarge(InvalidInput):
    """What was given is over a stated limit."""

    code = "too-large"
    title = Text("This is too large", "Ceci est trop volumineux")


class NotSignedIn(AcquisError):
    """Nobody is known to be asking."""

    code = "not-signed-in"
    title = Text("Sign in first", "Connectez-vous d’abord")


class NotAllowed(AcquisError):
    """Who asks may not do this."""

    code = "not-allowed"
    title = Text("This is not allowed", "Ceci n’est pas autorisé")


class NotFound(AcquisError):
    """There is no such thing."""

    code = "not-found"
    title = Text("This does not exist", "Ceci n’existe pas")


class Expired(AcquisError):
    """There was such a thing, but its time is over."""

    code = "expired"
    title = Text("This has expired", "Ceci a expiré")


class Conflict(AcquisError):
    """It contradicts what already stands."""

    code = "conflict"
    title = Text("This contradicts what already stands", "Ceci contredit ce qui existe déjà")


class AlreadyUsed(Conflict):
    """It could be used once, and was."""

    code = "already-used"
    title = Text("This has already been used", "Ceci a déjà été utilisé")


class IllegalTransition(Conflict):
    """An exchange cannot go from where it stands to what was observed."""

    code = "illegal-transition"
    title = Text("The exchange cannot go there", "L’échange ne peut pas en venir là")


class Untrusted(AcquisError):
    """A document failed a check of signature, digest or form."""

    code = "untrusted"
    title = Text("This document cannot be trusted", "Ce document n’est pas digne de confiance")


class Unavailable(AcquisError):
    """A peer that is needed does not answer; trying later may work."""

    code = "unavailable"
    title = Text("A service that is needed does not answer", "Un service nécessaire ne répond pas")
