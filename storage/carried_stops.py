"""Who has said stop since a copy was made stays stopped when it is put back, as far as the desk that is
replaced can still be read."""

import sqlite3
from contextlib import closing
from pathlib import Path

from domain.contacts.model import Consent

#: Same desk, same shape: only then do its ids and columns mean the same.
_SAME = (
    "SELECT (SELECT name FROM main.desk) = (SELECT name FROM before.desk) "
    "AND (SELECT version_num FROM main.alembic_version) = (SELECT version_num FROM before.alembic_version)"
)
_STOPPED = (
    "CREATE TEMP TABLE stopped AS SELECT b.id AS before_id, b.workspace_id, b.number FROM before.contacts b "
    "JOIN main.workspaces w ON w.id = b.workspace_id "
    "LEFT JOIN main.contacts c ON c.workspace_id = b.workspace_id AND c.number = b.number "
    "WHERE b.consent = :revoked AND b.forgotten_at IS NULL AND (c.id IS NULL OR c.consent <> :revoked)"
)
_NEW_PEOPLE = (
    "INSERT INTO main.contacts "
    "(workspace_id, number, name, name_folded, attributes, consent, created_at, changed_at) "
    "SELECT b.workspace_id, b.number, b.name, b.name_folded, b.attributes, b.consent, b.created_at, "
    "b.changed_at FROM stopped s JOIN before.contacts b ON b.id = s.before_id WHERE NOT EXISTS "
    "(SELECT 1 FROM main.contacts c WHERE c.workspace_id = s.workspace_id AND c.number = s.number)"
)
#: Their last word, as it stands in the ledger there.
_EVENTS = (
    "INSERT INTO main.consent_events (contact_id, granted, source, evidence, at) "
    "SELECT c.id, e.granted, e.source, e.evidence, e.at FROM stopped s "
    "JOIN main.contacts c ON c.workspace_id = s.workspace_id AND c.number = s.number "
    "JOIN before.consent_events e ON e.id = (SELECT max(last.id) FROM before.consent_events last "
    "WHERE last.contact_id = s.before_id AND NOT last.granted)"
)
_STANDING = (
    "UPDATE main.contacts SET consent = :revoked WHERE EXISTS (SELECT 1 FROM stopped s "
    "WHERE s.workspace_id = contacts.workspace_id AND s.number = contacts.number)"
)


def carry_stops(before: Path, into: Path) -> int | None:
    """How many people are stopped in `into` by this; None where `before` is damaged, another desk's, or of
    another revision: then nobody is."""
    addresses = [f"{path.absolute().as_uri()}?mode=rw" for path in (into, before)]
    try:
        with closing(sqlite3.connect(addresses[0], uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("ATTACH DATABASE ? AS before", (addresses[1],))
            if not connection.execute(_SAME).fetchone()[0]:
                return None
            connection.execute("BEGIN IMMEDIATE")
            revoked = {"revoked": Consent.REVOKED.value}
            connection.execute(_STOPPED, revoked)
            connection.execute(_NEW_PEOPLE)
            connection.execute(_EVENTS)
            connection.execute(_STANDING, revoked)
            [count] = connection.execute("SELECT count(*) FROM stopped").fetchone()
            connection.execute("COMMIT")
            return int(count)
    except sqlite3.Error:
        return None
