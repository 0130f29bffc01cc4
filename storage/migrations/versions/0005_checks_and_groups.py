"""Which numbers are on WhatsApp; groups on their way into contacts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json, Moment

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ["number_checks", "check_asks", "check_jobs", "group_imports", "group_lists"]
RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    _checks()
    _groups()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


# fmt: off
def _checks() -> None:
    op.create_table('number_checks',
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('on_whatsapp', sa.Boolean()),
        sa.Column('at', Moment(), nullable=False),
        _refers('number_checks', 'workspace_id', 'workspaces.id'),
        sa.PrimaryKeyConstraint('workspace_id', 'number', name='pk_number_checks'),
        sqlite_with_rowid=False)
    op.create_table('check_asks',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('numbers', sa.Integer(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        _refers('check_asks', 'account_id', 'accounts.id'),
        sa.PrimaryKeyConstraint('id', name='pk_check_asks'))
    op.create_index('ix_check_asks_account_id', 'check_asks', ['account_id', 'at'])
    op.create_table('check_jobs',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('campaign_id', Id, nullable=False),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('next_at', Moment(), nullable=False),
        sa.Column('started_at', Moment(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        _known('ck_check_jobs_state_known', 'state', 'running done stopped failed'),
        _refers('check_jobs', 'workspace_id', 'workspaces.id'),
        _refers('check_jobs', 'account_id', 'accounts.id'),
        _refers('check_jobs', 'campaign_id', 'campaigns.id'),
        sa.PrimaryKeyConstraint('id', name='pk_check_jobs'),
        sqlite_autoincrement=True)
    op.create_index('uq_check_jobs_running', 'check_jobs', ['campaign_id'], unique=True,
                    sqlite_where=RUNNING, postgresql_where=RUNNING)
    op.create_index('ix_check_jobs_campaign_id', 'check_jobs', ['campaign_id', 'id'])


def _groups() -> None:
    op.create_table('group_imports',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('groups', Json, nullable=False),
        sa.Column('read_at', Moment()),
        sa.Column('refreshing', sa.Boolean(), nullable=False),
        sa.Column('chosen', Json, nullable=False),
        sa.Column('counts', Json, nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        _known('ck_group_imports_state_known', 'state',
               'reading choosing counting confirming storing done failed cancelled'),
        _refers('group_imports', 'workspace_id', 'workspaces.id'),
        _refers('group_imports', 'account_id', 'accounts.id'),
        sa.PrimaryKeyConstraint('id', name='pk_group_imports'),
        sqlite_autoincrement=True)
    op.create_index('ix_group_imports_workspace_id', 'group_imports', ['workspace_id', 'id'])
    op.create_index('ix_group_imports_state', 'group_imports', ['state'])
    op.create_table('group_lists',
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('group_id', sa.Text(), nullable=False),
        sa.Column('list_id', Id, nullable=False),
        _refers('group_lists', 'workspace_id', 'workspaces.id'),
        sa.PrimaryKeyConstraint('workspace_id', 'group_id', name='pk_group_lists'),
        sqlite_with_rowid=False)
