"""What holds for the fuzzers."""

from tests.web_worker import HAS_NODE

#: Without Node.js there is no worker to ask; tests/everything.py says so.
collect_ignore = [] if HAS_NODE else ["test_worker_api.py"]
