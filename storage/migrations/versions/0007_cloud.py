"""The official channel: accounts, templates, webhooks, who people are there; a campaign's template."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json, Moment

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = [
    "cloud_accounts", "cloud_templates", "cloud_webhooks", "cloud_uploads", "cloud_people", "cloud_counts"
]  # fmt: skip
WAITING = sa.text("body IS NOT NULL AND aside IS NULL")
HAS_WA_ID = sa.text("wa_id IS NOT NULL")
HAS_USER_ID = sa.text("user_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("template", Json))
    _accounts()
    _webhooks_and_files()
    _people()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("campaigns", "template")


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


# fmt: off
def _accounts() -> None:
    op.create_table('cloud_accounts',
        sa.Column('account_id', Id, nullable=False),
        sa.Column('waba_id', sa.Text(), nullable=False),
        sa.Column('token', sa.LargeBinary(), nullable=False),
        sa.Column('app_secret', sa.LargeBinary()),
        sa.Column('verified_name', sa.Text(), nullable=False),
        sa.Column('quality', sa.Text(), nullable=False),
        sa.Column('throughput', sa.Text(), nullable=False),
        sa.Column('ceiling', sa.Float(), nullable=False),
        sa.Column('people', sa.Integer()),
        sa.Column('status', sa.Text(), nullable=False),
        sa.Column('can_send', sa.Text(), nullable=False),
        sa.Column('token_state', sa.Text(), nullable=False),
        sa.Column('token_state_at', Moment(), nullable=False),
        sa.Column('checked_at', Moment(), nullable=False),
        sa.Column('templates_at', Moment()),
        sa.Column('heard_at', Moment()),
        _known('ck_cloud_accounts_quality_known', 'quality', 'green yellow red unknown'),
        _known('ck_cloud_accounts_throughput_known', 'throughput', 'standard high unknown'),
        _known('ck_cloud_accounts_token_state_known', 'token_state', 'good refused lacks_permission'),
        _refers('cloud_accounts', 'account_id', 'accounts.id'),
        sa.PrimaryKeyConstraint('account_id', name='pk_cloud_accounts'),
        sqlite_with_rowid=False)
    op.create_index('ix_cloud_accounts_waba_id', 'cloud_accounts', ['waba_id'])
    op.create_table('cloud_templates',
        sa.Column('waba_id', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('template', Json, nullable=False),
        sa.PrimaryKeyConstraint('waba_id', 'id', name='pk_cloud_templates'),
        sqlite_with_rowid=False)


def _webhooks_and_files() -> None:
    op.create_table('cloud_webhooks',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('hash', sa.LargeBinary(), nullable=False),
        sa.Column('body', sa.LargeBinary()),
        sa.Column('at', Moment(), nullable=False),
        sa.Column('aside', sa.Text()),
        sa.PrimaryKeyConstraint('id', name='pk_cloud_webhooks'),
        sa.UniqueConstraint('hash', name='uq_cloud_webhooks_hash'),
        sqlite_autoincrement=True)
    op.create_index('ix_cloud_webhooks_at', 'cloud_webhooks', ['at'])
    op.create_index('ix_cloud_webhooks_waiting', 'cloud_webhooks', ['id'],
                    sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table('cloud_uploads',
        sa.Column('remote', sa.Text(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        sa.PrimaryKeyConstraint('remote', 'key', name='pk_cloud_uploads'),
        sqlite_with_rowid=False)


def _people() -> None:
    op.create_table('cloud_people',
        sa.Column('account_id', Id, nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('wa_id', sa.Text()),
        sa.Column('user_id', sa.Text()),
        sa.Column('wrote_at', Moment()),
        sa.Column('counted_at', Moment()),
        _refers('cloud_people', 'account_id', 'accounts.id'),
        sa.PrimaryKeyConstraint('account_id', 'number', name='pk_cloud_people'),
        sqlite_with_rowid=False)
    op.create_index('ix_cloud_people_wa_id', 'cloud_people', ['account_id', 'wa_id'],
                    sqlite_where=HAS_WA_ID, postgresql_where=HAS_WA_ID)
    op.create_index('ix_cloud_people_user_id', 'cloud_people', ['account_id', 'user_id'],
                    sqlite_where=HAS_USER_ID, postgresql_where=HAS_USER_ID)
    op.create_table('cloud_counts',
        sa.Column('account_id', Id, nullable=False),
        sa.Column('minute', Moment(), nullable=False),
        sa.Column('people', sa.Integer(), nullable=False),
        _refers('cloud_counts', 'account_id', 'accounts.id'),
        sa.PrimaryKeyConstraint('account_id', 'minute', name='pk_cloud_counts'),
        sqlite_with_rowid=False)
