"""What the host refuses besides what the strict reader refuses, each with the rule it names."""

from __future__ import annotations

from typing import ClassVar

from acquis.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from acquis.registry.rules import Rule
from acquis.text import Text


class NotGranted(NotAllowed):
    """The operator has not granted the folder."""

    rule: ClassVar[Rule] = Rule.GRANTED

    def __init__(self, folder: str) -> None:
        super().__init__(
            Text(
                f"The folder {folder} was not granted by the operator of this registry.",
                f"Le dossier {folder} n’a pas été accordé par l’exploitant de ce registre.",
            )
        )


class GrantedToAnother(NotAllowed):
    """The operator has granted the folder to another DID."""

    rule: ClassVar[Rule] = Rule.GRANTED

    def __init__(self, folder: str) -> None:
        super().__init__(
            Text(
                f"The folder {folder} was granted to another DID.",
                f"Le dossier {folder} a été accordé à un autre DID.",
            )
        )


class LogMissing(NotFound):
    """A resource was put where no DID log stands."""

    rule: ClassVar[Rule] = Rule.LOG_FIRST

    def __init__(self, folder: str) -> None:
        super().__init__(
            Text(
                f"No DID log stands in {folder}; publish it first.",
                f"Aucun journal de DID dans {folder} ; publiez-le d’abord.",
            )
        )


class TagMissing(Conflict):
    """Something stands there; replacing it needs the tag of what stands."""

    code = "precondition-required"
    title = Text("The tag of what stands is needed", "L’étiquette de l’existant est nécessaire")
    rule: ClassVar[Rule] = Rule.TAG


class TagStale(Conflict):
    """Something else stands there than the writer had seen."""

    code = "precondition-failed"
    title = Text("Something else stands there by now", "Autre chose s’y trouve désormais")
    rule: ClassVar[Rule] = Rule.TAG


class BodyTooLarge(TooLarge):
    """More bytes came than this address takes."""

    rule: ClassVar[Rule] = Rule.SIZE

    def __init__(self, most: int) -> None:
        super().__init__(
            Text(
                f"At most {most} bytes are accepted here.",
                f"{most} octets au plus sont acceptés ici.",
            )
        )


class TooSlow(InvalidInput):
    """The document did not arrive in time."""

    rule: ClassVar[Rule] = Rule.IN_TIME

    def __init__(self) -> None:
        super().__init__(
            Text(
                "The document took too long to arrive.",
                "Le document a mis trop longtemps à arriver.",
            )
        )


class NoTails(InvalidInput):
    """The form holds no file named tails."""

    rule: ClassVar[Rule] = Rule.TAILS_FORM

    def __init__(self) -> None:
        super().__init__(
            Text(
                "A multipart form with one file named tails was expected.",
                "Un formulaire multipart avec un fichier nommé tails était attendu.",
            )
        )
