"""Which journal a try was to be put to; up to where an account's news are of before it was linked; and whose
news are still to be read in a session that is taken back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("journal", sa.Text()))
    op.add_column("directs", sa.Column("journal", sa.Text()))
    op.add_column("accounts", sa.Column("linked_cursor", sa.BigInteger()))
    op.add_column("web_leftovers", sa.Column("account_id", Id))


def downgrade() -> None:
    op.drop_column("web_leftovers", "account_id")
    op.drop_column("accounts", "linked_cursor")
    op.drop_column("directs", "journal")
    op.drop_column("attempts", "journal")
