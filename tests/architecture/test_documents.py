"""The documents tell the truth: settings, protocols, commands, links."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from acquis.credentials.verify import CHECK_IDS
from support.settings_page import settings_page

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()
    assert "None" not in settings_page()
    code = "\n".join(each.read_text(encoding="utf-8") for each in ROOT.glob("*/command.py"))
    named = set(re.findall(r"ACQUIS_[A-Z_]+[A-Z]", code)) | {"refresh_on_miss", "publish_url"}
    assert {name for name in named if f"| `{name}` |" not in settings_page()} == set()


def test_every_make_target_that_a_document_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))
        assert named <= targets, document
    assert {"demo", "test", "bench", "clean"} <= set(re.findall(r"make ([a-z-]+)", README))


def test_the_two_commands_are_all_a_newcomer_needs() -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "demo", "test"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert ".ci/setup" in dry
    assert "shared" not in dry
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")


def test_the_two_halves_of_the_tests_are_all_of_them() -> None:
    halves = (ROOT / ".ci" / "tests").read_text(encoding="utf-8")
    named = set(re.findall(r"tests/([a-z0-9]+)", halves))
    assert named == {each.relative_to(ROOT / "tests").parts[0] for each in _test_files()}


def _test_files() -> list[Path]:
    return sorted((ROOT / "tests").rglob("test_*.py"))


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if not link.startswith(("http:", "https:")):
                assert (document.parent / link).exists(), f"{document}: {link}"


def test_the_readmes_figures_are_in_the_form_of_the_benchmark() -> None:
    quoted = re.search(r"```json\n(\{.*?\})\n```", README, re.DOTALL)
    assert quoted is not None
    assert set(json.loads(quoted[1])) == {
        "issuance_ratio",
        "presentation_ratio",
        "issuances_per_s",
        "presentation_s",
        "memory_mb_max",
    }


def test_the_figures_of_the_registry_are_in_the_form_of_its_benchmark() -> None:
    page = (ROOT / "docs" / "registry.md").read_text(encoding="utf-8")
    quoted = re.search(r"```json\n(\{.*?\})\n```", page, re.DOTALL)
    assert quoted is not None
    assert set(json.loads(quoted[1])) == {
        "read_cached_ms",
        "read_cold_ms",
        "first_mirror_s",
        "refresh_after_change_s",
        "publish_visible_s",
        "mirror_memory_mb",
    }


def test_each_decision_has_its_three_parts() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert len(decisions) >= 6
    for decision in decisions:
        text = decision.read_text(encoding="utf-8")
        for part in ("## Context", "## Decision", "## Consequence"):
            assert part in text, decision


def test_the_threat_model_has_every_check_and_the_agents_word_of_its_vectors() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\| (\**[a-z ]+\*)[^|]*\|", page, re.MULTILINE)
    assert tuple(check for check, _ in rows) == CHECK_IDS
    said = {"true": True, "false": False, "not asked": None}
    for line, (check, word) in zip(re.findall(r"^\| `.*", page, re.MULTILINE), rows, strict=True):
        names = re.findall(r"\[`([a-z-]+)`\]", line)
        assert names, check
        for name in names:
            [file] = (ROOT / "tests" / "vectors").glob(f"in*/{name}.json")
            vector = json.loads(file.read_text(encoding="utf-8"))
            alone = (vector["alone"] or {}).get("acapy", {}).get("verified")
            assert (vector["expected"]["named"], alone) == (check, said[word.strip("*")]), name


def test_every_test_that_a_document_names_exists() -> None:
    tests = "\n".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py")
    )
    for document in DOCUMENTS:
        for named in re.findall(r"`(test_\w+)`", document.read_text(encoding="utf-8")):
            assert f"def {named}(" in tests, f"{document}: {named}"
