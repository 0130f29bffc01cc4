"""The words for stop and start that a workspace edited."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "stop_words",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.CheckConstraint("kind IN ('stop', 'start')", name=op.f("ck_stop_words_kind_known")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stop_words_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "language", name=op.f("pk_stop_words")),
    )


def downgrade() -> None:
    op.drop_table("stop_words")
