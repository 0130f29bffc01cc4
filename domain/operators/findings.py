"""What a look at a database from outside finds."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFindings:
    """`there`: a file of SQLite's exists, or the server let us in. `revision` is the database's (None: it has
    none yet) and `needed` this program's; `is_newer`: this program does not know it. `damage`: what SQLite
    finds wrong. `wal`: SQLite's log beside the database is in use, as it should be; None elsewhere.
    `moved_to`: this desk was moved there. `copied_at`: it is a copy that nobody has worked with."""

    there: bool
    revision: str | None = None
    needed: str = ""
    is_newer: bool = False
    damage: str | None = None
    wal: bool | None = None
    moved_to: str | None = None
    copied_at: datetime | None = None
