"""What each check and each verdict is called in a sentence: a few words for people, not its id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from acquis.text import Text

_TITLES: Mapping[str, Text] = MappingProxyType(
    {
        "readable": Text("form of the answer", "forme de la réponse"),
        "same-request": Text("request that is answered", "demande à laquelle elle répond"),
        "same-exchange": Text("exchange and browser", "échange et navigateur"),
        "enough": Text("extent of the choice", "étendue du choix"),
        "agent-verdict": Text("verdict of the agent", "verdict de l’agent"),
        "agent-warnings": Text("remarks of the agent", "remarques de l’agent"),
        "all-answered": Text("complete answers", "réponses complètes"),
        "proof-sound": Text("soundness of the proof", "solidité de la preuve"),
        "values-signed": Text("signed values", "valeurs signées"),
        "holder-binding": Text("one single holder", "un seul détenteur"),
        "trust-list": Text("trust list", "liste de confiance"),
        "one-credential": Text("one credential a competency", "une attestation par compétence"),
        "mirror-age": Text(
            "age of our copy of the registry", "ancienneté de notre copie du registre"
        ),
        "issuer-identity": Text("identity of the institution", "identité de l’établissement"),
        "issuer-documents": Text("documents of the institution", "documents de l’établissement"),
        "not-revoked": Text("revocation", "révocation"),
        "issuer-recognised": Text(
            "recognition of the institution", "reconnaissance de l’établissement"
        ),
        "assessed": Text("assessment", "évaluation"),
        "quality-assured": Text("quality assurance", "assurance qualité"),
        "asked-credential": Text("kind of credential", "type d’attestation"),
        "competency": Text("competency and level", "compétence et niveau"),
        "still-valid": Text("validity", "validité"),
        "awarded-since": Text("date of the award", "date de délivrance"),
        "verdict:authentic": Text("authenticity", "authenticité"),
        "verdict:assurance": Text("assurance", "garanties"),
        "verdict:fit": Text("fitness for the request", "conformité à la demande"),
    }
)


def title_of(name: str) -> Text:
    """Return the title of a check by its id, or of a verdict by its name in a policy."""
    return _TITLES.get(name, Text(name, name))
