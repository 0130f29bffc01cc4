"""What is logged is said in words that stand in the code, and under names that hold nothing of anybody's."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.log_scrub import KEYS

ROOT = Path(__file__).resolve().parents[2]
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
#: The worker's own log is passed on, and what it lacks is told in the sentences of the chat.
PASSED_ON = frozenset({"bot/worker_log.py", "bot/worker.py"})


def calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("bot", "domain", "storage", "whatsapp"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "log"
                ):
                    yield f"{where}:{node.lineno}", node


def test_an_event_is_a_word_of_the_code() -> None:
    found = list(calls())
    assert len(found) > 100
    built = [
        where
        for where, call in found
        if where.partition(":")[0] not in PASSED_ON
        and not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert built == []


def test_its_fields_have_names_that_the_log_vouches_for() -> None:
    """Under any other name nothing would be said (bot/log_scrub.py)."""
    unknown = {
        f"{where} {one.arg}"
        for where, call in calls()
        for one in call.keywords
        if one.arg not in KEYS | {"exc_info", "extra"} and where.partition(":")[0] not in PASSED_ON
    }
    assert unknown == set()
