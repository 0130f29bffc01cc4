"""The catalogue and the code say the same: no key without a sentence, no sentence that nobody says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.texts import CATALOGUES

ROOT = Path(__file__).resolve().parents[2]
KEYS = frozenset(CATALOGUES["en"])

#: Calls whose first argument is a key.
SAYING = frozenset({"say", "plain", "has"})


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("bot", "domain", "storage", "whatsapp"):
        for path in (ROOT / folder).rglob("*.py"):
            if "texts" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def strings() -> Iterator[str]:
    """Every text that stands in the code as a whole."""
    for _, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def patterns() -> Iterator[re.Pattern[str]]:
    """Every f-string that could be a key and begins with a word of its own: `pause.{why}`, say."""
    for _, module in modules():
        for node in ast.walk(module):
            if not isinstance(node, ast.JoinedStr):
                continue
            first = node.values[0]
            if isinstance(first, ast.Constant) and re.match(r"\w+\.", str(first.value)):
                yield re.compile("".join(map(_piece, node.values)))


def _piece(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+"


def test_every_sentence_is_said_somewhere() -> None:
    whole, blanks = set(strings()), list(patterns())
    unsaid = [key for key in sorted(KEYS - whole) if not any(pattern.fullmatch(key) for pattern in blanks)]
    assert unsaid == []


def test_every_key_that_is_said_has_a_sentence() -> None:
    said, missing = 0, []
    for path, module in modules():
        for key, line in _keys_said(module):
            said += 1
            if key not in KEYS:
                missing.append(f"{path.relative_to(ROOT)}:{line} {key}")
    assert missing == []
    assert said > 200


def _keys_said(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Keys written out in calls of what is imported from bot.texts."""
    saying = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "bot.texts"
        for alias in node.names
    } & SAYING
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in saying
            and node.args
        ):
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, node.lineno
