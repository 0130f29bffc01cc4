"""Who wrote to an official number lately is found by when they did, not among everybody it ever wrote to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WROTE = sa.text("wrote_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_cloud_people_wrote", "cloud_people", ["account_id", "wrote_at"],
        sqlite_where=WROTE, postgresql_where=WROTE,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_cloud_people_wrote", "cloud_people")
