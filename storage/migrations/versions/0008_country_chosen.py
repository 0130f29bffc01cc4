"""Whether somebody named a workspace's country, so that the first linked number leaves it alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    chosen: sa.Column[bool] = sa.Column(
        "country_chosen", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("workspaces", chosen)


def downgrade() -> None:
    op.drop_column("workspaces", "country_chosen")
