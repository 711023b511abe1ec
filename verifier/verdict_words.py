"""What the three verdicts are called: on the result's page, in a terminal, on a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acquis.credentials.report import Aspect
from acquis.text import Text

VERDICTS: Final[Mapping[Aspect, Text]] = {
    Aspect.AUTHENTIC: Text("Authentic", "Authentique"),
    Aspect.ASSURANCE: Text("Assurance", "Garanties"),
    Aspect.FIT: Text("Fit", "Conforme à la demande"),
}
