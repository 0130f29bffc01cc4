"""`make test`: every suite, with what it needs started.

PostgreSQL is started for the run where it is installed; the browser suite runs where Chromium is, the
WhatsApp Web worker's own suites and those over it where Node.js is. In CI (CI=true) all have to be there, and
a single skipped test is a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.postgres import running_postgres

SUITES_WITHOUT_BROWSER: Final = ["--ignore=tests/browser"]
WORKER: Final = Path(__file__).resolve().parents[1] / "worker_node"
#: npm writes this last.
INSTALLED: Final = WORKER / "node_modules" / ".package-lock.json"


def main() -> int:
    in_ci = bool(os.environ.get("CI"))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    has_worker = worker_is_installed()
    arguments = sys.argv[1:]
    # Whoever names tests wants those.
    node_too = has_worker and not arguments
    with running_postgres() as url:
        if in_ci and (url is None or chromium is None or not has_worker):
            print("CI needs PostgreSQL, Chromium and Node.js with npm; one is missing.", file=sys.stderr)
            return 1
        environment = dict(os.environ)
        if url is not None:
            environment["MASSSENDER_TEST_POSTGRES"] = url
        else:
            print("PostgreSQL is not installed: its suites are left out (apt install postgresql).")
        if chromium is None:
            print("Chromium is not installed: the browser suite is left out (apt install chromium).")
            arguments += SUITES_WITHOUT_BROWSER
        if not has_worker:
            print("Node.js 20 with npm is not installed: the suites of the WhatsApp Web worker are left out")
            print("(apt install nodejs npm).")
        command = [sys.executable, "-m", "pytest", *side_by_side(), *arguments]
        python = subprocess.run(command, env=environment).returncode
    return python or (node_suites() if node_too else 0)


def side_by_side() -> list[str]:
    """A process a core, a file's tests together: several suites share what a file sets up."""
    return ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]


def worker_is_installed() -> bool:
    """Whether the worker can run; its packages are installed for that, where npm is there."""
    if shutil.which("node") is None:
        return False
    lock = WORKER / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm")
    if npm is None:
        return INSTALLED.exists()
    print("Installing the packages of the WhatsApp Web worker (npm ci).")
    command = [npm, "ci", "--no-audit", "--no-fund"]
    environment = {**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"}
    done = subprocess.run(command, cwd=WORKER, env=environment)
    return done.returncode == 0


def node_suites() -> int:
    return subprocess.run(["npm", "test"], cwd=WORKER).returncode


if __name__ == "__main__":
    sys.exit(main())
