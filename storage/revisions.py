"""The revisions that this program knows."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory

SCRIPTS: Final = Path(__file__).parent / "migrations"


@cache
def known_revisions() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions())


@cache
def head_revision() -> str:
    return ScriptDirectory(str(SCRIPTS)).get_current_head() or ""
