"""Every page of the wallet, in each of its states."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace as View
from typing import Any

from acquis.service.pages import Fact
from acquis.text import Text
from support.gallery import content as c

type Sample = tuple[str, dict[str, Any]]

_ASKED = Text("Python, level 3 or more", "Python, niveau 3 ou plus")


def credential(state: str = "valid", **changes: Any) -> View:
    """A credential the learner holds."""
    held: dict[str, Any] = {
        "id": "c1",
        "name": c.NAME,
        "issuer": "Université de Haute-Lande",
        "awarded_on": c.DAY,
        "state": state,
        "competencies": 5,
        "image": None,
    }
    return View(**(held | changes))


def receipt(state: str = "shared", outcome: str | None = "accepted", **changes: Any) -> View:
    """The receipt of a proof that was asked."""
    held: dict[str, Any] = {
        "id": "p1",
        "verifier": c.EMPLOYER,
        "asked": _ASKED,
        "at": c.AT,
        "state": state,
        "outcome": outcome,
    }
    return View(**(held | changes))


_RECEIPTS = [
    receipt(),
    receipt("shared", "refused", verifier=c.STRANGER),
    receipt("shared", "undetermined"),
    receipt("shared", None),
    receipt("sharing", None),
    receipt("declined", None, verifier=c.STRANGER),
    receipt("expired", None),
    receipt("failed", None),
]
_WAITING = [
    View(kind="offer", href="/offers/o1", title=c.NAME, who="Université de Haute-Lande", at=c.AT),
    View(kind="request", href="/requests/q1", title=_ASKED, who="Atelier Garonne", at=c.AT),
]


def _home(**changes: Any) -> Sample:
    held: dict[str, Any] = {
        "credentials": [
            credential(),
            credential(
                "revoked",
                id="c2",
                name=Text("Machine safety", "Sécurité des machines"),
                competencies=3,
            ),
            credential(
                "unknown", id="c3", name=Text("Food hygiene", "Hygiène alimentaire"), competencies=1
            ),
        ],
        "waiting": _WAITING,
        "live": c.LIVE,
        "here": "/",
    }
    return "credentials.html", held | changes


def _credential(state: str = "valid", **changes: Any) -> Sample:
    held = credential(
        state,
        description=c.DESCRIPTION,
        criteria=c.CRITERIA,
        competencies=c.COMPETENCIES,
        facts=c.FACTS,
        personal=c.PERSONAL,
        valid_until=date(2031, 6, 30),
        status_as_of=c.AT,
        receipts=_RECEIPTS[:2],
        **changes,
    )
    return "credential.html", {"credential": held, "here": "/credentials/c1"}


def _offer(state: str, **changes: Any) -> Sample:
    offer = View(
        id="o1",
        issuer=c.UNIVERSITY,
        achievement=None
        if state == "fetching"
        else View(name=c.NAME, description=c.DESCRIPTION, criteria=c.CRITERIA, image=None),
        competencies=c.COMPETENCIES,
        facts=c.FACTS,
        personal=c.PERSONAL,
    )
    held: dict[str, Any] = {
        "offer": offer,
        "state": state,
        "credential_id": "c1" if state == "stored" else None,
        "trouble": c.TROUBLE if state == "failed" else None,
        "live": c.LIVE,
        "here": "/offers/o1",
    }
    return "offer.html", held | changes


def asked(verifier: View = c.EMPLOYER, several: bool = False) -> View:
    """What an employer asks."""
    mine = [View(id="c1", name=c.NAME, issuer="Université de Haute-Lande", awarded_on=c.DAY)]
    if several:
        mine.append(
            View(
                id="c9",
                name=Text("Programming for science", "Programmation scientifique"),
                issuer="Institut du Ponant",
                awarded_on=date(2025, 2, 14),
            )
        )
    items = [
        View(
            id="i1",
            what="proved",
            says=c.PROVED[0],
            value=None,
            optional=False,
            included=True,
            from_name=c.NAME,
        ),
        View(
            id="i2",
            what="proved",
            says=c.PROVED[1],
            value=None,
            optional=False,
            included=True,
            from_name=c.NAME,
        ),
        View(
            id="i3",
            what="shown",
            says=Text("Achievement", "Microcertification"),
            value=c.NAME,
            optional=False,
            included=True,
            from_name=c.NAME,
        ),
    ]
    if several:
        items.append(
            View(
                id="i4",
                what="shown",
                says=Text("Your name", "Votre nom"),
                value="Inès Delarrivière-Etcheverry",
                optional=True,
                included=True,
                from_name=c.NAME,
            )
        )
    return View(
        id="q1",
        verifier=verifier,
        purpose="Candidature : analyste de données, deuxième entretien",
        groups=[View(id="g1", label=_ASKED, candidates=mine, picked="c1")],
        items=items,
        hidden=c.HIDDEN,
        preview=[
            View(
                says=Text("Python: level at least 3", "Python : niveau 3 au moins"),
                value=Text("yes", "oui"),
            ),
            View(says=Text("Achievement", "Microcertification"), value=c.NAME),
            View(says=Text("Awarded by", "Délivrée par"), value="Université de Haute-Lande"),
        ],
    )


def _consent(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "asked": None if state == "fetching" else asked(),
        "state": state,
        "receipt_id": "p1" if state in {"shared", "declined"} else None,
        "outcome": None,
        "expires_at": c.AT,
        "errors": {},
        "trouble": c.TROUBLE if state == "failed" else None,
        "live": c.LIVE,
        "here": "/requests/q1",
    }
    return "consent.html", held | changes


def _receipt(**changes: Any) -> Sample:
    held = receipt(
        purpose="Candidature : analyste de données",
        shown=[Fact(Text("Achievement", "Microcertification"), c.NAME)],
        proved=c.PROVED,
        hidden=c.HIDDEN,
        credentials=[View(id="c1", name=c.NAME)],
        reference="5f0c9a3e-7f1b-4a55-9a55-0d3f6f1c2b7a",
        **changes,
    )
    return "receipt.html", {"receipt": held, "here": "/receipts/p1"}


_WRONG = {
    "link": Text(
        "This is not a link of an institution or an employer",
        "Ce n’est pas un lien d’établissement ou d’employeur",
    )
}

SAMPLES: dict[str, Sample] = {
    "credentials": _home(),
    "credentials-empty": _home(credentials=[], waiting=[]),
    "credential": _credential(),
    "credential-revoked": _credential("revoked"),
    "open": ("open.html", {"link": "", "host": None, "errors": {}, "here": "/open"}),
    "open-wrong": (
        "open.html",
        {"link": "https://example.org/", "host": None, "errors": _WRONG, "here": "/open"},
    ),
    "open-confirm": (
        "open.html",
        {"link": c.LINK, "host": "127.0.0.1", "errors": {}, "here": "/open"},
    ),
    **{
        f"offer-{state}": _offer(state)
        for state in (
            "fetching",
            "offered",
            "accepting",
            "stored",
            "declined",
            "expired",
            "used",
            "failed",
        )
    },
    **{
        f"consent-{state}": _consent(state)
        for state in (
            "fetching",
            "asked",
            "sharing",
            "declined",
            "expired",
            "used",
            "nothing",
            "failed",
        )
    },
    "consent-choices": _consent("asked", asked=asked(several=True)),
    "consent-stranger": _consent("asked", asked=asked(c.STRANGER)),
    **{
        f"consent-{outcome}": _consent("shared", outcome=outcome, live=c.ENDED)
        for outcome in ("accepted", "refused", "undetermined")
    },
    "consent-shared": _consent("shared"),
    "receipts": ("receipts.html", {"receipts": _RECEIPTS, "here": "/receipts"}),
    "receipts-empty": ("receipts.html", {"receipts": [], "here": "/receipts"}),
    "receipt": _receipt(),
    "receipt-declined": (
        "receipt.html",
        {
            "receipt": receipt(
                "declined",
                None,
                verifier=c.STRANGER,
                purpose="?",
                shown=[],
                proved=[],
                hidden=[],
                credentials=[],
                reference="5f0c9a3e",
            ),
            "here": "/receipts/p1",
        },
    ),
    "sign-in": (
        "sign_in.html",
        {
            "next": "/",
            "people": ["Inès", "Milan"],
            "errors": {},
            "values": {},
            "person": None,
            "here": "/sign-in",
        },
    ),
}
