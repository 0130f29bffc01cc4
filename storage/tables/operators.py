"""The desk, its admins, workspaces and members."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, Text, UniqueConstraint

from domain.operators.model import Role
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Moment

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
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
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
    one_of("role", Role),
    UniqueConstraint("workspace_id", "telegram_id"),
)
