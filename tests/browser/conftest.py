"""What can run here: the browser suite itself is left out by tests/everything.py where Chromium is not."""

from tests.web_worker import HAS_NODE

collect_ignore = [] if HAS_NODE else ["test_whatsapp_web.py"]
