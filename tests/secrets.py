"""Whether something that looks like a secret is to be committed. Run by `make check`.

What only looks like one stands in `.secrets.baseline`, or bears `pragma: allowlist secret`. Unlike the
library's own hook this minds no line numbers: they move with every edit above.

    python -m tests.secrets            say what is new, and fail
    python -m tests.secrets --accept   write down all that is found now
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

BASELINE: Final = Path(".secrets.baseline")

Found = tuple[str, str, str]


def known(baseline: dict[str, Any]) -> set[Found]:
    """File, kind and hash of each."""
    results = baseline["results"].items()
    return {(name, one["type"], one["hashed_secret"]) for name, some in results for one in some}


def main() -> int:
    baseline: dict[str, Any] = json.loads(BASELINE.read_text())
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    found = SecretsCollection()
    with transient_settings({key: baseline[key] for key in ("plugins_used", "filters_used")}):
        found.scan_files(*(name for name in listed.split("\0") if name and name != BASELINE.name))
        results = found.json()
    if "--accept" in sys.argv[1:]:
        BASELINE.write_text(json.dumps({**baseline, "results": results}, indent=2, sort_keys=True) + "\n")
        return 0
    accepted = known(baseline)
    new = [
        f"{name}:{one['line_number']}: {one['type']}"
        for name, some in sorted(results.items())
        for one in some
        if (name, one["type"], one["hashed_secret"]) not in accepted
    ]
    for line in new:
        print(line)
    if new:
        print("Looks like a secret. If it is one, take it out and make it void: it is known already. If not,")
        print("write `pragma: allowlist secret` beside it, or run `python -m tests.secrets --accept`.")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
