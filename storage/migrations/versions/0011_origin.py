"""Which campaigns are one: the parts of a list, and what follows them up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALIKE = ("account_id", "started_at", "audience_kind", "audience_ref", "text")
TABLE = sa.table("campaigns", *map(sa.column, ("id", "origin", *ALIKE)))


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("origin", sa.BigInteger()))
    # As parts were known by until now. Follow-ups from before stand for themselves.
    first, campaigns = TABLE.alias("first").c, TABLE.c
    alike = [first[name] == campaigns[name] for name in ALIKE]
    origin = sa.select(sa.func.min(first.id)).where(*alike).scalar_subquery()
    op.execute(sa.update(TABLE).where(campaigns.started_at.is_not(None)).values(origin=origin))
    op.create_index("ix_campaigns_origin", "campaigns", ["origin"])


def downgrade() -> None:
    op.drop_index("ix_campaigns_origin", "campaigns")
    op.drop_column("campaigns", "origin")
