"""The desk, its admins, workspaces and members."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from domain.operators.activity import Topic
from domain.operators.model import Role
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Json, Moment

desk = Table(
    "desk",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    CheckConstraint("one = 1", name="only_one"),
)

admins = Table(
    "admins",
    metadata,
    Column("telegram_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since", Moment, nullable=False),
)

desk_claims = Table(
    "desk_claims",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Column("used_by", BigInteger),
    Column("used_at", Moment),
)

workspaces = Table(
    "workspaces",
    metadata,
    own_id(),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("country_chosen", Boolean, nullable=False, server_default=false()),
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("suspended_at", Moment),
    Column("suspended_why", Text),
    # Random; makes the hashes of those who were forgotten (storage/tables/contacts.py).
    Column("forget_key", Text),
)

members = Table(
    "members",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("telegram_id", BigInteger, nullable=False, index=True),
    Column("name", Text, nullable=False),
    word("role", Role),
    Column("terms_version", Integer),
    Column("terms_at", Moment),
    Column("test_number", Text),
    Column("created_at", Moment, nullable=False),
    # When they chose this workspace to work in; the latest counts.
    Column("chosen_at", Moment),
    Column("left_at", Moment),
    one_of("role", Role),
    UniqueConstraint("workspace_id", "telegram_id"),
)

invites = Table(
    "invites",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    word("role", Role),
    refers("created_by", "members.id"),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_by", BigInteger),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    one_of("role", Role),
)
Index("ix_invites_workspace_id", invites.c.workspace_id)

activity = Table(
    "activity",
    metadata,
    own_id(),
    # None: the desk's own log.
    refers("workspace_id", "workspaces.id", nullable=True),
    Column("at", Moment, nullable=False),
    Column("telegram_id", BigInteger),
    Column("who", Text, nullable=False),
    word("topic", Topic),
    Column("what", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    # Whom it is about. No references: the log outlives them.
    Column("contact_id", Id),
    Column("conversation_id", Id),
    one_of("topic", Topic),
)
Index("ix_activity_workspace_id", activity.c.workspace_id, activity.c.id)
Index("ix_activity_person", activity.c.workspace_id, activity.c.telegram_id, activity.c.id)
Index("ix_activity_topic", activity.c.workspace_id, activity.c.topic, activity.c.id)
