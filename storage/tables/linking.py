"""Numbers being linked over WhatsApp Web, and what is left to be done at its workers."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from domain.accounts.linking import Leftover, LinkingPhase, LinkingState, LinkMode
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Moment

linkings = Table(
    "linkings",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    # No foreign key: the account may be wiped, and the session must still be taken back.
    Column("account_id", Id),
    Column("remote", Text, nullable=False),
    word("mode", LinkMode),
    Column("number", Text),
    Column("chat_id", BigInteger, nullable=False),
    Column("telegram_id", BigInteger, nullable=False),
    word("state", LinkingState),
    word("phase", LinkingPhase),
    Column("reason", Text),
    Column("other", Text),
    Column("message_id", BigInteger),
    Column("shown", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    one_of("mode", LinkMode),
    one_of("state", LinkingState),
    one_of("phase", LinkingPhase),
    # Ids are never used again: sessions at the workers are named after them.
    sqlite_autoincrement=True,
)
_OPEN = text("state = 'open'")
_UNFINISHED = text("state = 'open' OR message_id IS NOT NULL")
Index(
    "uq_linkings_open", linkings.c.remote, unique=True,
    sqlite_where=text("state = 'open' AND remote <> ''"),
    postgresql_where=text("state = 'open' AND remote <> ''"),
)  # fmt: skip
Index("ix_linkings_chat_id", linkings.c.chat_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_linkings_unfinished", linkings.c.id, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)

#: Sessions that no account has any more: they are unlinked from the phone as soon as their worker answers.
web_leftovers = Table(
    "web_leftovers",
    metadata,
    Column("remote", Text, primary_key=True),
    word("what", Leftover),
    Column("queued_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    # No foreign key, for the same reason as above.
    Column("account_id", Id),
    one_of("what", Leftover),
    sqlite_with_rowid=False,
)
