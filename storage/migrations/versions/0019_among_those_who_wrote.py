"""Who wrote to an official number lately is found by when they did, not among everybody it ever wrote to; and
a search among conversations, on SQLite, looks at an index alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WROTE = sa.text("wrote_at IS NOT NULL")
BY_LAST = ["workspace_id", "last_at"]


def upgrade() -> None:
    op.create_index(
        "ix_cloud_people_wrote", "cloud_people", ["account_id", "wrote_at"],
        sqlite_where=WROTE, postgresql_where=WROTE,
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        looked_at = [*BY_LAST, "number", "called_folded", "contact_id"]
        op.create_index("ix_conversations_sought", "conversations", looked_at)
        op.drop_index("ix_conversations_last_at", "conversations")


def downgrade() -> None:
    op.drop_index("ix_cloud_people_wrote", "cloud_people")
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_conversations_last_at", "conversations", BY_LAST)
        op.drop_index("ix_conversations_sought", "conversations")
