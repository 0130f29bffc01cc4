"""What is asked of names and of those who have said stop is answered by an index alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BY_NAME = ["workspace_id", "name_folded", "number"]
HERE = "forgotten_at IS NULL"
STOPPED = f"consent = 'revoked' AND {HERE}"
DIGIT = {"sqlite": "name_folded GLOB '*[0-9]*'", "postgresql": "name_folded ~ '[0-9]'"}


def upgrade() -> None:
    for name in ("name", "stopped", "numbered"):
        op.drop_index(f"ix_contacts_{name}", "contacts")
    _index("called", [*BY_NAME, "forgotten_at"], HERE)
    _index("stopped", [*BY_NAME, "consent", "forgotten_at"], STOPPED)
    _index("numbered", BY_NAME, DIGIT[op.get_bind().dialect.name])


def downgrade() -> None:
    for name in ("called", "stopped", "numbered"):
        op.drop_index(f"ix_contacts_{name}", "contacts")
    _index("name", BY_NAME, HERE)
    _index("stopped", BY_NAME, STOPPED)
    _index("numbered", BY_NAME, f"{DIGIT[op.get_bind().dialect.name]} AND {HERE}")


def _index(name: str, columns: list[str], which: str) -> None:
    where = sa.text(which)
    op.create_index(f"ix_contacts_{name}", "contacts", columns, sqlite_where=where, postgresql_where=where)
