"""What the registries know of our dependencies is judged as it should be."""

import json

import pytest

from tests import audit
from tests.audit import Found, ignored, node_report, python_report, verdict

PYTHON = json.loads("""
{"dependencies": [
  {"name": "pillow", "version": "1.0", "vulns": [
    {"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": ["CVE-1"], "description": "x"}]},
  {"name": "yarl", "version": "1.0", "vulns": [
    {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": "x"}]},
  {"name": "rich", "version": "1.0", "vulns": []}], "fixes": []}
""")
NODE = json.loads("""
{"auditReportVersion": 2, "vulnerabilities": {
  "ws": {"name": "ws", "severity": "high", "via": [{"source": 1, "url": "https://example.org/advisories/GHSA-1"}],
    "fixAvailable": {"name": "ws", "version": "8.1", "isSemVerMajor": false}},
  "puppeteer": {"name": "puppeteer", "via": ["ws"], "fixAvailable": true},
  "tar": {"name": "tar", "via": [{"source": 2, "url": "https://example.org/advisories/GHSA-2"}],
    "fixAvailable": false}}}
""")


def test_a_vulnerability_with_a_fix_has_to_be_mended_and_one_without_not() -> None:
    assert verdict(list(python_report(PYTHON)), {}) == [
        "pillow: CVE-1, fixed in 1.1", "pillow: PYSEC-1, fixed in 1.1",
    ]  # fmt: skip
    assert verdict(list(node_report(NODE)), {}) == ["ws: GHSA-1, fixed in 8.1"]


@pytest.mark.parametrize("id", ["PYSEC-1", "CVE-1"])
def test_one_that_is_ignored_with_a_reason_passes_by_any_of_its_names(id: str) -> None:
    assert verdict(list(python_report(PYTHON)), ignored(f"# why\n\n{id} never given what others wrote")) == []


def test_nothing_is_ignored_without_a_reason() -> None:
    with pytest.raises(ValueError, match="PYSEC-1 is ignored without a reason"):
        ignored("PYSEC-1 later")


def test_a_registry_that_does_not_tell_is_not_taken_for_good_news(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skipped = {"dependencies": [{"name": "pip", "skip_reason": "not found"}]}
    with pytest.raises(LookupError, match="pip: not found"):
        list(python_report(skipped))
    with pytest.raises(LookupError, match="405"):
        list(node_report({"message": "405 Method Not Allowed"}))

    def silent() -> list[Found]:
        raise LookupError("405")

    monkeypatch.setattr(audit, "python_found", silent)
    monkeypatch.setattr(audit, "node_found", lambda: list(node_report(NODE)))
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert "NOT AUDITED: Python packages" in said and "MEND: ws: GHSA-1" in said
