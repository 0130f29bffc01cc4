"""WhatsApp numbers and how much each has sent."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from domain.accounts.model import AccountState, Channel
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Moment

accounts = Table(
    "accounts",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    word("channel", Channel),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("remote", Text, nullable=False),
    word("state", AccountState),
    Column("state_reason", Text),
    Column("state_at", Moment, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("next_send_at", Moment),
    Column("news_cursor", BigInteger, nullable=False),
    # What the far side told of the account up to there was before it was linked as it is now.
    Column("linked_cursor", BigInteger),
    Column("created_at", Moment, nullable=False),
    # A removed account stays, so that reports keep its name and its caps outlive removing and linking again.
    Column("is_removed", Boolean, nullable=False),
    one_of("channel", Channel),
    one_of("state", AccountState),
    # Ids are never used again: notices are told apart by them, and old buttons name them.
    sqlite_autoincrement=True,
)
Index("ix_accounts_workspace_id", accounts.c.workspace_id, accounts.c.id)
Index(
    "uq_accounts_remote", accounts.c.channel, accounts.c.remote, unique=True,
    sqlite_where=text("NOT is_removed"), postgresql_where=text("NOT is_removed"),
)  # fmt: skip

account_usage = Table(
    "account_usage",
    metadata,
    refers("account_id", "accounts.id", primary_key=True),
    Column("minute", Moment, primary_key=True),
    Column("claims", Integer, nullable=False),
    sqlite_with_rowid=False,
)
