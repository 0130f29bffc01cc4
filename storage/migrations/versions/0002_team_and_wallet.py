"""Invites, the activity log, wallets with their ledger, plans, orders and payments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json, Moment

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNSETTLED = (
    "(settled = 'held' AND state NOT IN ('waiting', 'claimed', 'unknown'))"
    " OR (settled = 'spent' AND state IN ('failed', 'skipped', 'cancelled'))"
    " OR (settled = 'back' AND state IN ('sent', 'delivered', 'read'))"
)
TABLES = ["invites", "activity", "wallets", "ledger", "plan_changes", "orders", "payments"]
#: Ids of these are never used again, not even after a wipe: keys of attempts and notices are made of them.
NEVER_AGAIN = ["accounts", "imports", "campaigns", "recipients", "directs"]


def upgrade() -> None:
    _rebuild(autoincrement=True)
    _columns()
    _team()
    _wallet()
    _orders()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("ix_recipients_unsettled", "recipients")
    op.drop_column("recipients", "settlements")
    op.drop_column("recipients", "settled")
    op.drop_column("campaigns", "price")
    op.drop_column("members", "left_at")
    op.drop_column("members", "chosen_at")
    op.drop_column("workspaces", "suspended_why")
    op.drop_column("workspaces", "suspended_at")
    _rebuild(autoincrement=False)


def _rebuild(*, autoincrement: bool) -> None:
    """SQLite gives the highest id again once its row is gone, unless the table was made otherwise; PostgreSQL
    never does. Foreign keys are not enforced meanwhile: see `storage.migrate`."""
    if op.get_bind().dialect.name == "sqlite":
        for table in NEVER_AGAIN:
            with op.batch_alter_table(
                table, recreate="always", table_kwargs={"sqlite_autoincrement": autoincrement}
            ):
                pass


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


# fmt: off
def _columns() -> None:
    op.add_column('workspaces', sa.Column('suspended_at', Moment()))
    op.add_column('workspaces', sa.Column('suspended_why', sa.Text()))
    op.add_column('members', sa.Column('chosen_at', Moment()))
    op.add_column('members', sa.Column('left_at', Moment()))
    op.add_column('campaigns', sa.Column('price', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('recipients', sa.Column('settled', sa.Text()))
    op.add_column('recipients', sa.Column('settlements', sa.Integer(), nullable=False, server_default='0'))
    where = sa.text(UNSETTLED)
    op.create_index('ix_recipients_unsettled', 'recipients', ['campaign_id'],
                    sqlite_where=where, postgresql_where=where)


def _team() -> None:
    op.create_table('invites',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('role', sa.Text(), nullable=False),
        sa.Column('created_by', Id, nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('expires_at', Moment(), nullable=False),
        sa.Column('used_by', sa.BigInteger()),
        sa.Column('used_at', Moment()),
        sa.Column('revoked_at', Moment()),
        _known('ck_invites_role_known', 'role', 'owner manager viewer'),
        _refers('invites', 'workspace_id', 'workspaces.id'),
        _refers('invites', 'created_by', 'members.id'),
        sa.PrimaryKeyConstraint('id', name='pk_invites'))
    op.create_index('ix_invites_workspace_id', 'invites', ['workspace_id'])
    op.create_table('activity',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id),
        sa.Column('at', Moment(), nullable=False),
        sa.Column('telegram_id', sa.BigInteger()),
        sa.Column('who', sa.Text(), nullable=False),
        sa.Column('topic', sa.Text(), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('screen', sa.Text(), nullable=False),
        sa.Column('about', sa.Text(), nullable=False),
        sa.Column('before', Json, nullable=False),
        sa.Column('after', Json, nullable=False),
        _known('ck_activity_topic_known', 'topic', 'campaigns contacts whatsapp team money settings'),
        _refers('activity', 'workspace_id', 'workspaces.id'),
        sa.PrimaryKeyConstraint('id', name='pk_activity'))
    op.create_index('ix_activity_workspace_id', 'activity', ['workspace_id', 'id'])


def _wallet() -> None:
    op.create_table('wallets',
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('balance', sa.BigInteger(), nullable=False),
        sa.Column('held', sa.BigInteger(), nullable=False),
        sa.Column('owed', sa.BigInteger(), nullable=False),
        sa.Column('plan_until', Moment()),
        sa.CheckConstraint('held >= 0 AND owed >= 0 AND balance >= held',
                           name=op.f('ck_wallets_never_below_zero')),
        _refers('wallets', 'workspace_id', 'workspaces.id'),
        sa.PrimaryKeyConstraint('workspace_id', name='pk_wallets'))
    op.create_table('ledger',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('points', sa.BigInteger(), nullable=False),
        sa.Column('held', sa.BigInteger(), nullable=False),
        sa.Column('owed', sa.BigInteger(), nullable=False),
        sa.Column('campaign_id', Id),
        sa.Column('recipient_id', Id),
        sa.Column('member_id', Id),
        sa.Column('note', sa.Text()),
        sa.Column('at', Moment(), nullable=False),
        _known('ck_ledger_kind_known', 'kind',
               'trial purchase grant taken hold spend release back late collect refund unrefund'),
        _refers('ledger', 'workspace_id', 'workspaces.id'),
        _refers('ledger', 'campaign_id', 'campaigns.id'),
        _refers('ledger', 'recipient_id', 'recipients.id'),
        _refers('ledger', 'member_id', 'members.id'),
        sa.PrimaryKeyConstraint('id', name='pk_ledger'),
        sa.UniqueConstraint('key', name='uq_ledger_key'))
    op.create_index('ix_ledger_workspace_id', 'ledger', ['workspace_id', 'id'])
    op.create_table('plan_changes',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('ends_at', Moment(), nullable=False),
        sa.Column('member_id', Id),
        sa.Column('note', sa.Text()),
        sa.Column('at', Moment(), nullable=False),
        _refers('plan_changes', 'workspace_id', 'workspaces.id'),
        _refers('plan_changes', 'member_id', 'members.id'),
        sa.PrimaryKeyConstraint('id', name='pk_plan_changes'),
        sa.UniqueConstraint('key', name='uq_plan_changes_key'))
    op.create_index('ix_plan_changes_workspace_id', 'plan_changes', ['workspace_id'])


def _orders() -> None:
    op.create_table('orders',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('member_id', Id, nullable=False),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('payload', sa.Text(), nullable=False),
        sa.Column('points', sa.BigInteger(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('stars', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        _known('ck_orders_state_known', 'state', 'open paid'),
        _refers('orders', 'workspace_id', 'workspaces.id'),
        _refers('orders', 'member_id', 'members.id'),
        sa.PrimaryKeyConstraint('id', name='pk_orders'),
        sa.UniqueConstraint('payload', name='uq_orders_payload'))
    op.create_index('ix_orders_workspace_id', 'orders', ['workspace_id'])
    op.create_table('payments',
        sa.Column('charge_id', sa.Text(), nullable=False),
        sa.Column('order_id', Id),
        sa.Column('workspace_id', Id),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('points', sa.BigInteger(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('stars', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        sa.Column('refunded_at', Moment()),
        _known('ck_payments_state_known', 'state', 'credited refunding refunded stray'),
        _refers('payments', 'order_id', 'orders.id'),
        _refers('payments', 'workspace_id', 'workspaces.id'),
        sa.PrimaryKeyConstraint('charge_id', name='pk_payments'))
    op.create_index('ix_payments_telegram_id', 'payments', ['telegram_id'])
    op.create_index('ix_payments_workspace_id', 'payments', ['workspace_id', 'at'])
    op.create_index('ix_payments_state', 'payments', ['state'])
