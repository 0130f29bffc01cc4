"""Names are looked for without accents; what stood for somebody who was forgotten is known as that; what
people are called at WhatsApp; and no reply's id is given a second time."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from domain.contacts.folding import folded
from storage.types import Moment

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: People at a time.
BATCH = 5000
#: After every reply's id that is known to have been given.
GO_ON = (
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'replies', MAX(id) FROM (SELECT 0 AS id "
    "UNION ALL SELECT id FROM replies UNION ALL SELECT newest FROM reply_tellings "
    "UNION ALL SELECT reply_id FROM told_messages)"
)
CALLED = ("called", "called_folded")
CONTACTS = sa.table("contacts", *map(sa.column, ("id", "name", "name_folded")))


def upgrade() -> None:
    op.add_column("told_messages", sa.Column("forgotten_at", Moment))
    for column in CALLED:
        op.add_column("conversations", sa.Column(column, sa.Text()))
    _fold(folded)
    _never_again(True)


def downgrade() -> None:
    _never_again(False)
    op.execute("DELETE FROM told_messages WHERE forgotten_at IS NOT NULL")
    for column in CALLED:
        op.drop_column("conversations", column)
    op.drop_column("told_messages", "forgotten_at")
    _fold(str.casefold)


def _fold(how: Callable[[str], str]) -> None:
    """Everybody's name, as it is looked for. Most stay as they are, and are not written."""
    c, db, last = CONTACTS.c, op.get_bind(), 0
    wanted = sa.select(c.id, c.name, c.name_folded).where(c.name != "").order_by(c.id).limit(BATCH)
    this = sa.update(CONTACTS).where(c.id == sa.bindparam("the_id"))
    while rows := db.execute(wanted.where(c.id > last)).all():
        last = rows[-1].id
        found = [{"the_id": row.id, "so": how(row.name)} for row in rows if how(row.name) != row.name_folded]
        if found:
            db.execute(this.values(name_folded=sa.bindparam("so")), found)


def _never_again(is_so: bool) -> None:
    """Chats are told replies by their ids: one that was a forgotten person's would pass for told already."""
    if op.get_bind().dialect.name != "sqlite":
        return
    about = {"sqlite_autoincrement": is_so}
    with op.batch_alter_table("replies", recreate="always", table_kwargs=about):
        pass
    if is_so:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'replies'")
        op.execute(GO_ON)
