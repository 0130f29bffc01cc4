"""On SQLite whoever is looked for is found by the groups of three letters in their name and number; lines
of the activity log by who did it and by what it is about; whose number was checked, by their id.

A migration that rebuilds `contacts` takes its triggers away with it, and has to make them again.
"""

# ruff: noqa: S608 -- of words of this file

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: With something after the last letter, so that each begins a group of three: one or two are found as well.
WORDS = "{0}number || char(10) || {0}name_folded || char(10, 10)"
OLD, NEW = WORDS.format("OLD."), WORDS.format("NEW.")
LAST = "COALESCE((SELECT max(id) FROM contacts), 0)"
INDEXED = "OLD.id <= (SELECT up_to FROM contact_trigrams_upto)"

MADE = (
    # No texts and no places in them: which people have such a group is all that is asked.
    """CREATE VIRTUAL TABLE contact_trigrams USING fts5(
        words, tokenize = 'trigram case_sensitive 1', content = '', columnsize = 0, detail = 'none')""",
    "CREATE VIRTUAL TABLE contact_trigrams_terms USING fts5vocab('contact_trigrams', 'instance')",
    # Whoever has a later id is not in the index yet; moving it on takes them in.
    "CREATE TABLE contact_trigrams_upto (up_to INTEGER NOT NULL)",
    "INSERT INTO contact_trigrams_upto VALUES (0)",
    f"""CREATE TRIGGER contact_trigrams_moved AFTER UPDATE ON contact_trigrams_upto BEGIN
        INSERT INTO contact_trigrams (rowid, words) SELECT id, {WORDS.format("")} FROM contacts
        WHERE id > OLD.up_to AND id <= NEW.up_to ORDER BY id; END""",
    f"""CREATE TRIGGER contact_trigrams_changed AFTER UPDATE OF number, name_folded ON contacts
        WHEN (OLD.name_folded <> NEW.name_folded OR OLD.number <> NEW.number) AND {INDEXED} BEGIN
        INSERT INTO contact_trigrams (contact_trigrams, rowid, words) VALUES ('delete', OLD.id, {OLD});
        INSERT INTO contact_trigrams (rowid, words) VALUES (NEW.id, {NEW}); END""",
    # Whoever it is: SQLite gives the ids after the last one again, and those must be beyond the mark.
    f"""CREATE TRIGGER contact_trigrams_gone AFTER DELETE ON contacts BEGIN
        INSERT INTO contact_trigrams (contact_trigrams, rowid, words)
            SELECT 'delete', OLD.id, {OLD} WHERE {INDEXED};
        UPDATE contact_trigrams_upto SET up_to = {LAST} WHERE up_to > {LAST}; END""",
    f"UPDATE contact_trigrams_upto SET up_to = {LAST}",
)  # fmt: skip
TRIGGERS = ("moved", "changed", "gone")


#: Of the activity log: whose lines, and about what.
LINES = {"person": "telegram_id", "topic": "topic"}


CHECKED = """UPDATE number_checks SET contact_id = (SELECT id FROM contacts
WHERE contacts.workspace_id = number_checks.workspace_id AND contacts.number = number_checks.number)"""


def upgrade() -> None:
    op.add_column("number_checks", sa.Column("contact_id", Id))
    op.execute(CHECKED)
    for name, column in LINES.items():
        op.create_index(f"ix_activity_{name}", "activity", ["workspace_id", column, "id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in MADE:
            op.execute(statement)
        op.drop_index("ix_contacts_numbered", "contacts")


def downgrade() -> None:
    for name in LINES:
        op.drop_index(f"ix_activity_{name}", "activity")
    op.drop_column("number_checks", "contact_id")
    if op.get_bind().dialect.name == "sqlite":
        digit = sa.text("name_folded GLOB '*[0-9]*'")
        by_name = ["workspace_id", "name_folded", "number"]
        op.create_index("ix_contacts_numbered", "contacts", by_name, sqlite_where=digit)
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER contact_trigrams_{name}")
        for table in ("terms", "upto"):
            op.execute(f"DROP TABLE contact_trigrams_{table}")
        op.execute("DROP TABLE contact_trigrams")
