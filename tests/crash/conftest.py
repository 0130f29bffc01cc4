"""Without Node.js there is no worker to kill, without Chromium no browser, without PostgreSQL nobody to share
with; tests/everything.py says so."""

import os
import shutil

from tests.web_worker import HAS_NODE

_HAS_CHROMIUM = shutil.which("chromium") is not None or shutil.which("chromium-browser") is not None

collect_ignore = [
    *([] if HAS_NODE else ["test_worker_killed.py"]),
    *([] if os.environ.get("MASSSENDER_TEST_POSTGRES") else ["test_drained.py", "test_two_senders.py"]),
    *([] if HAS_NODE and _HAS_CHROMIUM else ["test_web_killed.py"]),
]
