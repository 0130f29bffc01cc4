"""What the official channel needs kept beside accounts."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, Table, Text, text

from domain.delivery.cloud_account import Throughput
from domain.delivery.cloud_accounts import TokenState
from domain.pacing.channel_limits import Quality
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Json, Moment

cloud_accounts = Table(
    "cloud_accounts",
    metadata,
    refers("account_id", "accounts.id", primary_key=True),
    Column("waba_id", Text, nullable=False, index=True),
    # Sealed: the key is not in the database.
    Column("token", LargeBinary, nullable=False),
    Column("app_secret", LargeBinary),
    Column("verified_name", Text, nullable=False),
    word("quality", Quality),
    word("throughput", Throughput),
    Column("ceiling", Float, nullable=False),
    # NULL: WhatsApp does not say; -1: as many people as one likes.
    Column("people", Integer),
    Column("status", Text, nullable=False),
    Column("can_send", Text, nullable=False),
    word("token_state", TokenState),
    Column("token_state_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("templates_at", Moment),
    Column("heard_at", Moment),
    one_of("quality", Quality),
    one_of("throughput", Throughput),
    one_of("token_state", TokenState),
    sqlite_with_rowid=False,
)

cloud_templates = Table(
    "cloud_templates",
    metadata,
    Column("waba_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("template", Json, nullable=False),
    sqlite_with_rowid=False,
)

#: Every call of WhatsApp's that came within the last days. `body` goes when it has been worked.
cloud_webhooks = Table(
    "cloud_webhooks",
    metadata,
    own_id(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("body", LargeBinary),
    Column("at", Moment, nullable=False, index=True),
    # Why it cannot be worked.
    Column("aside", Text),
    # Ids are never used again: they are the order of arrival.
    sqlite_autoincrement=True,
)
_WAITING = text("body IS NOT NULL AND aside IS NULL")
Index("ix_cloud_webhooks_waiting", cloud_webhooks.c.id, sqlite_where=_WAITING, postgresql_where=_WAITING)

cloud_uploads = Table(
    "cloud_uploads",
    metadata,
    Column("remote", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

#: Who people are on an account. A `wa_id` that is the number itself is not written down. A name is one
#: number's, the one it was told of last; two numbers that reach the same are one person's.
cloud_people = Table(
    "cloud_people",
    metadata,
    refers("account_id", "accounts.id", primary_key=True),
    Column("number", Text, primary_key=True),
    Column("wa_id", Text),
    Column("user_id", Text),
    Column("wrote_at", Moment),
    Column("counted_at", Moment),
    Column("reaches", Text),
    sqlite_with_rowid=False,
)
_HAS_WA_ID, _HAS_USER_ID = text("wa_id IS NOT NULL"), text("user_id IS NOT NULL")
Index(
    "ix_cloud_people_wa_id", cloud_people.c.account_id, cloud_people.c.wa_id,
    sqlite_where=_HAS_WA_ID, postgresql_where=_HAS_WA_ID,
)  # fmt: skip
Index(
    "ix_cloud_people_user_id", cloud_people.c.account_id, cloud_people.c.user_id,
    sqlite_where=_HAS_USER_ID, postgresql_where=_HAS_USER_ID,
)  # fmt: skip
_WROTE = text("wrote_at IS NOT NULL")
Index(
    "ix_cloud_people_wrote", cloud_people.c.account_id, cloud_people.c.wrote_at,
    sqlite_where=_WROTE, postgresql_where=_WROTE,
)  # fmt: skip
_REACHES_SOMEBODY = text("reaches IS NOT NULL")
Index(
    "ix_cloud_people_reaches", cloud_people.c.account_id, cloud_people.c.reaches,
    sqlite_where=_REACHES_SOMEBODY, postgresql_where=_REACHES_SOMEBODY,
)  # fmt: skip

#: How many people took one of the limit in each minute, so that nobody has to be counted again.
cloud_counts = Table(
    "cloud_counts",
    metadata,
    refers("account_id", "accounts.id", primary_key=True),
    Column("minute", Moment, primary_key=True),
    Column("people", Integer, nullable=False),
    sqlite_with_rowid=False,
)
