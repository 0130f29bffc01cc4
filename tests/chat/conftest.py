"""What holds for conversations."""

from tests.web_worker import HAS_NODE

#: Without Node.js there is no worker to link over; tests/everything.py says so.
collect_ignore = [] if HAS_NODE else ["test_link_over_the_worker.py"]
