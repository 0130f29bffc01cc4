"""A search among names is answered by their index alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = ["workspace_id", "name_folded", "number"]


def upgrade() -> None:
    here = sa.text("forgotten_at IS NULL")
    op.create_index(
        "ix_contacts_called", "contacts", [*COLUMNS, "forgotten_at"], sqlite_where=here, postgresql_where=here
    )
    op.drop_index("ix_contacts_name", "contacts")


def downgrade() -> None:
    here = sa.text("forgotten_at IS NULL")
    op.create_index("ix_contacts_name", "contacts", COLUMNS, sqlite_where=here, postgresql_where=here)
    op.drop_index("ix_contacts_called", "contacts")
