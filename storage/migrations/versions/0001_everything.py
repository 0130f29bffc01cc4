"""Everything there is in the first version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json, Moment

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _operators()
    _chat()
    _accounts()
    _contacts()
    _campaigns()
    _delivery()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


TABLES = [
    "desk",
    "admins",
    "desk_claims",
    "workspaces",
    "members",
    "chat_inbox",
    "panels",
    "prompts",
    "notices",
    "accounts",
    "account_usage",
    "contacts",
    "contact_lists",
    "list_members",
    "contact_tags",
    "consent_events",
    "imports",
    "campaigns",
    "progress_messages",
    "recipients",
    "attempts",
    "directs",
    "replies",
]


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


# fmt: off
def _operators() -> None:
    op.create_table('desk',
        sa.Column('one', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.CheckConstraint('one = 1', name=op.f('ck_desk_only_one')),
        sa.PrimaryKeyConstraint('one', name='pk_desk'))
    op.create_table('admins',
        sa.Column('telegram_id', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('since', Moment(), nullable=False),
        sa.PrimaryKeyConstraint('telegram_id', name='pk_admins'))
    op.create_table('desk_claims',
        sa.Column('token_hash', sa.Text(), nullable=False),
        sa.Column('expires_at', Moment(), nullable=False),
        sa.Column('used_by', sa.BigInteger()),
        sa.Column('used_at', Moment()),
        sa.PrimaryKeyConstraint('token_hash', name='pk_desk_claims'))
    op.create_table('workspaces',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('country', sa.Text(), nullable=False),
        sa.Column('zone', sa.Text(), nullable=False),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_workspaces'))
    op.create_table('members',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('role', sa.Text(), nullable=False),
        sa.Column('terms_version', sa.Integer()),
        sa.Column('terms_at', Moment()),
        sa.Column('test_number', sa.Text()),
        sa.Column('created_at', Moment(), nullable=False),
    _known('ck_members_role_known', 'role', 'owner manager viewer'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_members_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_members'),
        sa.UniqueConstraint('workspace_id', 'telegram_id', name='uq_members_workspace_id_telegram_id'))
    op.create_index('ix_members_telegram_id', 'members', ['telegram_id'])


def _chat() -> None:
    op.create_table('chat_inbox',
        sa.Column('seq', Id, sa.Identity(always=False), nullable=False),
        sa.Column('bot_id', sa.BigInteger(), nullable=False),
        sa.Column('update_id', sa.BigInteger(), nullable=False),
        sa.Column('lane_key', sa.BigInteger(), nullable=False),
        sa.Column('payload', Json, nullable=False),
        sa.Column('received_at', Moment(), nullable=False),
        sa.Column('done_at', Moment()),
        sa.Column('error', sa.Text()),
        sa.PrimaryKeyConstraint('seq', name='pk_chat_inbox'),
        sa.UniqueConstraint('bot_id', 'update_id', name='uq_chat_inbox_bot_id_update_id'),
        sqlite_autoincrement=True)
    _partial('ix_chat_inbox_done', 'chat_inbox', ['done_at'], 'done_at IS NOT NULL')
    _partial('ix_chat_inbox_waiting', 'chat_inbox', ['bot_id', 'seq'], 'done_at IS NULL')
    op.create_table('panels',
        sa.Column('chat_id', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('telegram_id', sa.BigInteger(), nullable=False),
        sa.Column('screen', sa.Text(), nullable=False),
        sa.Column('args', Json, nullable=False),
        sa.Column('message_id', sa.BigInteger()),
        sa.Column('stale_message_id', sa.BigInteger()),
        sa.Column('dirty', sa.Boolean(), nullable=False),
        sa.Column('rev', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('chat_id', name='pk_panels'))
    _partial('ix_panels_dirty', 'panels', ['chat_id'], 'dirty')
    op.create_index('ix_panels_screen', 'panels', ['screen'])
    op.create_table('prompts',
        sa.Column('chat_id', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('args', Json, nullable=False),
        sa.PrimaryKeyConstraint('chat_id', name='pk_prompts'))
    op.create_table('notices',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('payload', Json, nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('queued_at', Moment(), nullable=False),
        sa.Column('due_at', Moment(), nullable=False),
        sa.Column('sent_at', Moment()),
        sa.Column('message_id', sa.BigInteger()),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('error', sa.Text()),
    _known('ck_notices_state_known', 'state', 'queued sent given_up'),
        sa.PrimaryKeyConstraint('id', name='pk_notices'),
        sa.UniqueConstraint('chat_id', 'key', name='uq_notices_chat_id_key'))
    _partial('ix_notices_queued', 'notices', ['due_at', 'id'], "state = 'queued'")


def _accounts() -> None:
    op.create_table('accounts',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('remote', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('state_reason', sa.Text()),
        sa.Column('state_at', Moment(), nullable=False),
        sa.Column('is_default', sa.Boolean(), nullable=False),
        sa.Column('next_send_at', Moment()),
        sa.Column('news_cursor', sa.BigInteger(), nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('is_removed', sa.Boolean(), nullable=False),
    _known('ck_accounts_channel_known', 'channel', 'web cloud simulated'),
    _known('ck_accounts_state_known', 'state', 'linking connected unlinked restricted'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_accounts_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_accounts'))
    op.create_index('ix_accounts_workspace_id', 'accounts', ['workspace_id', 'id'])
    _partial('uq_accounts_remote', 'accounts', ['channel', 'remote'], 'NOT is_removed', unique=True)
    op.create_table('account_usage',
        sa.Column('account_id', Id, nullable=False),
        sa.Column('minute', Moment(), nullable=False),
        sa.Column('claims', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_account_usage_account_id'),
        sa.PrimaryKeyConstraint('account_id', 'minute', name='pk_account_usage'),
        sqlite_with_rowid=False)


def _contacts() -> None:
    op.create_table('contacts',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_folded', sa.Text(), nullable=False),
        sa.Column('attributes', Json, nullable=False),
        sa.Column('consent', sa.Text(), nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('changed_at', Moment(), nullable=False),
    _known('ck_contacts_consent_known', 'consent', 'unrecorded granted revoked'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_contacts_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_contacts'),
        sa.UniqueConstraint('workspace_id', 'number', name='uq_contacts_workspace_id_number'))
    op.create_index('ix_contacts_consent', 'contacts', ['workspace_id', 'consent'])
    op.create_table('contact_lists',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_contact_lists_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_contact_lists'),
        sqlite_autoincrement=True)
    op.create_index('ix_contact_lists_workspace_id', 'contact_lists', ['workspace_id', 'id'])
    op.create_table('list_members',
        sa.Column('list_id', Id, nullable=False),
        sa.Column('contact_id', Id, nullable=False),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name='fk_list_members_contact_id'),
        sa.ForeignKeyConstraint(['list_id'], ['contact_lists.id'], name='fk_list_members_list_id'),
        sa.PrimaryKeyConstraint('list_id', 'contact_id', name='pk_list_members'),
        sqlite_with_rowid=False)
    op.create_table('contact_tags',
        sa.Column('contact_id', Id, nullable=False),
        sa.Column('tag', sa.Text(), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name='fk_contact_tags_contact_id'),
        sa.PrimaryKeyConstraint('contact_id', 'tag', name='pk_contact_tags'),
        sqlite_with_rowid=False)
    op.create_index('ix_contact_tags_tag', 'contact_tags', ['workspace_id', 'tag', 'contact_id'])
    op.create_table('consent_events',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('contact_id', Id, nullable=False),
        sa.Column('granted', sa.Boolean(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('evidence', sa.Text(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        sa.Column('by_member', Id),
    _known('ck_consent_events_source_known', 'source',
        'signed_up customers wrote_first other operator stop_reply start_reply'),
        sa.ForeignKeyConstraint(['by_member'], ['members.id'], name='fk_consent_events_by_member'),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name='fk_consent_events_contact_id'),
        sa.PrimaryKeyConstraint('id', name='pk_consent_events'))
    op.create_index('ix_consent_events_contact_id', 'consent_events', ['contact_id', 'id'])
    op.create_table('imports',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('member_id', Id, nullable=False),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('filename', sa.Text(), nullable=False),
        sa.Column('telegram_file', sa.Text(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('media_key', sa.Text()),
        sa.Column('inspection', Json),
        sa.Column('plan', Json),
        sa.Column('list_id', Id),
        sa.Column('done_rows', sa.Integer(), nullable=False),
        sa.Column('total_rows', sa.Integer(), nullable=False),
        sa.Column('counts', Json),
        sa.Column('error_key', sa.Text()),
        sa.Column('refusal', Json),
        sa.Column('campaign_id', Id),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('changed_at', Moment(), nullable=False),
    _known('ck_imports_state_known', 'state',
        'received reading choose_sheet choose_columns storing ask_consent done failed cancelled'),
        sa.ForeignKeyConstraint(['member_id'], ['members.id'], name='fk_imports_member_id'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_imports_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_imports'))
    op.create_index('ix_imports_state', 'imports', ['state'])
    op.create_index('ix_imports_workspace_id', 'imports', ['workspace_id', 'id'])


def _campaigns() -> None:
    op.create_table('campaigns',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('created_by', Id, nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('account_id', Id),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('pause_reason', sa.Text()),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('media', Json),
        sa.Column('audience_kind', sa.Text()),
        sa.Column('audience_ref', sa.Text()),
        sa.Column('gap_shortest', sa.BigInteger(), nullable=False),
        sa.Column('gap_longest', sa.BigInteger(), nullable=False),
        sa.Column('scheduled_at', Moment()),
        sa.Column('faults_in_row', sa.Integer(), nullable=False),
        sa.Column('created_at', Moment(), nullable=False),
        sa.Column('changed_at', Moment(), nullable=False),
        sa.Column('started_at', Moment()),
        sa.Column('finished_at', Moment()),
        sa.Column('served_at', Moment()),
    _known('ck_campaigns_state_known', 'state', 'draft scheduled running paused completed cancelled'),
        sa.CheckConstraint('gap_shortest >= 0 AND gap_shortest <= gap_longest',
            name=op.f('ck_campaigns_gap_ordered')),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_campaigns_account_id'),
        sa.ForeignKeyConstraint(['created_by'], ['members.id'], name='fk_campaigns_created_by'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_campaigns_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_campaigns'))
    op.create_index('ix_campaigns_account_state', 'campaigns', ['account_id', 'state'])
    op.create_index('ix_campaigns_state', 'campaigns', ['state'])
    op.create_index('ix_campaigns_workspace_id', 'campaigns', ['workspace_id', 'id'])
    op.create_table('progress_messages',
        sa.Column('campaign_id', Id, nullable=False),
        sa.Column('chat_id', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('message_id', sa.BigInteger()),
        sa.Column('shown', sa.Text(), nullable=False),
        sa.Column('edited_at', Moment()),
        sa.Column('edits', sa.Integer(), nullable=False),
        sa.Column('closed', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_progress_messages_campaign_id'),
        sa.PrimaryKeyConstraint('campaign_id', 'chat_id', name='pk_progress_messages'))


def _delivery() -> None:
    op.create_table('recipients',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('campaign_id', Id, nullable=False),
        sa.Column('contact_id', Id, nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('due_at', Moment()),
        sa.Column('sent_at', Moment()),
        sa.Column('delivered_at', Moment()),
        sa.Column('read_at', Moment()),
        sa.Column('replied_at', Moment()),
        sa.CheckConstraint("state <> 'waiting' OR due_at IS NOT NULL",
            name=op.f('ck_recipients_waiting_is_due')),
    _known('ck_recipients_state_known', 'state',
        'excluded waiting claimed unknown sent failed delivered read skipped cancelled'),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_recipients_campaign_id'),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name='fk_recipients_contact_id'),
        sa.PrimaryKeyConstraint('id', name='pk_recipients'),
        sa.UniqueConstraint('contact_id', 'campaign_id', name='uq_recipients_contact_id_campaign_id'))
    op.create_index('ix_recipients_campaign_id', 'recipients', ['campaign_id', 'id'])
    _partial('ix_recipients_replied', 'recipients', ['campaign_id'], 'replied_at IS NOT NULL')
    op.create_index('ix_recipients_state', 'recipients', ['campaign_id', 'state'])
    _partial('ix_recipients_waiting', 'recipients', ['campaign_id', 'due_at', 'id'], "state = 'waiting'")
    op.create_table('attempts',
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('recipient_id', Id, nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('progress', sa.SmallInteger(), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('provider_id', sa.Text()),
        sa.Column('owner', sa.Text(), nullable=False),
        sa.Column('lease_until', Moment(), nullable=False),
        sa.Column('claimed_at', Moment(), nullable=False),
        sa.Column('learned_at', Moment()),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_attempts_account_id'),
        sa.ForeignKeyConstraint(['recipient_id'], ['recipients.id'], name='fk_attempts_recipient_id'),
        sa.PrimaryKeyConstraint('key', name='pk_attempts'),
        sqlite_with_rowid=False)
    _partial('ix_attempts_claimed', 'attempts', ['lease_until', 'owner'], 'progress = 10')
    op.create_table('directs',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('member_id', Id, nullable=False),
        sa.Column('chat_id', sa.BigInteger(), nullable=False),
        sa.Column('purpose', sa.Text(), nullable=False),
        sa.Column('key', sa.Text()),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('media', Json),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text()),
        sa.Column('campaign_id', Id),
        sa.Column('owner', sa.Text()),
        sa.Column('lease_until', Moment()),
        sa.Column('queued_at', Moment(), nullable=False),
    _known('ck_directs_purpose_known', 'purpose', 'test answer'),
    _known('ck_directs_state_known', 'state', 'queued claimed sent delivered read failed unknown'),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_directs_account_id'),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_directs_campaign_id'),
        sa.ForeignKeyConstraint(['member_id'], ['members.id'], name='fk_directs_member_id'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_directs_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_directs'),
        sa.UniqueConstraint('key', name='uq_directs_key'))
    _partial('ix_directs_open', 'directs', ['account_id', 'id'], "state IN ('queued', 'claimed')")
    op.create_table('replies',
        sa.Column('id', Id, sa.Identity(always=False), nullable=False),
        sa.Column('workspace_id', Id, nullable=False),
        sa.Column('account_id', Id, nullable=False),
        sa.Column('event', sa.Text(), nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', Moment(), nullable=False),
        sa.Column('contact_id', Id),
        sa.Column('campaign_id', Id),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name='fk_replies_account_id'),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name='fk_replies_campaign_id'),
        sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name='fk_replies_contact_id'),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name='fk_replies_workspace_id'),
        sa.PrimaryKeyConstraint('id', name='pk_replies'),
        sa.UniqueConstraint('account_id', 'event', name='uq_replies_account_id_event'))
