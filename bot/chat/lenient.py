"""A bot for servers that know less than Telegram."""

from typing import Any, Final

import structlog
from telegram.error import BadRequest
from telegram.ext import ExtBot

log = structlog.get_logger(__name__)

#: What may be left out of a call without anybody missing much.
DISPENSABLE: Final = frozenset({"link_preview_options", "disable_notification"})
NOT_KNOWN: Final = " is not supported yet"


class LenientBot(ExtBot[int]):
    """Leaves out what the server says it does not know. Telegram itself passes over fields that it does not
    know; stand-ins and gateways that speak its API refuse the whole call (lo-bot-api-emulator does)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._not_known: set[str] = set()

    async def _do_post(self, endpoint: str, data: dict[str, Any], **timeouts: Any) -> Any:
        known = {name: value for name, value in data.items() if name not in self._not_known}
        try:
            return await super()._do_post(endpoint, dict(known), **timeouts)
        except BadRequest as error:
            field = error.message.lower().partition(NOT_KNOWN)[0]
            if field not in DISPENSABLE or known.pop(field, None) is None:
                raise
            log.warning("the server does not know a field; left out from now on", field=field)
            self._not_known.add(field)
            return await super()._do_post(endpoint, known, **timeouts)
