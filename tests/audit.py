"""`make audit`: known vulnerabilities in what we depend on, as far as the registries here say so.

What has a fix fails the audit, unless `audit-ignores.txt` names it with a reason.
A registry that does not tell is named; then nothing was audited, which is not the same as nothing found.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
IGNORES: Final = ROOT / "audit-ignores.txt"
#: One package is asked about before all are: a registry that does not tell is not asked a hundred times.
PROBE: Final = "pip=="
SECONDS: Final = 20


class Found(NamedTuple):
    """A known vulnerability. `fixed` is a version without it; "" when there is none yet."""

    package: str
    id: str
    fixed: str


def python_report(report: Mapping[str, Any]) -> Iterator[Found]:
    """Of pip-audit's JSON. Raises LookupError when a package could not be audited."""
    for package in report["dependencies"]:
        if "skip_reason" in package:
            raise LookupError(f"{package['name']}: {package['skip_reason']}")
        for known in package["vulns"]:
            fixed = (known["fix_versions"] or [""])[-1]
            for id in {known["id"], *known["aliases"]}:
                yield Found(package["name"], id, fixed)


def node_report(report: Mapping[str, Any]) -> Iterator[Found]:
    """Of `npm audit --json`. Raises LookupError when the registry did not tell."""
    if "vulnerabilities" not in report:
        raise LookupError(str(report.get("message", "no answer")))
    for name, known in report["vulnerabilities"].items():
        fix = known.get("fixAvailable")
        fixed = fix["version"] if isinstance(fix, dict) else ("a newer one" if fix else "")
        for via in known["via"]:
            if isinstance(via, dict):
                yield Found(name, via["url"].rpartition("/")[2], fixed)


def ignored(text: str) -> dict[str, str]:
    """Ids with why. Raises ValueError for one without a reason."""
    reasons = {}
    for line in text.splitlines():
        id, _, reason = line.strip().partition(" ")
        if not id or id.startswith("#"):
            continue
        if len(reason.split()) < 3:
            raise ValueError(f"{IGNORES.name}: {id} is ignored without a reason")
        reasons[id] = reason
    return reasons


def verdict(found: Sequence[Found], reasons: Mapping[str, str]) -> list[str]:
    """What has to be mended. What goes by several names is ignored by any of them."""
    spared = {(one.package, one.fixed) for one in found if one.id in reasons}
    return sorted(
        f"{one.package}: {one.id}, fixed in {one.fixed}"
        for one in found
        if one.fixed and (one.package, one.fixed) not in spared
    )


def python_found() -> list[Found]:
    pinned = (ROOT / "constraints.txt").read_text()
    [probe] = [line for line in pinned.splitlines() if line.startswith(PROBE)]
    _pip_audit(probe)
    return _pip_audit(pinned)


def _pip_audit(requirements: str) -> list[Found]:
    """Raises LookupError when the registry does not tell."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [
            *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
            *("--disable-pip", "--no-deps", "--timeout", str(SECONDS), "--requirement", file.name),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return list(python_report(json.loads(done.stdout)))
    except ValueError:
        raise LookupError((done.stderr.strip() or "no answer").splitlines()[-1]) from None


def node_found() -> list[Found]:
    command = ["npm", "audit", "--json", "--package-lock-only"]
    try:
        done = subprocess.run(
            command, cwd=ROOT / "worker_node", capture_output=True, text=True, timeout=120, check=False
        )
        return list(node_report(json.loads(done.stdout)))
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise LookupError(type(error).__name__) from None


def main() -> int:
    reasons = ignored(IGNORES.read_text())
    wrong: list[str] = []
    for what, find in (("Python packages", python_found), ("the worker's packages", node_found)):
        try:
            found = find()
        except LookupError as error:
            print(f"NOT AUDITED: {what}: the registry does not tell ({error}). Try again where it does.")
            continue
        print(f"{what}: {len({(one.package, one.fixed) for one in found})} known vulnerabilities")
        wrong += verdict(found, reasons)
    for line in wrong:
        print(f"MEND: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
