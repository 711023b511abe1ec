"""The names of what a credential holds besides its competencies, and what they mean to people.

Every schema of ours carries these attributes beside one attribute per competency; where one
does not apply its value is the empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from acquis.text import Text

COMMON_ATTRIBUTES: Mapping[str, Text] = MappingProxyType(
    {
        "achievement_id": Text(
            "which achievement it is (a public page)",
            "de quelle microcertification il s’agit (page publique)",
        ),
        "achievement_name": Text("the name of the achievement", "le nom de la microcertification"),
        "awarding_body": Text("the awarding body", "l’organisme qui délivre"),
        "issuer_country": Text("the country of the issuer", "le pays de l’émetteur"),
        "given_name": Text("the learner's given name", "le prénom de l’apprenant"),
        "family_name": Text("the learner's family name", "le nom de famille de l’apprenant"),
        "birth_date": Text("the learner's date of birth", "la date de naissance de l’apprenant"),
        "awarded_on": Text("the date of the award", "la date de délivrance"),
        "valid_until": Text("the last day of validity", "le dernier jour de validité"),
        "review_on": Text("the date by which to re-assess", "la date de réévaluation conseillée"),
        "ects_hundredths": Text("the ECTS credits", "les crédits ECTS"),
        "workload_hours": Text("the workload in hours", "la charge de travail en heures"),
        "eqf_level": Text("the EQF level", "le niveau CEC"),
        "assessment_type": Text("the type of assessment", "le type d’évaluation"),
        "participation_form": Text("the form of participation", "la forme de participation"),
        "quality_assurance": Text("the type of quality assurance", "le type d’assurance qualité"),
        "identity_verification": Text(
            "how the learner's identity was checked at the assessment",
            "comment l’identité de l’apprenant a été contrôlée à l’évaluation",
        ),
        "grade": Text("the grade", "la note"),
        "language": Text("the language of the award", "la langue de la délivrance"),
        "credential_id": Text("the number of the credential", "le numéro de l’attestation"),
        "evidence_digest": Text("the digest of the evidence", "l’empreinte des preuves"),
    }
)

NO_LIMIT = 99991231
