"""What is unknown is found without looking at everything that was ever sent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _index("ix_attempts_unknown", "attempts", ["account_id", "claimed_at"], "progress = 20")
    _index("ix_directs_unknown", "directs", ["account_id", "queued_at"], "state = 'unknown'")


def downgrade() -> None:
    op.drop_index("ix_directs_unknown", "directs")
    op.drop_index("ix_attempts_unknown", "attempts")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
