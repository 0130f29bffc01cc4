"""People, their lists and tags, what they agreed to, and files on their way in."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from domain.contacts.model import Consent, ConsentSource
from domain.contacts.ports import ImportState
from domain.contacts.stop_words import Heard
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Json, Moment, Word

contacts = Table(
    "contacts",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    # The name as it is looked for, without case and accents (domain/contacts/folding.py).
    Column("name_folded", Text, nullable=False),
    Column("attributes", Json, nullable=False),
    word("consent", Consent),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # When the person was forgotten: nothing personal is left, and `number` names nobody.
    Column("forgotten_at", Moment),
    one_of("consent", Consent),
    UniqueConstraint("workspace_id", "number"),
)
Index("ix_contacts_consent", contacts.c.workspace_id, contacts.c.consent)
_GONE = text("forgotten_at IS NOT NULL")
Index("ix_contacts_forgotten", contacts.c.workspace_id, sqlite_where=_GONE, postgresql_where=_GONE)
#: Written out, because the index is found only by the same words.
STOPPED_HERE = text("contacts.consent = 'revoked' AND contacts.forgotten_at IS NULL")
_BY_NAME = (contacts.c.workspace_id, contacts.c.name_folded, contacts.c.number)
_HERE = text("forgotten_at IS NULL")
# With what is the same in all of it: without that SQLite does not see that the index has everything, looks up
# each row, and of two indexes takes the one where it need not.
Index("ix_contacts_called", *_BY_NAME, contacts.c.forgotten_at, sqlite_where=_HERE, postgresql_where=_HERE)
_STOPPED = text("consent = 'revoked' AND forgotten_at IS NULL")
Index(
    "ix_contacts_stopped", *_BY_NAME, contacts.c.consent, contacts.c.forgotten_at, sqlite_where=_STOPPED,
    postgresql_where=_STOPPED,
)  # fmt: skip
#: Names that a part of a number may be a part of; nobody's who was forgotten, whose name is empty. Written
#: out, because the index is found only by the same words. SQLite has contact_trigrams for that.
NUMBERED = "name_folded ~ '[0-9]'"
Index("ix_contacts_numbered", *_BY_NAME, postgresql_where=text(NUMBERED)).ddl_if(dialect="postgresql")

#: What attributes a workspace's people have had a value for.
contact_fields = Table(
    "contact_fields",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)

contact_lists = Table(
    "contact_lists",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    # Ids are never used again: an old button must not open another list.
    sqlite_autoincrement=True,
)
Index("ix_contact_lists_workspace_id", contact_lists.c.workspace_id, contact_lists.c.id)

list_members = Table(
    "list_members",
    metadata,
    refers("list_id", "contact_lists.id", primary_key=True),
    refers("contact_id", "contacts.id", primary_key=True),
    sqlite_with_rowid=False,
)

contact_tags = Table(
    "contact_tags",
    metadata,
    refers("contact_id", "contacts.id", primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("workspace_id", Id, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_contact_tags_tag", contact_tags.c.workspace_id, contact_tags.c.tag, contact_tags.c.contact_id)

consent_events = Table(
    "consent_events",
    metadata,
    own_id(),
    refers("contact_id", "contacts.id"),
    Column("granted", Boolean, nullable=False),
    word("source", ConsentSource),
    Column("evidence", Text, nullable=False),
    Column("at", Moment, nullable=False),
    refers("by_member", "members.id", nullable=True),
    one_of("source", ConsentSource),
)
Index("ix_consent_events_contact_id", consent_events.c.contact_id, consent_events.c.id)

#: Whom a workspace has forgotten, as a keyed hash of the number (domain/contacts/forgetting.py).
forgotten = Table(
    "forgotten",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    # When they wrote STOP since.
    Column("stopped_at", Moment),
    sqlite_with_rowid=False,
)

#: The lists that a workspace edited, whole; of the others the defaults hold.
stop_words = Table(
    "stop_words",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("kind", Word(Heard), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("words", Json, nullable=False),
    one_of("kind", Heard),
)

imports = Table(
    "imports",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("member_id", "members.id"),
    Column("chat_id", BigInteger, nullable=False),
    word("state", ImportState),
    Column("version", Integer, nullable=False),
    Column("filename", Text, nullable=False),
    Column("telegram_file", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_key", Text),
    Column("inspection", Json),
    Column("plan", Json),
    # No foreign keys: a list may be removed, a campaign forgotten, and the import still tells its story.
    Column("list_id", Id),
    Column("done_rows", Integer, nullable=False),
    Column("total_rows", Integer, nullable=False),
    Column("counts", Json),
    Column("error_key", Text),
    Column("refusal", Json),
    Column("campaign_id", Id),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    one_of("state", ImportState),
    # Ids are never used again: notices are told apart by them, and old buttons name them.
    sqlite_autoincrement=True,
)
Index("ix_imports_workspace_id", imports.c.workspace_id, imports.c.id)
Index("ix_imports_state", imports.c.state)
