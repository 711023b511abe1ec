"""How requests that were not answered as they should end, and what that means, in words."""

from __future__ import annotations

from typing import Final

from acquis.service.pages import Trouble
from acquis.text import Text
from holder_wallet.agreeing import CHANGED, REFUSED, why_nothing_was_sent
from holder_wallet.receiving import ACCEPTED
from holder_wallet.store.tables import ExchangeRow

BROKEN_OFF: Final = Trouble(
    Text(
        "The exchange was broken off before anything was sent",
        "L’échange a été interrompu avant tout envoi",
    ),
    kept=Text("Nothing was given", "Rien n’a été donné"),
    next=Text("Ask them to show a new code", "Demandez-leur d’afficher un nouveau code"),
)
BROKEN_OFF_LATE: Final = Trouble(
    Text(
        "The exchange was broken off while your proof was on its way",
        "L’échange a été interrompu pendant l’envoi de votre preuve",
    ),
    kept=Text(
        "They may have received it; the receipt says what it holds",
        "Ils l’ont peut-être reçue ; le reçu dit ce qu’elle contient",
    ),
    next=Text("Ask them whether it arrived", "Demandez-leur si elle est arrivée"),
)
REQUEST_CHANGED: Final = Trouble(
    Text(
        "The employer’s request changed after you agreed; nothing was shared",
        "La demande de l’employeur a changé après votre accord ; rien n’a été partagé",
    ),
    kept=Text(
        "Your wallet compares what comes with what you agreed to, and answers nothing else",
        "Votre portefeuille compare ce qui arrive avec ce que vous avez accepté, et ne répond à rien d’autre",
    ),
    next=Text(
        "Ask them why, or to show a new code",
        "Demandez-leur pourquoi, ou l’affichage d’un nouveau code",
    ),
)
CHOICE_REFUSED: Final = Trouble(
    Text(
        "The employer’s site did not take your choice; nothing was shared",
        "Le site de l’employeur n’a pas accepté votre choix ; rien n’a été partagé",
    ),
    kept=Text(
        "They know which items you chose, and none of the answers",
        "Ils savent quels éléments vous avez choisis, sans aucune réponse",
    ),
    next=BROKEN_OFF.next,
)

_BEFORE: Final = {CHANGED: REQUEST_CHANGED, REFUSED: CHOICE_REFUSED}


def was_sent(row: ExchangeRow) -> bool:
    """Say whether the proof may have left the wallet: from the learner's yes on, nobody is sure."""
    return row.answer == ACCEPTED and why_nothing_was_sent(row) is None


def trouble_of(row: ExchangeRow) -> Trouble:
    """Return what to say of a request that failed."""
    if was_sent(row):
        return BROKEN_OFF_LATE
    return _BEFORE.get(why_nothing_was_sent(row) or "", BROKEN_OFF)
