"""What a receipt says and how far it is to be believed, for a terminal or for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from acquis.credentials.dates import moment_in_words
from acquis.credentials.policy import parse_decision
from acquis.credentials.report import Aspect, Outcome
from acquis.text import Language, Text
from verifier.judgement_words import STATUS, plain, write_aspect, write_decision, write_outcome
from verifier.receipt import Reading

_FORGED: Final = Text(
    "REFUSED\nThis receipt is not what was signed, or was signed by another key than it names.",
    "REFUSÉ\nCe reçu n’est pas ce qui a été signé, ou une autre clé que celle nommée l’a signé.",
)
_ANOTHER_KEY: Final = Text(
    "REFUSED\nThis receipt was signed, but not by the key that you expect.",
    "REFUSÉ\nCe reçu est signé, mais pas par la clé que vous attendez.",
)
_KEY_UNKNOWN: Final = Text(
    "Whose key this is, you must know: anybody can make one and give it any name. Give the key that"
    " the verifier told you with --key.",
    "À qui est cette clé, c’est à vous de le savoir : chacun peut en faire une et lui donner tout"
    " nom. Donnez avec --key la clé que le vérificateur vous a indiquée.",
)
_KEY_KNOWN: Final = Text(
    "It is the key that you gave; a receipt is worth as much as you know whose that is.",
    "C’est la clé que vous avez donnée ; un reçu vaut ce que vous savez de son détenteur.",
)
_SAYS: Final = Text("What the receipt says:", "Ce que dit le reçu :")


def write_reading(found: Reading, language: Language) -> Iterator[str]:
    """Yield the lines for a terminal; of a receipt that is not genuine, nothing of what it says."""

    def say(text: Text) -> str:
        return text.in_language(language)

    if found.signature is not Outcome.VALID:
        yield say(_FORGED)
        if found.problem is not None:
            yield plain(say(found.problem))
        return
    if found.known is Outcome.INVALID:
        yield say(_ANOTHER_KEY)
        yield plain(found.key)
        return
    signed_by = Text("The signature holds. Signed by", "La signature est valable. Signé par")
    named = Text("which calls itself", "qui se dit")
    yield f"{say(signed_by)} {plain(found.key)}, {say(named)} “{_name(found)}”."
    yield say(_KEY_KNOWN if found.known is Outcome.VALID else _KEY_UNKNOWN)
    yield ""
    yield say(_SAYS)
    yield from _write_content(found, language)


def build_reading(found: Reading) -> dict[str, Any]:
    """Return the same as JSON."""
    genuine = found.signature is Outcome.VALID and found.known is not Outcome.INVALID
    return {
        "conclusion": found.conclusion.value,
        "signature": found.signature.value,
        "key": found.key,
        "key_known": found.known.value,
        "signed_at": None if found.signed_at is None else int(found.signed_at.timestamp()),
        "receipt": dict(found.content) if genuine else None,
        "status": STATUS[found.conclusion],
    }


def _write_content(found: Reading, language: Language) -> Iterator[str]:
    content = found.content
    for line in write_decision(parse_decision(content["decision"]), language):
        yield f"  {line}"
    for aspect in Aspect:
        outcome = write_outcome(Outcome(content["verdicts"][aspect.value]), language)
        yield f"  {write_aspect(aspect, language)}: {outcome}"
    checked = moment_in_words(content["checked_at"])
    when = Text(f"Checked on {checked.en}.", f"Vérifié le {checked.fr}.")
    yield f"  {when.in_language(language)}"
    yield f"  {plain(content['request']['content']['purpose'])}"
    learned = content["learned"] or {"shown": [], "proved": []}
    for each in learned["shown"]:
        yield f"  {plain(each['label'][language])}: {plain(each['value'])}"
    for each in learned["proved"]:
        yield f"  {plain(each[language])}"


def _name(found: Reading) -> str:
    return plain(str(found.content["verifier"]["name"]))
