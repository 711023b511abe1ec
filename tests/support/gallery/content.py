"""What the gallery's pages are about: one achievement with five ESCO competencies, one learner, one employer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace as View
from typing import Any

from acquis.service.pages import Action, Fact, LiveView, Step, Trouble
from acquis.text import Text

AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
DAY = date(2026, 6, 30)
DID = "did:webvh:QmRwq46VkGuCEx4dyYxxexmig7Fwbqbm9AB73iKUAHjMZH:registry.acquis.example:demo:universite"
RESOURCE = f"{DID}/resources/zQmSYvCgRS1FCbkCqgfZBWAgBHYiZ5n8XPqYsVtzWvYVbNn"
LINK = "http://127.0.0.1:8101/c/Zk3v9QwXh2LrT7uB"
REQUEST_LINK = "http://127.0.0.1:8103/r/Bn8sKq0YfE5mVx4C"

LEVELS = [
    View(value=value, label=label)
    for value, label in enumerate(
        (
            Text("1, novice", "1, novice"),
            Text("2, advanced beginner", "2, débutant avancé"),
            Text("3, competent", "3, compétent"),
            Text("4, proficient", "4, confirmé"),
            Text("5, expert", "5, expert"),
        ),
        start=1,
    )
]

_SKILLS = (
    ("ccd0a1d9-afda-43d9-b901-96344886e14d", Text("Python", "Python"), 3),
    ("598de5b0-5b58-4ea7-8058-a4bc4d18c742", Text("SQL", "SQL"), 3),
    (
        "c3e36d05-8ae8-447f-bb2b-6f9409f85389",
        Text(
            "deliver visual presentation of data", "fournir une présentation visuelle des données"
        ),
        4,
    ),
    (
        "382c11ed-20d5-4ae7-b60e-15fec527fa6c",
        Text(
            "apply statistical analysis techniques",
            "appliquer des techniques d’analyse statistique",
        ),
        2,
    ),
    (
        "cc7370dd-69fa-4c67-a96f-d4d135d38700",
        Text("data quality assessment", "évaluation de la qualité de données"),
        3,
    ),
)

COMPETENCIES = [
    View(
        key=f"esco_{code}",
        name=name,
        statement=Text(
            "Writes, tests and explains programs that clean and analyse a data set.",
            "Écrit, teste et explique des programmes qui nettoient et analysent un jeu de données.",
        )
        if number == 0
        else None,
        framework="ESCO",
        uri=f"http://data.europa.eu/esco/skill/{code}",
        level=level,
        level_label=LEVELS[level - 1].label,
        levels=LEVELS,
        proved=number == 0,
    )
    for number, (code, name, level) in enumerate(_SKILLS)
]

NAME = Text("Data analysis with Python and SQL", "Analyse de données avec Python et SQL")
DESCRIPTION = Text(
    "Prepare, analyse and present a data set with Python and SQL, and say how far it can be trusted.",
    "Préparer, analyser et présenter un jeu de données avec Python et SQL, et dire jusqu’où s’y fier.",
)
CRITERIA = Text(
    "A project on a real data set, defended before two examiners, and a supervised practical test.",
    "Un projet sur un jeu de données réel, soutenu devant deux examinateurs, et une épreuve pratique surveillée.",
)

_ANNEX = (
    (
        Text("Identification of the learner", "Identification de l’apprenant"),
        Text(
            "In each credential: name, date of birth if given",
            "Dans chaque attestation : nom, date de naissance si donnée",
        ),
    ),
    (Text("Title", "Intitulé"), NAME),
    (Text("Country of the issuer", "Pays de l’émetteur"), "FR"),
    (Text("Awarding body", "Organisme certificateur"), "Université de Haute-Lande"),
    (
        Text("Date of issuing", "Date de délivrance"),
        Text("In each credential", "Dans chaque attestation"),
    ),
    (
        Text("Learning outcomes", "Acquis d’apprentissage"),
        Text("Five competencies, see beside", "Cinq compétences, voir ci-contre"),
    ),
    (Text("Notional workload", "Charge de travail"), "6 ECTS"),
    (Text("Level", "Niveau"), Text("EQF 6", "CEC 6")),
    (
        Text("Type of assessment", "Type d’évaluation"),
        Text("Project, practical examination", "Projet, épreuve pratique"),
    ),
    (Text("Form of participation", "Forme de participation"), Text("Blended", "Hybride")),
    (
        Text("Quality assurance", "Assurance qualité"),
        Text("Accredited by Hcéres", "Accréditation Hcéres"),
    ),
)


def annex(*missing: int) -> list[View]:
    """The eleven elements of Annex I, those numbered in ``missing`` without a value."""
    return [
        View(number=number, label=label, value=None if number in missing else value)
        for number, (label, value) in enumerate(_ANNEX, start=1)
    ]


def achievement(state: str = "published", **changes: Any) -> View:
    """An achievement of the institution."""
    held: dict[str, Any] = {
        "id": "a1",
        "name": NAME,
        "version": "1.0",
        "state": state,
        "competencies": COMPETENCIES,
        "awards": 24,
        "description": DESCRIPTION,
        "criteria": CRITERIA,
        "image": None,
        "resource_id": RESOURCE if state == "published" else None,
        "published_at": AT if state == "published" else None,
        "annex": annex(),
    }
    return View(**(held | changes))


INSTITUTION = View(name="Université de Haute-Lande", did=DID)
UNIVERSITY = View(
    name="Université de Haute-Lande",
    domain="registry.acquis.example",
    verified=True,
    did=DID,
    recognised_by="Réseau des universités du Sud-Ouest",
)
EMPLOYER = View(
    name="Atelier Garonne",
    domain="jobs.garonne.example",
    verified=True,
    did=None,
    recognised_by=None,
)
STRANGER = View(
    name=None, domain="win-a-phone.example", verified=False, did=None, recognised_by=None
)

FACTS = [
    Fact(Text("Awarding body", "Organisme certificateur"), "Université de Haute-Lande"),
    Fact(Text("Workload", "Charge de travail"), "6 ECTS"),
    Fact(Text("Level", "Niveau"), Text("EQF 6", "CEC 6")),
    Fact(
        Text("Assessment", "Évaluation"),
        Text("Project, practical examination", "Projet, épreuve pratique"),
    ),
    Fact(
        Text("Quality assurance", "Assurance qualité"),
        Text("Accredited by Hcéres", "Accréditation Hcéres"),
    ),
]
PERSONAL = [
    Fact(Text("Given name", "Prénom"), "Inès"),
    Fact(Text("Family name", "Nom"), "Delarrivière-Etcheverry"),
    Fact(Text("Date of birth", "Date de naissance"), "2001-05-17"),
]

SHOWN = [
    Text(
        "Which achievement it comes from, and so which institution",
        "De quelle microcertification elle provient, et donc de quel établissement",
    ),
]
PROVED = [
    Text(
        "Python: level at least 3, not your level", "Python : niveau 3 au moins, pas votre niveau"
    ),
    Text(
        "The credential is still valid and not revoked",
        "L’attestation est encore valide et non révoquée",
    ),
]
HIDDEN = [
    Text("Your name and your date of birth", "Votre nom et votre date de naissance"),
    Text(
        "The four other competencies and their levels",
        "Les quatre autres compétences et leurs niveaux",
    ),
    Text("Your grade", "Votre note"),
]

TROUBLE = Trouble(
    Text("The registry does not answer", "Le registre ne répond pas"),
    Text("What was prepared is kept.", "Ce qui était préparé est conservé."),
    Text("Try again in a minute.", "Réessayez dans une minute."),
)
STEPS = [
    Step(Text("Schema", "Schéma"), "done", 0.3),
    Step(
        Text(
            "Credential definition (keys are being made)",
            "Définition de l’attestation (création des clés)",
        ),
        "running",
        None,
        Text("Usually 3 to 12 seconds", "3 à 12 secondes d’ordinaire"),
    ),
    Step(Text("Revocation registry", "Registre de révocation"), "waiting"),
    Step(Text("Publication in the registry", "Publication au registre"), "waiting"),
]
HOME = Action(Text("Go to the start page", "Aller à la page d’accueil"), "/")
LIVE = LiveView("/quiet", "1")
ENDED = LiveView("/quiet", "1", ended=True)
