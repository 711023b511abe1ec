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


def option(group: str, en: str, fr: str, *, able: bool = True, chosen: bool = True) -> View:
    """A competency that may be chosen."""
    return View(group=group, says=Text(en, fr), able=able, chosen=chosen and able)


def choosing(**changes: Any) -> View:
    """What an employer leaves to the learner: two of three, one more, the name."""
    held: dict[str, Any] = {
        "told": [
            Text(
                "any 2 of these 3, or more: “Python” at level 3 or more; “SQL” at level 2 or more; "
                "“data quality assessment”, showing the level",
                "2 de ces 3 au choix, ou plus : « Python » au niveau 3 ou plus ; « SQL » au niveau "
                "2 ou plus ; « évaluation de la qualité des données », en montrant le niveau",
            ),
            Text("optional: the learner's name", "facultatif : le nom de l’apprenant"),
        ],
        "rule": Text("Choose at least 2 of these 3", "Choisissez-en au moins 2 sur 3"),
        "fixed": False,
        "wanted": [
            option("c1", "“Python” at level 3 or more", "« Python » au niveau 3 ou plus"),
            option("c2", "“SQL” at level 2 or more", "« SQL » au niveau 2 ou plus"),
            option(
                "c3",
                "“data quality assessment”, showing the level",
                "« évaluation de la qualité des données », en montrant le niveau",
                able=False,
            ),
        ],
        "extras": [
            option(
                "c4",
                "“apply statistical analysis techniques” at level 2 or more",
                "« appliquer des techniques d’analyse statistique » au niveau 2 ou plus",
                chosen=False,
            )
        ],
        "name": False,
        "name_required": False,
        "read": "c1 c2",
    }
    return View(**(held | changes))


def asked(verifier: View = c.EMPLOYER, several: bool = False, choosing: View | None = None) -> View:
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
            from_name=c.NAME,
        ),
        View(
            id="i2",
            what="proved",
            says=c.PROVED[1],
            value=None,
            from_name=c.NAME,
        ),
        View(
            id="i3",
            what="shown",
            says=Text("Achievement", "Microcertification"),
            value=c.NAME,
            from_name=c.NAME,
        ),
    ]
    return View(
        id="q1",
        verifier=verifier,
        purpose="Candidature : analyste de données, deuxième entretien",
        choosing=choosing,
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


def ticked(pairs: list[tuple[str, str]]) -> Sample:
    """The consent page as it is shown again with what was ticked and picked."""
    once, proved = dict(pairs), {value for name, value in pairs if name == "prove"}
    left = choosing(name="name" in once, read=" ".join(sorted(proved)))
    for each in (*left.wanted, *left.extras):
        each.chosen = each.able and each.group in proved
    shown = asked(several=True, choosing=left)
    shown.groups[0].picked = once.get("pick_g1", "c1")
    if left.name:
        shown.preview.append(View(says=Text("Your name", "Votre nom"), value="Inès Delarrivière"))
    return _consent("asked", asked=shown)


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
    "consent-choices": _consent("asked", asked=asked(several=True, choosing=choosing())),
    "consent-too-few": _consent(
        "asked",
        asked=View(
            **vars(asked(choosing=choosing(read="")))
            | {"groups": [], "items": [], "hidden": [], "preview": []}
        ),
        errors={
            "prove": Text(
                "At least 2 of the competencies asked for must be chosen.",
                "Au moins 2 des compétences demandées doivent être choisies.",
            )
        },
    ),
    "consent-fixed": _consent(
        "asked", asked=asked(choosing=choosing(fixed=True, name=None, name_required=True))
    ),
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
