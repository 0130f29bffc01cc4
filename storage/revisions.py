"""The revisions that this program knows, and the one that a database is at.

Read without Alembic, which is wanted only when something is to be migrated: it takes a fifth of a second and
10 MB.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

SCRIPTS: Final = Path(__file__).parent / "migrations"
_NAMES: Final = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = (?:["\'](\w+)["\']|None)', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """`head`: the newest; empty where there is none."""

    head: str
    known: frozenset[str]


def read_revisions(scripts: Path = SCRIPTS) -> Revisions:
    """By what the migrations say of themselves; each follows one other."""
    known: set[str] = set()
    followed: set[str] = set()
    for script in (scripts / "versions").glob("*.py"):
        for name, revision in _NAMES.findall(script.read_text()):
            (known if name == "revision" else followed).add(revision)
    [head] = known - followed or {""}
    return Revisions(head=head, known=frozenset(known))


@cache
def _ours() -> Revisions:
    return read_revisions()


def known_revisions() -> frozenset[str]:
    return _ours().known


def head_revision() -> str:
    return _ours().head


def revision_of(connection: Connection) -> str | None:
    """Of the database; None of one that was never migrated."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
