"""A line of the activity log knows whom it is about, whatever they are called later."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WHOM = ("contact_id", "conversation_id")


def upgrade() -> None:
    for column in WHOM:
        op.add_column("activity", sa.Column(column, Id))


def downgrade() -> None:
    for column in WHOM:
        op.drop_column("activity", column)
