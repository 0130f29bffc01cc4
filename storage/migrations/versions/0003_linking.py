"""Numbers being linked over WhatsApp Web, and what is left to be done at its workers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Moment

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OPEN = "state = 'open'"
ONE_OPEN = "state = 'open' AND remote <> ''"
UNFINISHED = "state = 'open' OR message_id IS NOT NULL"


def upgrade() -> None:
    _linkings()
    _leftovers()


def downgrade() -> None:
    op.drop_table("web_leftovers")
    op.drop_table("linkings")


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


# fmt: off
def _linkings() -> None:
    op.create_table('linkings',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('account_id', Id),
        sa.Column('remote', sa.Text(), nullable=False),
        sa.Column('mode', sa.Text(), nullable=False),
        sa.Column('number', sa.Text()),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('phase', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('other', sa.Text()),
        sa.Column('message_id', sa.BigInteger()),
        sa.Column('shown', sa.Text(), nullable=False),
        sa.Column('started_at', Moment(), nullable=False),
        sa.Column('ends_at', Moment(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        _known('ck_linkings_mode_known', 'mode', 'qr code'),
        _known('ck_linkings_state_known', 'state', 'open linked ended cancelled refused failed'),
        _known('ck_linkings_phase_known', 'phase', 'starting shown syncing'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_linkings_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_linkings'),
        sqlite_autoincrement=True)
    _index('uq_linkings_open', ['remote'], ONE_OPEN, unique=True)
    _index('ix_linkings_chat_id', ['chat_id'], OPEN)
    _index('ix_linkings_unfinished', ['id'], UNFINISHED)


def _index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, 'linkings', columns, unique=unique,
                    sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _leftovers() -> None:
    op.create_table('web_leftovers',
        sa.Column('remote', sa.Text(), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('queued_at', Moment(), nullable=False),
        sa.Column('due_at', Moment(), nullable=False),
        _known('ck_web_leftovers_what_known', 'what', 'logout delete'),
        sa.PrimaryKeyConstraint('remote', name='pk_web_leftovers'),
        sqlite_with_rowid=False)
