"""What happens at one account of WhatsApp Web by itself."""

from collections.abc import Sequence
from typing import Any

from domain.accounts.web import WorkerMissing, WorkerRefuses
from domain.delivery.ports import ChannelDown, NewsItem
from whatsapp.web.session import Session
from whatsapp.web.wire import news_from_json
from whatsapp.web.worker import LONGEST_WAIT, SLACK


class WebNews:
    """The events of one session, kept by its worker until they are acknowledged."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        """See `NewsSource.after`."""
        wait = min(round(wait_seconds), LONGEST_WAIT)
        params: dict[str, Any] = {"after": cursor, "wait": wait}
        try:
            body = await self._session.ask("GET", "events", params=params, seconds=wait + SLACK)
            return [news_from_json(item) for item in body["items"]]
        except (WorkerRefuses, WorkerMissing, ValueError, KeyError, TypeError) as error:
            raise ChannelDown(f"the worker has no news of {self._session.name}: {error}") from error
