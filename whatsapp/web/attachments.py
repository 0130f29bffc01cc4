"""What people send along to one account of WhatsApp Web: its worker has it from the page."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from domain.accounts.web import WorkerMissing
from domain.delivery.ports import Attachment, AttachmentGone, AttachmentTooLarge, ChannelDown
from whatsapp.fetching import found_at
from whatsapp.web.session import Session

#: The last: it is no id of a message.
_GONE: Final = frozenset({"no_message", "gone", "bad_request"})


class WebAttachments:
    """Of one session. A `ref` is WhatsApp's id of the message."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """See `Attachments.fetch`."""
        worker = self._session.worker
        try:
            url, token = await worker.place.address()
        except WorkerMissing as error:
            raise ChannelDown(str(error)) from error
        path = self._session.path(f"attachments/{quote(attachment.ref, safe='')}")
        bearer = {"Authorization": f"Bearer {token}"}
        async with found_at(worker.client, f"{url.rstrip('/')}/v1/{path}", bearer) as found:
            if found.status != HTTPStatus.OK:
                raise _why(found.status, await found.refusal())
            async for piece in found.pieces():
                yield piece


def _why(status: int, body: object) -> Exception:
    code = body.get("error") if isinstance(body, dict) else None
    if code in _GONE:
        return AttachmentGone()
    if code == "too_large":
        return AttachmentTooLarge()
    return ChannelDown(f"the worker answers {status} ({code})")
