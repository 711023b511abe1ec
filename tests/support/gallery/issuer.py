"""Every page of the institution, in each of its states."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as View
from typing import Any

from acquis.registry.did_log import build_next_entry, verify_did_log
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.service.pages import Step, Trouble
from acquis.text import Text
from issuer_agent.achievement_views import build_required
from issuer_agent.key_views import build_keys
from support.gallery import content as c
from support.registry import Issuer, seeded_key

type Sample = tuple[str, dict[str, Any]]


def award(state: str = "issued", number: int = 1, **changes: Any) -> View:
    """An award of the achievement."""
    learners = (
        "Inès Delarrivière-Etcheverry",
        "Milan Kovač",
        "Aïcha Benali",
        "Tom O’Brien",
        "Léa Marchand",
    )
    held: dict[str, Any] = {
        "id": f"w{number}",
        "learner": learners[number % len(learners)],
        "achievement": c.NAME,
        "achievement_id": "a1",
        "awarded_on": c.DAY,
        "state": state,
        "link": c.LINK if state in {"offered", "opened"} else None,
        "changed_at": c.AT,
        "revocation": None,
        "awarded_by": "camille",
        "attributes": [*c.PERSONAL, *c.FACTS],
    }
    return View(**(held | changes))


_COUNTS = View(achievements=2, published=1, offered=3, issued=1204, revoked=1)
_ROW = c.achievement(competencies=5)
_DRAFT = c.achievement(
    "draft", id="a2", competencies=3, awards=0, name=Text("Machine safety", "Sécurité des machines")
)
_STATES = (
    "offered",
    "opened",
    "issuing",
    "issued",
    "declined",
    "expired",
    "revoking",
    "revoked",
    "failed",
)
_AWARDS = [award(state, number) for number, state in enumerate(_STATES)]
_SETTING_UP = [
    Step(Text("Making the keys", "Création des clés"), "done", 0.1),
    Step(Text("Publishing the identity", "Publication de l’identité"), "running"),
]
_REASONS = [
    View(value="error", label=Text("Error in the award", "Erreur dans l’attribution")),
    View(value="fraud", label=Text("Fraud", "Fraude")),
    View(value="integrity", label=Text("Breach of integrity", "Atteinte à l’intégrité")),
    View(value="superseded", label=Text("Replaced by another", "Remplacé par un autre")),
]


_FOUNDED = Issuer("demo/universite", created=c.AT - timedelta(days=300))
_ROTATED = build_next_entry(
    _FOUNDED.log.encode(),
    _FOUNDED.next,
    seeded_key("third"),
    with_attest_key(
        with_compromised_key(_FOUNDED.document.document, _FOUNDED.method, c.AT - timedelta(days=9)),
        seeded_key("second attest").multikey,
    ),
    created=c.AT - timedelta(days=8),
)
_RENEWED = build_next_entry(
    _ROTATED.encode(),
    seeded_key("third"),
    seeded_key("fourth"),
    with_attest_key(
        verify_did_log(_FOUNDED.did, _ROTATED.encode()).document,
        seeded_key("third attest").multikey,
    ),
    created=c.AT,
)
_KEYS = build_keys(_FOUNDED.log, unfinished=False)


def _dashboard(**changes: Any) -> Sample:
    held: dict[str, Any] = {
        "institution": c.INSTITUTION,
        "ready": True,
        "steps": [],
        "trouble": None,
        "counts": _COUNTS,
        "recent": _AWARDS[:5],
        "keys": _KEYS,
        "live": c.LIVE,
        "here": "/",
    }
    return "dashboard.html", held | changes


def _achievement(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "institution": c.INSTITUTION,
        "achievement": c.achievement(state),
        "gaps": [],
        "steps": [],
        "trouble": None,
        "live": c.LIVE,
        "here": "/achievements/a1",
    }
    return "achievement.html", held | changes


def _award_form(**changes: Any) -> Sample:
    held: dict[str, Any] = {
        "institution": c.INSTITUTION,
        "achievement": c.achievement(),
        "errors": {},
        "values": {"awarded_on": "2026-11-22"},
        "rejected": [],
        "here": "/achievements/a1/award",
    }
    return "award.html", held | changes


def _awarded(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "institution": c.INSTITUTION,
        "award": award(state),
        "reasons": _REASONS,
        "errors": {},
        "link": c.LINK if state in {"offered", "opened"} else None,
        "expires_at": c.AT if state == "offered" else None,
        "steps": [],
        "trouble": None,
        "live": c.LIVE,
        "here": "/awards/w1",
    }
    return "awarded.html", held | changes


def _claim(state: str, **changes: Any) -> Sample:
    held: dict[str, Any] = {
        "institution": c.INSTITUTION,
        "achievement": c.achievement(),
        "state": state,
        "link": c.LINK,
        "wallet_link": "http://127.0.0.1:8102/open?link=x",
        "didcomm_link": "didcomm://?_oob=x",
        "expires_at": c.AT,
        "trouble": None,
        "live": c.LIVE,
        "person": None,
        "here": "/c/x",
    }
    return "claim.html", held | changes


SAMPLES: dict[str, Sample] = {
    "dashboard": _dashboard(),
    "dashboard-first": _dashboard(
        recent=[], counts=View(achievements=0, published=0, offered=0, issued=0, revoked=0)
    ),
    "dashboard-published": _dashboard(
        recent=[], counts=View(achievements=1, published=1, offered=0, issued=0, revoked=0)
    ),
    "dashboard-keys": _dashboard(keys=build_keys(_RENEWED, unfinished=True)),
    "dashboard-preparing": _dashboard(ready=False, steps=_SETTING_UP, recent=[]),
    "dashboard-trouble": _dashboard(trouble=c.TROUBLE, ready=False, steps=_SETTING_UP),
    "achievements": (
        "achievements.html",
        {
            "institution": c.INSTITUTION,
            "achievements": [_ROW, _DRAFT],
            "samples": [],
            "required": build_required(),
            "errors": {},
            "here": "/achievements",
        },
    ),
    "achievements-empty": (
        "achievements.html",
        {
            "institution": c.INSTITUTION,
            "achievements": [],
            "samples": [View(slug="data-analysis", name=c.NAME)],
            "required": build_required(),
            "errors": {"document": Text("This is not JSON", "Ce n’est pas du JSON")},
            "here": "/achievements",
        },
    ),
    "achievement-draft": _achievement("draft"),
    "achievement-gaps": _achievement(
        "draft",
        achievement=c.achievement("draft", annex=c.annex(7, 11)),
        gaps=[
            View(
                number=7,
                says=Text(
                    "Notional workload: give ECTS or hours",
                    "Charge de travail : indiquez des ECTS ou des heures",
                ),
            ),
            View(
                number=11,
                says=Text(
                    "Type of quality assurance: say who stands behind it",
                    "Assurance qualité : dites qui en répond",
                ),
            ),
        ],
    ),
    "achievement-publishing": _achievement("publishing", steps=c.STEPS),
    "achievement-published": _achievement("published"),
    "achievement-failed": _achievement(
        "failed",
        trouble=c.TROUBLE,
        steps=[
            c.STEPS[0],
            Step(Text("Credential definition", "Définition de l’attestation"), "failed", 4.2),
        ],
    ),
    "award": _award_form(),
    "award-wrong": _award_form(
        errors={
            "given_name": Text("Give a given name", "Indiquez un prénom"),
            "birth_date": Text("This day is to come", "Cette date est à venir"),
        },
        values={
            "family_name": "Delarrivière",
            "birth_date": "2031-05-17",
            "awarded_on": "2026-11-22",
            "learners": "Ada,Martin\n;;;\n",
        },
        rejected=[
            View(
                line=2,
                says=Text(
                    "a given name and a family name are needed", "il faut un prénom et un nom"
                ),
            )
        ],
    ),
    "awards": (
        "awards.html",
        {
            "institution": c.INSTITUTION,
            "achievements": [_ROW, _DRAFT],
            "chosen": View(achievement="a1", state=""),
            "awards": _AWARDS,
            "total": 24,
            "live": c.LIVE,
            "here": "/awards",
        },
    ),
    "awards-empty": (
        "awards.html",
        {
            "institution": c.INSTITUTION,
            "achievements": [_ROW],
            "chosen": View(achievement="", state=""),
            "awards": [],
            "total": 0,
            "live": c.LIVE,
            "here": "/awards",
        },
    ),
    **{
        f"awarded-{state}": _awarded(state)
        for state in ("preparing", "offered", "opened", "issuing", "issued", "declined", "expired")
    },
    "awarded-confirm": _awarded(
        "issued", errors={"confirm": Text("Tick this to revoke", "Cochez ceci pour révoquer")}
    ),
    "awarded-revoking": _awarded(
        "revoking",
        award=award("revoking", revocation=View(reason=_REASONS[0].label, at=None, by="dominique")),
        steps=c.STEPS[:2],
    ),
    "awarded-revoked": _awarded(
        "revoked",
        award=award("revoked", revocation=View(reason=_REASONS[0].label, at=c.AT, by="dominique")),
        live=c.ENDED,
    ),
    "awarded-failed": _awarded("failed", trouble=c.TROUBLE),
    **{
        f"claim-{state}": _claim(state)
        for state in (
            "waiting",
            "opened",
            "issuing",
            "issued",
            "declined",
            "expired",
            "used",
            "revoked",
        )
    },
    "claim-failed": _claim(
        "failed",
        trouble=Trouble(Text("The wallet stopped answering", "Le portefeuille ne répond plus")),
    ),
    "claim-unknown": (
        "claim_unknown.html",
        {"institution": c.INSTITUTION, "person": None, "here": "/c/x"},
    ),
    "sign-in": (
        "sign_in.html",
        {
            "next": "/",
            "people": ["Registrar"],
            "errors": {},
            "values": {},
            "person": None,
            "here": "/sign-in",
        },
    ),
    "problem": (
        "problem.html",
        {
            "title": Text(
                "A service that is needed does not answer", "Un service nécessaire ne répond pas"
            ),
            "says": Text("The agent does not answer.", "L’agent ne répond pas."),
            "kept": c.TROUBLE.kept,
            "next": c.TROUBLE.next,
            "status": 503,
            "code": "unavailable",
            "reference": "",
            "actions": [c.HOME],
            "here": "/awards",
        },
    ),
}
