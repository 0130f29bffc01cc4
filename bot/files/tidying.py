"""Deletes files that nothing refers to any more, such as a draft's picture that was changed."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Final

import structlog

from bot.parts import Parts
from domain.delivery.ports import MediaAway

log = structlog.get_logger(__name__)

#: Beyond the days for which copies of the desk are kept, whose files must be there when one is put back.
BEYOND_COPIES: Final = timedelta(days=2)


def tidying(parts: Parts) -> Callable[[], Awaitable[None]]:
    """To be done now and then; a place that does not answer is tidied the next time."""

    async def in_use(keys: Sequence[str]) -> Collection[str]:
        async with parts.store.read() as unit:
            return await unit.contacts.files_in_use(keys)

    async def tidy() -> None:
        unused_for = timedelta(days=parts.settings.backup_keep_days) + BEYOND_COPIES
        try:
            deleted = await parts.media.tidy(parts.desk_id, in_use, unused_for=unused_for)
        except MediaAway as error:
            log.info("files are not tidied now", why=error.why)
            return
        if deleted is None:
            log.warning("files are not tidied: other desks keep theirs in the same place")
        elif deleted:
            log.info("files deleted that nothing referred to", removed=deleted)

    return tidy
