"""A workspace's own words for stop and start, in a table."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import delete, insert, select

from domain.contacts.stop_words import Heard, Vocabulary
from domain.kernel.ids import WorkspaceId
from storage.base import SqlStore
from storage.tables import stop_words

_Edit = tuple[Heard, str, tuple[str, ...]]


class SqlWords(SqlStore):
    """Implements `domain.contacts.ports.WordStore`."""

    async def of(self, workspace_id: WorkspaceId) -> Vocabulary:
        c = stop_words.c
        rows = await self._db.execute(
            select(c.kind, c.language, c.words)
            .where(c.workspace_id == workspace_id)
            .order_by(c.kind, c.language)
        )
        return _vocabulary(tuple((row.kind, row.language, tuple(row.words)) for row in rows))

    async def save(self, workspace_id: WorkspaceId, vocabulary: Vocabulary) -> None:
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
