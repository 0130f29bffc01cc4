"""Active hours of accounts."""

from sqlalchemy import Column, Table, Text

from storage.tables.base import metadata, refers
from storage.types import Json, Moment

#: An account without a row is always open.
account_hours = Table(
    "account_hours",
    metadata,
    refers("account_id", "accounts.id", primary_key=True),
    Column("zone", Text, nullable=False),
    # For each weekday, Monday first, the ranges in minutes after midnight: [[540, 1080], …].
    Column("week", Json, nullable=False),
    # {"month", "day", "year", "spans"} each.
    Column("holidays", Json, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
