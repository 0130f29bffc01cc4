"""Ways to the simulated phones: over HTTP, as the product goes, and in-process, for benchmarks."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from urllib.parse import quote

import httpx

from domain.accounts.model import Account
from domain.delivery.content import Media, OutgoingMessage
from domain.delivery.faults import NOT_ON_WHATSAPP, TOO_LONG
from domain.delivery.ports import (
    LARGEST_ATTACHMENT,
    Attachment,
    AttachmentGone,
    AttachmentTooLarge,
    ChannelDown,
    Fault,
    MediaMissing,
    MediaStore,
    NewsItem,
    Rejected,
    SendOutcome,
    Unknown,
)
from whatsapp.client import MAX_MEDIA, LastFile, never_left
from whatsapp.fetching import found_at
from whatsapp.simulated.records import MediaNote
from whatsapp.simulated.wire import news_from_json, outcome_from_json
from whatsapp.simulated.world import (
    MEDIA_REFUSED,
    RESTRICTED,
    TEMPORARY,
    UNLINKED,
    Parcel,
    SimulatedWorld,
    UnknownAccount,
    is_number,
)

CHANNEL_DOWN = Rejected("channel_down", True, Fault.ACCOUNT)
CHANNEL_REFUSED = Rejected("channel_refused", False, Fault.ACCOUNT)
#: Every reason the simulated channel can give for a refusal.
REASONS = frozenset(
    one.reason
    for one in (
        CHANNEL_DOWN,
        CHANNEL_REFUSED,
        MEDIA_REFUSED,
        NOT_ON_WHATSAPP,
        RESTRICTED,
        TEMPORARY,
        TOO_LONG,
        UNLINKED,
    )
)
_SLACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedNumber:
    """What linking gave: the account's name at the phones, and its E.164 number."""

    account: str
    number: str


class SimulatedGateway:
    """One simulated account over HTTP. `timeout` in seconds, for the whole of one send."""

    def __init__(
        self, client: httpx.AsyncClient, base_url: str, account: str, media: MediaStore, timeout: float = 20.0
    ) -> None:
        self._client = client
        self._address = f"{base_url.rstrip('/')}/accounts/{account}/messages"
        self._file = LastFile(media)
        self._timeout = timeout

    @cached_property
    def _url(self) -> httpx.URL:
        """Taken apart once, and not before there is a message: an address may be none."""
        return httpx.URL(self._address)

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """See `MessageGateway.send`. Nobody listening is a refusal to retry; a line lost later is Unknown."""
        file: bytes | None = None
        if message.media is not None:
            file = await self._file.get(message.media)
            if file is None:
                return MEDIA_REFUSED
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._post(message, file)
        except TimeoutError:
            return Unknown("silence")
        except Exception as error:
            # Whatever the client raises, the promise is an outcome; only a refused connection is certain.
            return CHANNEL_DOWN if never_left(error) else Unknown("connection_lost")
        return _read(answer)

    async def _post(self, message: OutgoingMessage, file: bytes | None) -> httpx.Response:
        body = {"key": message.key, "to": message.to, "text": message.text}
        if file is None or message.media is None:
            return await self._client.post(self._url, json=body, timeout=self._timeout)
        media = message.media
        return await self._client.post(
            self._url,
            data={"message": json.dumps(body | {"kind": media.kind.value})},
            files={"file": (media.filename, file, media.mime)},
            timeout=self._timeout,
        )


class SimulatedNews:
    """The news of one simulated account over HTTP."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, account: str) -> None:
        self._client = client
        self._url = f"{base_url.rstrip('/')}/accounts/{account}/news"

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        """See `NewsSource.after`."""
        try:
            answer = await self._client.get(
                self._url,
                params={"after": cursor, "wait": round(min(wait_seconds, 60))},
                timeout=wait_seconds + _SLACK_SECONDS,
            )
            answer.raise_for_status()
            return [news_from_json(item) for item in answer.json()["items"]]
        except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
            raise ChannelDown(f"the simulated phones do not answer: {error}") from error


class SimulatedAttachments:
    """What people on the phones sent along to one simulated account."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, account: str) -> None:
        self._client = client
        self._url = f"{base_url.rstrip('/')}/accounts/{account}/attachments"

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """See `Attachments.fetch`."""
        url = f"{self._url}/{quote(attachment.ref, safe='')}"
        async with found_at(self._client, url, {}) as found:
            if found.status == HTTPStatus.NOT_FOUND:
                raise AttachmentGone
            if found.status != HTTPStatus.OK:
                raise ChannelDown(f"the simulated phones answer {found.status}")
            async for piece in found.pieces():
                yield piece


async def link_number(
    client: httpx.AsyncClient, base_url: str, *, number: str | None = None, key: str | None = None
) -> LinkedNumber:
    """Links a simulated number; the same `key` gives the same account again. Raises `ChannelDown`."""
    body = {name: value for name, value in (("number", number), ("key", key)) if value is not None}
    try:
        answer = await client.post(f"{base_url.rstrip('/')}/accounts", json=body, timeout=_SLACK_SECONDS)
        answer.raise_for_status()
        linked = answer.json()
        return LinkedNumber(account=str(linked["account"]), number=str(linked["number"]))
    except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
        raise ChannelDown(f"the simulated phones do not answer: {error}") from error


def _read(answer: httpx.Response) -> SendOutcome:
    """A refusal is certain; any other answer (a 500, a proxy's page) teaches nothing."""
    if 400 <= answer.status_code < 500 and answer.status_code != 422:
        return CHANNEL_REFUSED
    if answer.status_code not in (200, 422):
        return Unknown(f"http_{answer.status_code}")
    try:
        return outcome_from_json(answer.json())
    except ValueError:
        return Unknown("bad_answer")


class InProcessGateway:
    """The same world without HTTP between, for benchmarks and fast tests."""

    def __init__(self, world: SimulatedWorld, account: str, media: MediaStore | None = None) -> None:
        self._world = world
        self._account = account
        self._media = media

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """See `MessageGateway.send`."""
        if not is_number(message.to):
            return NOT_ON_WHATSAPP
        note = None
        if message.media is not None:
            note = await self._shelve(message.media)
            if note is None:
                return MEDIA_REFUSED
        parcel = Parcel(key=message.key, to=message.to, text=message.text, media=note)
        return await self._world.send(self._account, parcel)

    async def _shelve(self, media: Media) -> MediaNote | None:
        if self._media is None or media.size > MAX_MEDIA:
            return None
        try:
            sha256, size = await self._world.shelf.put(BytesIO(await self._media.get(media.key)))
        except MediaMissing:
            return None
        return MediaNote(
            kind=media.kind.value, filename=media.filename, mime=media.mime, size=size, sha256=sha256
        )


class InProcessNews:
    """The news of one account of a world in this process."""

    def __init__(self, world: SimulatedWorld, account: str) -> None:
        self._world = world
        self._account = account

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        """See `NewsSource.after`."""
        try:
            return await self._world.news(self._account, cursor, wait_seconds=wait_seconds)
        except UnknownAccount as error:
            raise ChannelDown(f"no account {self._account} in this world") from error


class InProcessAttachments:
    """What people sent along to the accounts of a world in this process."""

    def __init__(self, world: SimulatedWorld) -> None:
        self._world = world

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """See `Attachments.fetch`."""
        content = await self._world.shelf.get(attachment.ref)
        if content is None:
            raise AttachmentGone
        if len(content) > LARGEST_ATTACHMENT:
            raise AttachmentTooLarge
        yield content


class SimulatedPeople:
    """Implements `domain.delivery.simulators.Simulator`, at the phones' own API."""

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client, self._url = client, base_url.rstrip("/")

    async def write(self, account: Account, sender: str, text: str) -> None:
        """See `Simulator.write`."""
        url = f"{self._url}/api/phones/{quote(sender)}/reply"
        try:
            answer = await self._client.post(
                url, json={"text": text, "account": account.remote}, timeout=_SLACK_SECONDS
            )
        except (httpx.HTTPError, OSError) as error:
            raise ChannelDown("the simulated phones do not answer") from error
        if not answer.is_success:
            raise ChannelDown(f"the simulated phones answer {answer.status_code}")
