"""What people send along over the official channel: asked for by its id, fetched from where WhatsApp says."""

import hmac
import logging
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from domain.delivery.ports import (
    LARGEST_ATTACHMENT,
    Attachment,
    AttachmentGone,
    AttachmentTooLarge,
    ChannelDown,
)
from whatsapp.cloud.calls import Answer, CallFailed, Calls, CloudLine
from whatsapp.cloud.errors import read_error
from whatsapp.fetching import FETCH_SECONDS, found_at

log = logging.getLogger(__name__)

#: Where Meta keeps files. The token goes nowhere else, whatever an answer says.
_META: Final = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net", ".whatsapp.com")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,512}")
#: Codes that say that there is no such file, or none for this token.
_NO_SUCH: Final = frozenset({100, 131052})


@dataclass(frozen=True, slots=True)
class _Place:
    """`digest` as WhatsApp tells it: SHA-256 in hex or base64, empty where it tells none."""

    url: str
    digest: str


class CloudAttachments:
    """Implements `domain.delivery.ports.Attachments` for one number. A `ref` is the id of a file."""

    def __init__(self, client: httpx.AsyncClient, line: CloudLine, *, seconds: float = FETCH_SECONDS) -> None:
        self._client, self._line, self._seconds = client, line, seconds
        self._calls = Calls(client, line)

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """See `Attachments.fetch`."""
        place = await self._place(attachment.ref)
        digest = sha256()
        # Some of Meta's hosts answer nobody who does not say what they are.
        headers = {"Authorization": f"Bearer {self._line.token()}", "User-Agent": "MassSender"}
        async with found_at(self._client, place.url, headers, seconds=self._seconds) as found:
            if found.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise AttachmentGone
            if found.status != HTTPStatus.OK:
                raise ChannelDown(f"WhatsApp answers {found.status} for a file")
            async for piece in found.pieces():
                digest.update(piece)
                yield piece
        if place.digest and not _same(place.digest, digest.digest()):
            raise ChannelDown("a file came changed or cut off")

    async def _place(self, ref: str) -> _Place:
        """Where the file can be had, for five minutes."""
        # It becomes part of an address.
        if not _ID.fullmatch(ref):
            raise AttachmentGone
        try:
            answer = await self._calls.get(ref, {"phone_number_id": self._line.phone_number_id})
        except CallFailed as failed:
            raise ChannelDown(failed.reason) from failed
        return _place_in(answer, self._line.base_url)


def _place_in(answer: Answer, base_url: str) -> _Place:
    error, body = read_error(answer.body), answer.body
    if error is not None and error.code in _NO_SUCH:
        raise AttachmentGone
    if error is not None or answer.status != HTTPStatus.OK or not isinstance(body, dict):
        code = None if error is None else error.code
        log.info("a file of a person is not told: status %d, code %s", answer.status, code)
        raise ChannelDown(f"WhatsApp answers {answer.status}")
    size = body.get("file_size")
    if isinstance(size, int | str) and str(size).isdigit() and int(str(size)[:20]) > LARGEST_ATTACHMENT:
        raise AttachmentTooLarge
    url = str(body.get("url", ""))
    if not is_theirs(url, base_url):
        log.warning("a file of a person is said to be where nothing of WhatsApp's is; it is not fetched")
        raise AttachmentGone
    return _Place(url, str(body.get("sha256") or ""))


def is_theirs(url: str, base_url: str) -> bool:
    """Whether the token may be sent there: to the API itself, or to where Meta keeps files."""
    try:
        there, api = urlsplit(url), urlsplit(base_url)
        if there.username is not None or there.password is not None:
            return False
        if _door(there) == _door(api):
            return True
        return _door(there)[::2] == ("https", 443) and (there.hostname or "").endswith(_META)
    except ValueError:
        return False


def _door(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _same(told: str, ours: bytes) -> bool:
    known = (ours.hex(), b64encode(ours).decode())
    return any(hmac.compare_digest(told.strip().encode(), one.encode()) for one in known)
