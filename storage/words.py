"""A workspace's own words for stop and start, in a table."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.contacts.stop_words import Heard, Vocabulary
from domain.kernel.ids import WorkspaceId
from storage.base import SqlStore
from storage.tables import stop_words

_Edit = tuple[Heard, str, tuple[str, ...]]


#: Asked for every message that comes in; made once, because to put it together takes longer than to run it.
_OF: Final = (
    select(stop_words.c.kind, stop_words.c.language, stop_words.c.words)
    .where(stop_words.c.workspace_id == bindparam("of_workspace", type_=stop_words.c.workspace_id.type))
    .order_by(stop_words.c.kind, stop_words.c.language)
)


class SqlWords(SqlStore):
    """Implements `domain.contacts.ports.WordStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        #: Many replies of one unit of work ask for the same.
        self._known: dict[WorkspaceId, Vocabulary] = {}

    async def of(self, workspace_id: WorkspaceId) -> Vocabulary:
        known = self._known.get(workspace_id)
        if known is None:
            rows = await self._db.execute(_OF, {"of_workspace": workspace_id})
            known = _vocabulary(tuple((row.kind, row.language, tuple(row.words)) for row in rows))
            self._known[workspace_id] = known
        return known

    async def save(self, workspace_id: WorkspaceId, vocabulary: Vocabulary) -> None:
        self._known.pop(workspace_id, None)
        await self._db.execute(delete(stop_words).where(stop_words.c.workspace_id == workspace_id))
        rows = [
            {"workspace_id": workspace_id, "kind": kind, "language": language, "words": list(listed)}
            for kind, edits in ((Heard.STOP, vocabulary.stops), (Heard.START, vocabulary.starts))
            for language, listed in edits.items()
        ]
        if rows:
            await self._db.execute(insert(stop_words), rows)


@lru_cache(maxsize=256)
def _vocabulary(edits: Sequence[_Edit]) -> Vocabulary:
    """Folding some hundred words takes longer than asking for a workspace's own: the same is made once."""
    of = {
        kind: {language: listed for one, language, listed in edits if one is kind}
        for kind in (Heard.STOP, Heard.START)
    }
    return Vocabulary(stops=of[Heard.STOP], starts=of[Heard.START])
