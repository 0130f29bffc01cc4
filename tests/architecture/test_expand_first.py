"""Migrations that senders of the version before survive: they add and take nothing away (docs/growing.md).

While senders are updated one by one, old ones work on with the new tables. What `upgrade` does is read off
its code, with every function of its file that it calls; what is no mere addition stands in the list below,
with the reason why the old ones live with it.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from storage.revisions import SCRIPTS

#: Takes away, renames or forbids what the version before may read or write, whatever is given.
NARROWS: Final = frozenset(
    {
        "drop_column", "drop_table", "rename_table", "drop_constraint", "create_check_constraint",
        "create_unique_constraint",
    }
)  # fmt: skip
#: The same, in SQL.
SQL: Final = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|CONSTRAINT)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL|ALTER\s+COLUMN)\b",
    re.IGNORECASE,
)
#: By revision: what it does all the same, and why the version before it lives with that.
ALLOWED: Final[dict[str, dict[str, str]]] = {
    "0012": {
        "drop_constraint": "the check of a column's words; made anew in the same transaction with more",
        "create_check_constraint": "the same check: all words from before are among it",
    },
}


def revisions() -> dict[str, str]:
    """The code of every migration after the first, which made the tables, by its number."""
    paths = sorted((SCRIPTS / "versions").glob("0*.py"))
    return {path.name[:4]: path.read_text("utf-8") for path in paths[1:]}


def narrowing(code: str) -> set[str]:
    """What `upgrade` does that the version before might not survive."""
    functions = {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    reached, ahead = dict[str, ast.FunctionDef](), ["upgrade"]
    while ahead:
        name = ahead.pop()
        if name in functions and name not in reached:
            reached[name] = functions[name]
            ahead += [_name(call) for call in _calls(functions[name])]
    calls = [call for function in reached.values() for call in _calls(function)]
    fresh = {_first(call) for call in calls if _name(call) == "create_table"}
    found = {what for call in calls for what in _narrowed_by(call, fresh)}
    return found | {
        match[0].lower()
        for function in reached.values()
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for match in SQL.finditer(node.value)
    }


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _first(call: ast.Call, at: int = 0) -> object:
    """What is given first (or `at`), where that is written out; None where it is not."""
    given = call.args[at] if len(call.args) > at else None
    return given.value if isinstance(given, ast.Constant) else None


def _narrowed_by(call: ast.Call, fresh: set[object]) -> set[str]:
    """`fresh`: tables that the version before does not know; what is asked of their rows is none of its
    business."""
    name, given = _name(call), {one.arg: one.value for one in call.keywords}
    if name in NARROWS:
        return {name}
    if name == "alter_column" and (
        {"new_column_name", "type_"} & set(given) or _is(given.get("nullable"), False)
    ):
        return {"alter_column"}
    if name == "create_index" and _is(given.get("unique"), True) and _first(call, 1) not in fresh:
        return {"create_index unique"}
    if name == "add_column" and _has_to_be_given(call):
        return {"add_column without a default"}
    return set()


def _has_to_be_given(add_column: ast.Call) -> bool:
    """Who does not know the column cannot write a row any more."""
    for column in (node for one in add_column.args for node in ast.walk(one) if isinstance(node, ast.Call)):
        given = {one.arg: one.value for one in column.keywords}
        if _is(given.get("nullable"), False) and "server_default" not in given:
            return True
    return False


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize("revision", revisions())
def test_an_upgrade_takes_nothing_away_from_the_version_before(revision: str) -> None:
    assert narrowing(revisions()[revision]) - set(ALLOWED.get(revision, ())) == set()


def test_nothing_is_allowed_that_nobody_does() -> None:
    done = {revision: narrowing(code) for revision, code in revisions().items()}
    assert {revision: set(reasons) - done[revision] for revision, reasons in ALLOWED.items()} == {
        revision: set() for revision in ALLOWED
    }


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("campaigns", "text")',
        'op.rename_table("campaigns", "mailings")',
        'op.alter_column("campaigns", "text", new_column_name="body")',
        'op.alter_column("campaigns", "text", nullable=False)',
        'op.add_column("campaigns", sa.Column("more", sa.Text(), nullable=False))',
        'op.create_index("ix", "campaigns", ["text"], unique=True)',
        'op.execute("ALTER TABLE campaigns DROP COLUMN text")',
        'op.execute(sa.text("alter table campaigns rename to mailings"))',
    ],
)
def test_what_takes_away_is_seen_also_in_what_upgrade_calls(statement: str) -> None:
    assert narrowing(f"def upgrade():\n    _more()\n\ndef _more():\n    {statement}\n")


@pytest.mark.parametrize(
    "statement",
    [
        'op.add_column("campaigns", sa.Column("more", sa.Text()))',
        'op.add_column("campaigns", sa.Column("more", sa.Text(), nullable=False, server_default=""))',
        'op.alter_column("campaigns", "text", nullable=True)',
        'op.create_index("ix", "campaigns", ["text"])',
        'op.create_table("new"), op.create_index("ix", "new", ["id"], unique=True)',
    ],
)
def test_what_only_adds_is_let_through(statement: str) -> None:
    assert (
        narrowing(f"def upgrade():\n    {statement}\n\ndef downgrade():\n    op.drop_table('a')\n") == set()
    )
