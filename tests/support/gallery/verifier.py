"""Every page of the employer, in each of its states."""

from __future__ import annotations

from types import SimpleNamespace as View
from typing import Any

from acquis.credentials.report import Aspect
from acquis.service.pages import Fact
from acquis.text import Text
from support.gallery import content as c
from verifier.verdict_words import VERDICTS
from verifier.views import REFUSED_AT_THE_DOOR

type Sample = tuple[str, dict[str, Any]]

_EMPLOYER = View(name="Atelier Garonne", domain="jobs.garonne.example")
_WHAT = Text("Python, level 3 or more", "Python, niveau 3 ou plus")
_ASKED = View(
    id="r1",
    competencies=[_WHAT],
    awarded_since=None,
    choices=[],
    purpose="Candidature : analyste de données, deuxième entretien",
    shown=c.SHOWN,
    proved=[
        Text(
            "Python: level at least 3, not the level", "Python : niveau 3 au moins, pas le niveau"
        ),
        c.PROVED[1],
    ],
    hidden=[Text("Name and date of birth", "Nom et date de naissance"), c.HIDDEN[1], c.HIDDEN[2]],
    issuers=12,
    capped=False,
)
_ASKED_WITH_CHOICE = View(
    **vars(_ASKED)
    | {
        "choices": [
            Text(
                "any 2 of these 3, or more: “Python” at level 3 or more; “SQL” at level 2 or more; "
                "“data quality assessment”, showing the level",
                "2 de ces 3 au choix, ou plus : « Python » au niveau 3 ou plus ; « SQL » au niveau "
                "2 ou plus ; « évaluation de la qualité des données », en montrant le niveau",
            ),
            Text("optional: the learner's name", "facultatif : le nom de l’apprenant"),
        ]
    }
)


def _check(name: str, outcome: str, reason: Text) -> View:
    return View(
        id=name,
        outcome=outcome,
        reason=reason,
        evidence=[
            Fact(Text("Revocation list", "Liste de révocation"), RESOURCE_OF_LIST),
            Fact(Text("In force since", "En vigueur depuis"), "2026-11-22 14:02 UTC"),
        ],
        as_of=c.AT,
        age=Text("2 minutes old", "ancienneté : 2 minutes"),
    )


RESOURCE_OF_LIST = c.RESOURCE
_COMPROMISE = Text(
    "The issuer reported a compromise since 12 November 2026, 08:00 UTC; what it publishes was "
    "signed again since then, with another key.",
    "L’émetteur a signalé une compromission depuis le 12 novembre 2026, 08:00 UTC ; ce qu’il "
    "publie a été signé de nouveau depuis, avec une autre clé.",
)
_BASIS = [
    Fact(
        Text(
            "Our copy of the institution’s registry", "Notre copie du registre de l’établissement"
        ),
        Text(
            "as of 22 Nov 2026, 14:00 UTC (2 minutes old)",
            "en date du 22 nov. 2026, 14:00 UTC (ancienneté : 2 minutes)",
        ),
    ),
    Fact(
        Text(
            "Trust list “Universities of the South-West”",
            "Liste de confiance « Universities of the South-West »",
        ),
        Text(
            "in force · version 7 · published 1 Nov 2026, 00:00 UTC (2 minutes old)",
            "en vigueur · version 7 · publiée le 1er nov. 2026, 00:00 UTC (ancienneté : 2 minutes)",
        ),
    ),
]
_ANCHORS = [
    View(
        name="Réseau des universités du Sud-Ouest",
        did="did:webvh:QmYPpMmDGdUiMdY1ZBwWpuaKsbyBSN3Yh1bAkRhUWV8qbq:registry.acquis.example:trust:sud-ouest",
        in_force=True,
        state=Text("in force", "en vigueur"),
        todo=None,
        facts=[
            Fact(Text("Institutions on it", "Établissements inscrits"), "212"),
            Fact(Text("Version", "Version"), "7"),
        ],
    ),
    View(
        name="did:webvh:QmNhkzSbzaJDbz7Bn1ZoxF7UX1tZZQ2JXhLpvt3AXXhBnT:registry.acquis.example:trust:x",
        did="did:webvh:QmNhkzSbzaJDbz7Bn1ZoxF7UX1tZZQ2JXhLpvt3AXXhBnT:registry.acquis.example:trust:x",
        in_force=False,
        state=Text("not in our copy of the registry", "absente de notre copie du registre"),
        todo=Text(
            "Have our copy of the registry refreshed.", "Faites rafraîchir notre copie du registre."
        ),
        facts=[],
    ),
]


def result(decision: str) -> View:
    """A result with its three verdicts."""
    status = {"accepted": "valid", "refused": "invalid", "undetermined": "indeterminate"}[decision]
    authentic = [
        _check(
            "signature",
            "valid",
            Text(
                "The signature is that of the institution",
                "La signature est celle de l’établissement",
            ),
        ),
        _check(
            "issuer-recognised",
            "valid",
            Text(
                "The institution is recognised for this on the day of the award",
                "L’établissement était reconnu pour cela au jour de l’attribution",
            ),
        ),
        _check(
            "status",
            status,
            Text(
                "Not revoked, by the list in force at 14:02",
                "Non révoquée, d’après la liste en vigueur à 14:02",
            )
            if status == "valid"
            else Text("Revoked by the list of 14:02", "Révoquée d’après la liste de 14:02")
            if status == "invalid"
            else Text(
                "The revocation list could not be read",
                "La liste de révocation n’a pas pu être lue",
            ),
        ),
    ]
    assurance = [
        _check(
            "assessment",
            "valid",
            Text(
                "Assessed by examination, supervised on site",
                "Évalué par examen, surveillé sur place",
            ),
        )
    ]
    fit = [
        _check("level", "valid", Text("Python at level 3 or more", "Python au niveau 3 ou plus"))
    ]
    return View(
        decision=decision,
        reason={
            "accepted": Text(
                "Everything that was required was checked and holds.",
                "Tout ce qui était requis a été vérifié et tient.",
            ),
            "refused": Text(
                "The credential was revoked before it was shown.",
                "L’attestation a été révoquée avant d’être présentée.",
            ),
            "undetermined": Text(
                "Whether it is revoked could not be told: the list was not in the mirror.",
                "Impossible de savoir si elle est révoquée : la liste manquait dans le miroir.",
            ),
        }[decision],
        todo=Text(
            "Wait for the next refresh and ask again.",
            "Attendez la prochaine actualisation et redemandez.",
        )
        if decision == "undetermined"
        else None,
        remarks=[_COMPROMISE] if decision == "refused" else [],
        presented=True,
        decided_at=c.AT,
        verdicts=[
            View(
                name="authentic",
                title=VERDICTS[Aspect.AUTHENTIC],
                outcome=status,
                says=Text(
                    "From the institution that it names, in force",
                    "De l’établissement qu’il nomme, en vigueur",
                ),
                checks=authentic,
            ),
            View(
                name="assurance",
                title=VERDICTS[Aspect.ASSURANCE],
                outcome="valid",
                says=Text(
                    "Assessed by third parties under quality assurance",
                    "Évalué par des tiers sous assurance qualité",
                ),
                checks=assurance,
            ),
            View(
                name="fit",
                title=VERDICTS[Aspect.FIT],
                outcome="valid",
                says=Text("Answers exactly what you asked", "Répond exactement à votre demande"),
                checks=fit,
            ),
        ],
        learned=[
            View(says=Text("Python: level at least 3", "Python : niveau 3 au moins"), value=None),
            View(says=Text("Awarded by", "Délivrée par"), value="Université de Haute-Lande"),
        ]
        if decision == "accepted"
        else [],
        hidden=_ASKED.hidden,
        achievements=[
            View(
                name=c.NAME,
                issuer="Université de Haute-Lande",
                criteria=c.CRITERIA,
                assessment=Text("Project, practical examination", "Projet, épreuve pratique"),
                quality_assurance=Text("Accredited by Hcéres", "Accréditation Hcéres"),
                facts=[Fact(Text("Workload", "Charge de travail"), "6 ECTS")],
                competencies=c.COMPETENCIES,
                resource_id=c.RESOURCE,
            )
        ]
        if decision != "undetermined"
        else [],
        basis=_BASIS,
    )


def _request(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "asked": _ASKED,
        "state": state,
        "link": c.REQUEST_LINK,
        "didcomm_link": "didcomm://?_oob=x",
        "expires_at": c.AT,
        "result": None,
        "trouble": c.TROUBLE if state == "failed" else None,
        "live": c.LIVE,
        "here": "/requests/r1",
    }
    return "request.html", held | changes


def _public(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "verifier": _EMPLOYER,
        "asked": _ASKED,
        "state": state,
        "link": c.REQUEST_LINK,
        "wallet_link": "http://127.0.0.1:8102/open?link=x",
        "didcomm_link": "didcomm://?_oob=x",
        "expires_at": c.AT,
        "trouble": c.TROUBLE if state == "failed" else None,
        "live": c.LIVE,
        "person": None,
        "here": "/r/x",
    }
    return "asked.html", held | changes


def ask(**changes: Any) -> Sample:
    """The form that asks for a proof."""
    held: dict[str, Any] = {
        "q": "",
        "found": [View(key=item.key, label=item.name, hint=None) for item in c.COMPETENCIES],
        "found_total": 105,
        "chosen": [],
        "fewer": [],
        "values": {"at_least": "", "awarded_since": "", "learner_name": "no", "purpose": ""},
        "errors": {},
        "anchors": _ANCHORS,
        "here": "/ask",
    }
    return "ask.html", held | changes


_ROWS = [
    View(
        id=f"r{number}", asked=_WHAT, purpose="Candidature", at=c.AT, state=state, decision=decision
    )
    for number, (state, decision) in enumerate(
        [
            ("created", None),
            ("scanned", None),
            ("answered", None),
            ("checking", None),
            ("decided", "accepted"),
            ("decided", "refused"),
            ("decided", "undetermined"),
            ("expired", None),
            ("cancelled", None),
            ("failed", None),
        ]
    )
]
_CHOSEN = [
    View(key=item.key, label=item.name, level="3", optional=number == 2, levels=c.LEVELS)
    for number, item in enumerate(c.COMPETENCIES[:3])
]
FEWER = [
    View(value=1, label=Text("any one of them", "au moins une, au choix")),
    View(value=2, label=Text("at least 2 of them", "au moins 2, au choix")),
]

SAMPLES: dict[str, Sample] = {
    "requests": ("requests.html", {"requests": _ROWS, "live": c.LIVE, "here": "/"}),
    "requests-empty": ("requests.html", {"requests": [], "live": c.LIVE, "here": "/"}),
    "trust": ("trust.html", {"anchors": _ANCHORS, "here": "/trust"}),
    "trust-nobody": ("trust.html", {"anchors": [], "here": "/trust"}),
    "ask": ask(),
    "ask-nobody-trusted": ask(anchors=[]),
    "ask-chosen": ask(
        chosen=_CHOSEN[:1],
        q="data",
        found_total=2,
        found=[
            View(
                key=i.key,
                label=i.name,
                hint=Text("also: data visualisation", "aussi : visualisation de données"),
            )
            for i in c.COMPETENCIES[2:]
        ],
    ),
    "ask-choice": ask(
        chosen=_CHOSEN,
        fewer=FEWER,
        values={"at_least": "1", "awarded_since": "", "learner_name": "optional", "purpose": "x"},
    ),
    "ask-choice-wrong": ask(
        chosen=_CHOSEN[2:],
        fewer=FEWER,
        errors={
            "competency": Text(
                "Leave at least one competency that is not optional",
                "Laissez au moins une compétence qui ne soit pas facultative",
            ),
            "at_least": Text("Choose one of these", "Choisissez une de ces possibilités"),
            "learner_name": Text("Choose one of the three", "Choisissez une des trois réponses"),
        },
    ),
    "ask-wrong": ask(
        q="zzz",
        found=[],
        found_total=0,
        errors={
            "competency": Text(
                "Choose at least one competency", "Choisissez au moins une compétence"
            ),
            "purpose": Text("Say what it is for", "Dites à quoi cela sert"),
        },
    ),
    **{
        f"request-{state}": _request(state)
        for state in (
            "created",
            "elsewhere",
            "scanned",
            "checking",
            "expired",
            "cancelled",
            "failed",
        )
    },
    "request-nobody": _request("created", asked=View(**{**vars(_ASKED), "issuers": 0})),
    "request-choice": _request("created", asked=_ASKED_WITH_CHOICE),
    "request-waiting": _request("created", link=None),
    "request-turned-away": _request("expired", trouble=REFUSED_AT_THE_DOOR, live=c.ENDED),
    **{
        f"result-{decision}": _request("decided", result=result(decision), live=c.ENDED)
        for decision in ("accepted", "refused", "undetermined")
    },
    **{
        f"asked-{state}": _public(state)
        for state in ("created", "scanned", "decided", "used", "expired", "failed")
    },
    "asked-choice": _public("created", asked=_ASKED_WITH_CHOICE),
    "asked-unknown": (
        "asked_unknown.html",
        {
            "verifier": _EMPLOYER,
            "lifetime": Text("2 minutes", "2 minutes"),
            "person": None,
            "here": "/r/x",
        },
    ),
    "sign-in": (
        "sign_in.html",
        {
            "next": "/",
            "people": [],
            "errors": {"name": Text("Give a name", "Indiquez un nom")},
            "values": {},
            "person": None,
            "here": "/sign-in",
        },
    ),
}
