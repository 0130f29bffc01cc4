"""How older databases become today's: Alembic revisions, run by `storage.migrate`."""
