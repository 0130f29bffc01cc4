"""Whom a number reaches on the official channel: two numbers may be one person's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REACHES_SOMEBODY = sa.text("reaches IS NOT NULL")


def upgrade() -> None:
    op.add_column("cloud_people", sa.Column("reaches", sa.Text()))
    op.execute("UPDATE cloud_people SET reaches = wa_id")
    op.create_index(
        "ix_cloud_people_reaches", "cloud_people", ["account_id", "reaches"],
        sqlite_where=REACHES_SOMEBODY, postgresql_where=REACHES_SOMEBODY,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_cloud_people_reaches", "cloud_people")
    op.drop_column("cloud_people", "reaches")
