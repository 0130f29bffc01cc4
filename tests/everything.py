"""`make test`: every suite, with what it needs started.

PostgreSQL is started for the run where it is installed; the browser suite runs where Chromium is. In CI
(CI=true) both have to be there, and a single skipped test is a failure.
"""

import os
import shutil
import subprocess
import sys

from tests.postgres import running_postgres

SUITES_WITHOUT_BROWSER = ["--ignore=tests/browser"]


def main() -> int:
    in_ci = bool(os.environ.get("CI"))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = sys.argv[1:]
    with running_postgres() as url:
        if in_ci and (url is None or chromium is None):
            print("CI needs PostgreSQL and Chromium; one of them is missing.", file=sys.stderr)
            return 1
        environment = dict(os.environ)
        if url is not None:
            environment["MASSSENDER_TEST_POSTGRES"] = url
        else:
            print("PostgreSQL is not installed: its suites are left out (apt install postgresql).")
        if chromium is None:
            print("Chromium is not installed: the browser suite is left out (apt install chromium).")
            arguments += SUITES_WITHOUT_BROWSER
        command = [sys.executable, "-m", "pytest", *side_by_side(), *arguments]
        return subprocess.run(command, env=environment).returncode


def side_by_side() -> list[str]:
    """A process a core, a file's tests together: several suites share what a file sets up."""
    return ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]


if __name__ == "__main__":
    sys.exit(main())
