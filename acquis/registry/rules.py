"""The rules a published file must keep, by name, and the refusal that names the one it broke.

The names are stable: the registry host puts them into its problem documents and the tests into
their titles. The rules themselves are said where they are checked.
"""

from __future__ import annotations

from enum import StrEnum

from acquis.errors import Untrusted
from acquis.text import Text


class Rule(StrEnum):
    """What can be broken by something that was published, or is about to be."""

    SIZE = "size"
    JSON = "json"
    MULTIBASE = "multibase"
    DID_FORM = "did-form"
    LOG_FORM = "log-form"
    LOG_CHAIN = "log-chain"
    LOG_ROLLBACK = "log-rollback"
    LOG_DEACTIVATED = "log-deactivated"
    WITNESS = "witness"
    RESOURCE_FORM = "resource-form"
    RESOURCE_ID = "resource-id"
    DIGEST = "digest"
    PROOF_FORM = "proof-form"
    PROOF_KEY = "proof-key"
    PROOF_SIGNATURE = "proof-signature"
    TYPE = "type"
    CONTENT_FORM = "content-form"
    ISSUER = "issuer"
    LINKS = "links"
    TAILS = "tails"
    STATUS_LIST = "status-list"
    DATED_AHEAD = "dated-ahead"
    TRUST_LIST = "trust-list"
    PATH = "path"
    INDEX = "index"
    REFERENCE = "reference"
    LOG_EXTENDED = "log-only-extended"
    PRE_ROTATION = "pre-rotation"
    RESOURCE_CHANGED = "resource-only-signed-again"
    PERSONAL_DATA = "personal-data"
    # of the host alone: about who writes, when and how
    GRANTED = "namespace-granted"
    LOG_FIRST = "log-first"
    TAG = "compare-and-swap"
    TAILS_FORM = "tails-form"
    IN_TIME = "in-time"
    QUOTA = "quota"


class RuleBroken(Untrusted):
    """A published file breaks a rule; ``rule`` names it."""

    def __init__(self, rule: Rule, says: Text) -> None:
        self.rule = rule
        super().__init__(says)


def broken(rule: Rule, en: str, fr: str) -> RuleBroken:
    """Return the refusal that names ``rule`` and says in both languages what was found."""
    return RuleBroken(rule, Text(en, fr))
