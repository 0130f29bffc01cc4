"""PTB's side: the bot and its handlers' home, with our own limits and time-outs."""

from ssl import SSLContext
from typing import Any

import httpx
from telegram import LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.ext import Application, Defaults
from telegram.request import HTTPXRequest

from bot.chat.lenient import LenientBot
from bot.chat.limiter import ChatLimiter
from bot.ops.meters import Meters
from bot.settings import Settings


def build_application(
    settings: Settings, token: str, meters: Meters
) -> Application[Any, Any, Any, Any, Any, Any]:
    """PTB's handlers without its updater and job queue: updates come from our inbox."""
    trusted = httpx.create_ssl_context()
    bot = LenientBot(
        token,
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        rate_limiter=ChatLimiter(told=meters),
        defaults=_defaults(),
        request=_request(trusted),
        get_updates_request=_request(trusted),
    )
    return Application.builder().bot(bot).updater(None).build()


def _defaults() -> Defaults:
    return Defaults(parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True))


def _request(trusted: SSLContext) -> HTTPXRequest:
    """20 s for a send: a time-out can mean "delivered", so it must be rare (facts: 5 s was too short).

    `trusted`: whose certificates hold. Reading them takes 15 ms and 1 MB each time.
    """
    return HTTPXRequest(
        connection_pool_size=256, connect_timeout=10, read_timeout=20, write_timeout=20, pool_timeout=20,
        media_write_timeout=120, httpx_kwargs={"verify": trusted},
    )  # fmt: skip
