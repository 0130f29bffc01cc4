"""Recipients, attempts, single messages, and what people wrote back."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip

from domain.contacts.stop_words import Heard
from domain.delivery.model import Progress
from domain.delivery.recipients import RecipientState, Settled
from domain.delivery.store import DirectPurpose, DirectState
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Json, Moment

recipients = Table(
    "recipients",
    metadata,
    own_id(),
    refers("campaign_id", "campaigns.id"),
    refers("contact_id", "contacts.id"),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    word("state", RecipientState),
    Column("reason", Text),
    # How many attempts there were; the last one is the current one.
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("sent_at", Moment),
    Column("delivered_at", Moment),
    Column("read_at", Moment),
    Column("replied_at", Moment),
    # What became of their points (none: they cost nothing), and how often that changed.
    word("settled", Settled, nullable=True),
    Column("settlements", Integer, nullable=False, server_default="0"),
    one_of("state", RecipientState),
    CheckConstraint("state <> 'waiting' OR due_at IS NOT NULL", name="waiting_is_due"),
    # Nobody stands in a campaign twice. Contact first, because replies look people up.
    UniqueConstraint("contact_id", "campaign_id"),
    # Ids are never used again: an attempt's key is made of them.
    sqlite_autoincrement=True,
)
Index("ix_recipients_campaign_id", recipients.c.campaign_id, recipients.c.id)
Index("ix_recipients_state", recipients.c.campaign_id, recipients.c.state)
Index(
    "ix_recipients_waiting", recipients.c.campaign_id, recipients.c.due_at, recipients.c.id,
    sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
)  # fmt: skip
Index(
    "ix_recipients_replied", recipients.c.campaign_id,
    sqlite_where=text("replied_at IS NOT NULL"), postgresql_where=text("replied_at IS NOT NULL"),
)  # fmt: skip
Index(
    "ix_recipients_sent", recipients.c.campaign_id, recipients.c.sent_at,
    sqlite_where=text("sent_at IS NOT NULL"), postgresql_where=text("sent_at IS NOT NULL"),
)  # fmt: skip

#: The states say other than the ledger. Written out, because the index is found only by the same words.
UNSETTLED = text(
    "(settled = 'held' AND state NOT IN ('waiting', 'claimed', 'unknown'))"
    " OR (settled = 'spent' AND state IN ('failed', 'skipped', 'cancelled'))"
    " OR (settled = 'back' AND state IN ('sent', 'delivered', 'read'))"
)
Index(
    "ix_recipients_unsettled", recipients.c.campaign_id,
    sqlite_where=UNSETTLED, postgresql_where=UNSETTLED,
)  # fmt: skip

_CLAIMED = text(f"progress = {Progress.CLAIMED.value}")
attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),
    refers("recipient_id", "recipients.id"),
    refers("account_id", "accounts.id"),
    Column("n", Integer, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("reason", Text),
    Column("provider_id", Text),
    Column("owner", Text, nullable=False),
    Column("lease_until", Moment, nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("learned_at", Moment),
    Column("journal", Text),
    sqlite_with_rowid=False,
)
Index(
    "ix_attempts_claimed", attempts.c.lease_until, attempts.c.owner,
    sqlite_where=_CLAIMED, postgresql_where=_CLAIMED,
)  # fmt: skip

_DOUBTFUL = text(f"progress = {Progress.UNKNOWN.value}")
Index(
    "ix_attempts_unknown", attempts.c.account_id, attempts.c.claimed_at,
    sqlite_where=_DOUBTFUL, postgresql_where=_DOUBTFUL,
)  # fmt: skip

directs = Table(
    "directs",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("account_id", "accounts.id"),
    # None: MassSender wrote it by itself, a rule's answer say.
    refers("member_id", "members.id", nullable=True),
    Column("chat_id", BigInteger),
    word("purpose", DirectPurpose),
    Column("key", Text, unique=True),
    Column("number", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("media", Json),
    word("state", DirectState),
    Column("reason", Text),
    refers("campaign_id", "campaigns.id", nullable=True),
    Column("owner", Text),
    Column("lease_until", Moment),
    Column("queued_at", Moment, nullable=False),
    # Refused for now so often, it waits until then; none: it is due.
    Column("due_at", Moment),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("journal", Text),
    refers("conversation_id", "conversations.id", nullable=True),
    # The operator's own message that it was sent for; the one of ours below it, which shows how far it got,
    # and which state that shows.
    Column("asked_by", BigInteger),
    Column("thread_id", BigInteger),
    Column("tick_id", BigInteger),
    word("shown", DirectState, nullable=True),
    one_of("purpose", DirectPurpose),
    one_of("state", DirectState),
    # Ids are never used again: keys are made of them.
    sqlite_autoincrement=True,
)
OPEN_DIRECTS = text("state IN ('queued', 'claimed')")
Index(
    "ix_directs_open", directs.c.account_id, directs.c.purpose, directs.c.id,
    sqlite_where=OPEN_DIRECTS, postgresql_where=OPEN_DIRECTS,
)  # fmt: skip

_IN_DOUBT = text("state = 'unknown'")
Index(
    "ix_directs_unknown", directs.c.account_id, directs.c.queued_at,
    sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT,
)  # fmt: skip

SHOWS = text("purpose = 'answer' AND (shown IS NULL OR shown <> state)")
Index("ix_directs_to_show", directs.c.id, sqlite_where=SHOWS, postgresql_where=SHOWS)
Index("ix_directs_conversation_id", directs.c.conversation_id, directs.c.id)
Index("ix_directs_tick_id", directs.c.chat_id, directs.c.tick_id)

replies = Table(
    "replies",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("account_id", "accounts.id"),
    Column("event", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
    refers("contact_id", "contacts.id", nullable=True),
    refers("campaign_id", "campaigns.id", nullable=True),
    refers("conversation_id", "conversations.id", nullable=True),
    # What came with it: its kind, and where its content is fetched from (domain.delivery.ports.Attachment).
    Column("media", Text),
    Column("attachment", Json),
    # Once it was fetched: the file as it is kept here, or {} where it cannot be had.
    Column("kept", Json),
    # What it did to their consent.
    word("heard", Heard, nullable=True),
    UniqueConstraint("account_id", "event"),
    # Ids are never used again: chats are told what is newer than the last they were told.
    sqlite_autoincrement=True,
)
Index("ix_replies_conversation_id", replies.c.conversation_id, replies.c.id)
Index("ix_replies_workspace_id", replies.c.workspace_id, replies.c.id)
