"""Groups of a linked number on their way into contacts."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from domain.contacts.groups import GroupImportState
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Json, Moment

group_imports = Table(
    "group_imports",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("account_id", "accounts.id"),
    Column("chat_id", BigInteger, nullable=False),
    Column("telegram_id", BigInteger, nullable=False),
    word("state", GroupImportState),
    Column("groups", Json, nullable=False),
    Column("read_at", Moment),
    Column("refreshing", Boolean, nullable=False),
    Column("chosen", Json, nullable=False),
    Column("counts", Json, nullable=False),
    Column("reason", Text),
    Column("created_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    one_of("state", GroupImportState),
    sqlite_autoincrement=True,
)
Index("ix_group_imports_workspace_id", group_imports.c.workspace_id, group_imports.c.id)
Index("ix_group_imports_state", group_imports.c.state)

#: The list a group's people were put on, so that importing it again adds to that one.
group_lists = Table(
    "group_lists",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("group_id", Text, primary_key=True),
    # No foreign key: the list may be removed, and another is made then.
    Column("list_id", Id, nullable=False),
    sqlite_with_rowid=False,
)
