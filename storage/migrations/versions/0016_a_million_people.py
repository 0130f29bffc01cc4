"""A million people: found by name, and by when they were sent to, without a look at all of them; what
attributes they have; movements of points in sum."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Moment

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LINES = """INSERT INTO ledger_lines
(workspace_id, campaign_id, kind, points, held, owed, entries, at, note, newest)
SELECT workspace_id, campaign_id, kind, SUM(points), SUM(held), SUM(owed), COUNT(*), MAX(at), MAX(note),
MAX(id)
FROM ledger WHERE campaign_id IS NOT NULL GROUP BY workspace_id, campaign_id, kind"""
ROLLED = """UPDATE wallets SET rolled_up = COALESCE(
(SELECT MAX(id) FROM ledger WHERE ledger.workspace_id = wallets.workspace_id), 0)"""
BY_NAME = ["workspace_id", "name_folded", "number"]
INDEXES = (
    ("ix_contacts_name", "contacts", BY_NAME, "forgotten_at IS NULL"),
    ("ix_contacts_stopped", "contacts", BY_NAME, "consent = 'revoked' AND forgotten_at IS NULL"),
    ("ix_ledger_single", "ledger", ["workspace_id", "id"], "campaign_id IS NULL"),
    ("ix_recipients_sent", "recipients", ["campaign_id", "sent_at"], "sent_at IS NOT NULL"),
)
FIELDS = "INSERT INTO contact_fields (workspace_id, name) SELECT DISTINCT workspace_id, key FROM contacts, "
KEYS = {"sqlite": "json_each(attributes)", "postgresql": "jsonb_object_keys(attributes) AS k(key)"}


def upgrade() -> None:
    for name, table, columns, which in INDEXES:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "contact_fields",
        sa.Column("workspace_id", Id, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "name", name="pk_contact_fields"),
        sqlite_with_rowid=False,
    )
    op.execute(FIELDS + KEYS[op.get_bind().dialect.name])
    _numbered()
    _ledger_lines()


def _numbered() -> None:
    where = {
        dialect: sa.text(f"{digit} AND forgotten_at IS NULL")
        for dialect, digit in (
            ("sqlite", "name_folded GLOB '*[0-9]*'"),
            ("postgresql", "name_folded ~ '[0-9]'"),
        )
    }
    op.create_index(
        "ix_contacts_numbered", "contacts", BY_NAME, sqlite_where=where["sqlite"],
        postgresql_where=where["postgresql"],
    )  # fmt: skip


def _ledger_lines() -> None:
    op.add_column("wallets", sa.Column("rolled_up", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "ledger_lines",
        sa.Column("workspace_id", Id, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("campaign_id", Id, sa.ForeignKey("campaigns.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("points", "held", "owed", "entries")),
        sa.Column("at", Moment, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("newest", Id, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "campaign_id", "kind", name="pk_ledger_lines"),
        sqlite_with_rowid=False,
    )
    op.execute(LINES)
    op.execute(ROLLED)


def downgrade() -> None:
    op.drop_table("ledger_lines")
    op.drop_column("wallets", "rolled_up")
    op.drop_index("ix_contacts_numbered", "contacts")
    op.drop_table("contact_fields")
    for name, table, _columns, _which in INDEXES:
        op.drop_index(name, table)
