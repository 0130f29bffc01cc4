"""The sessions of WhatsApp Web on one or several workers, and each account's ways in and out."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import httpx

from domain.accounts.web import (
    SessionState,
    WebGroups,
    WebMember,
    WebSession,
    WorkerMissing,
    WorkerNode,
    WorkerRefuses,
    WorkerTrouble,
)
from domain.delivery.ports import ChannelDown, MediaStore
from whatsapp.web.attachments import WebAttachments
from whatsapp.web.gateway import WebGateway
from whatsapp.web.journal import WebJournal
from whatsapp.web.news import WebNews
from whatsapp.web.people import WebPeople
from whatsapp.web.session import Session, shaped
from whatsapp.web.wire import checked_from_json, groups_from_json, members_from_json, node_from_json
from whatsapp.web.worker import Nowhere, Place, Worker

SESSION: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
#: Room that is taken to be at a worker not heard of yet.
_NOT_HEARD: Final = 1_000
#: What has to ask WhatsApp itself, in seconds.
_SLOWLY: Final = 60.0
#: `/status` does not wait longer for a worker, in seconds.
_BRIEFLY: Final = 5.0
#: Why a session cannot be unlinked from the phone before it is forgotten; it is forgotten all the same.
_FORGET_ANYWAY: Final = frozenset({"not_ready", "refused", "page_failed", "timeout", "busy"})


class WebWorkers:
    """Implements `domain.accounts.web.WebSessions`. A `remote` is `<worker>/<session>`, for good."""

    def __init__(self, client: httpx.AsyncClient, places: Mapping[str, Place]) -> None:
        """`places` by the workers' names, in the order of the settings."""
        self._client = client
        self._workers = {name: Worker(name, client, place) for name, place in places.items()}
        #: Free places as last heard, less those given away since.
        self._room = dict.fromkeys(self._workers, _NOT_HEARD)

    # -- an account's ways in and out -----------------------------------------------------------------

    def gateway(self, remote: str, media: MediaStore) -> WebGateway:
        return WebGateway(self._at(remote), media)

    def news(self, remote: str) -> WebNews:
        return WebNews(self._at(remote))

    def journal(self, remote: str) -> WebJournal:
        return WebJournal(self._at(remote))

    def attachments(self, remote: str) -> WebAttachments:
        return WebAttachments(self._at(remote))

    def people(self, standin: str | None) -> WebPeople:
        return WebPeople(self._client, self._at, standin)

    def _at(self, remote: str) -> Session:
        """A worker that is not in the settings any more is one that cannot be reached."""
        name, _, session = remote.partition("/")
        return Session(self._workers.get(name) or Worker(name, self._client, Nowhere()), session)

    # -- WebSessions ----------------------------------------------------------------------------------

    def name_for(self, wanted: str) -> str:
        """On the worker with the most room; those not heard of yet come first, in the order of the
        settings. Raises ValueError for what is no name of a session."""
        if SESSION.fullmatch(wanted) is None:
            raise ValueError(f"{wanted!r} is no name for a session")
        chosen = max(self._workers, key=lambda name: self._room[name])
        self._room[chosen] -= 1
        return f"{chosen}/{wanted}"

    async def start(
        self, remote: str, *, number: str | None = None, listen_since: datetime | None = None
    ) -> WebSession:
        """See the port."""
        session = self._at(remote)
        try:
            found = await session.start(number=number, listen_since=listen_since)
        except WorkerRefuses as refusal:
            if refusal.reason == "too_many_sessions":
                self._room[session.worker.name] = 0
            raise
        return await _with_qr(session, found)

    async def look(self, remote: str, *, rev: int | None = None, wait_seconds: float = 0) -> WebSession:
        """See the port."""
        session = self._at(remote)
        return await _with_qr(session, await session.look(rev=rev, wait_seconds=wait_seconds))

    async def newest(self, remote: str) -> int:
        """See the port."""
        return shaped(_newest, await self._at(remote).ask("GET", "events", params={"after": 0, "wait": 0}))

    async def pairing_code(self, remote: str, number: str) -> str:
        """See the port."""
        asked = {"number": number}
        body = await self._at(remote).ask("POST", "pairing-code", json=asked, seconds=_SLOWLY)
        return shaped(_code, body)

    async def logout(self, remote: str) -> None:
        """See the port."""
        await self._at(remote).ask("POST", "logout", seconds=_SLOWLY)

    async def delete(self, remote: str) -> None:
        """See the port."""
        try:
            await self.logout(remote)
        except WorkerRefuses as refusal:
            if refusal.reason == "no_session":
                return
            if refusal.reason not in _FORGET_ANYWAY:
                raise
        try:
            await self._at(remote).ask("DELETE", seconds=_SLOWLY)
        except WorkerRefuses as refusal:
            if refusal.reason != "no_session":
                raise

    async def check_numbers(self, remote: str, numbers: Sequence[str]) -> Mapping[str, bool | None]:
        """See the port."""
        asked = {"numbers": list(numbers)}
        body = await self._at(remote).ask("POST", "numbers/check", json=asked, seconds=_SLOWLY)
        return shaped(checked_from_json, body)

    async def groups(self, remote: str, *, refresh: bool = False) -> WebGroups:
        """See the port."""
        params = {"refresh": "true"} if refresh else {}
        body = await self._at(remote).ask("GET", "groups", params=params, seconds=_SLOWLY)
        return shaped(groups_from_json, body)

    async def members(self, remote: str, group: str) -> Sequence[WebMember]:
        """See the port."""
        asked = {"group": group}
        body = await self._at(remote).ask("GET", "group-members", params=asked, seconds=_SLOWLY)
        return shaped(members_from_json, body)

    async def nodes(self) -> Sequence[WorkerNode]:
        """See the port. A worker that nobody needs yet is not started for this."""
        nodes = await asyncio.gather(*(self._node(worker) for worker in self._workers.values()))
        for node in nodes:
            if node.trouble is None and node.limit:
                self._room[node.name] = node.limit - node.sessions
        return nodes

    async def _node(self, worker: Worker) -> WorkerNode:
        trouble: str | None = None
        try:
            place = await worker.place.glance()
            if place is not None:
                body = await worker.ask("GET", "node", at=place, seconds=_BRIEFLY)
                return shaped(lambda body: node_from_json(worker.name, body), body)
        except WorkerMissing as missing:
            trouble = missing.trouble
        except (ChannelDown, WorkerRefuses):
            trouble = WorkerTrouble.WORKER_DOWN
        return WorkerNode(name=worker.name, sessions=0, limit=0, ready=0, memory_bytes=0, trouble=trouble)


async def _with_qr(session: Session, found: WebSession) -> WebSession:
    if found.state is not SessionState.QR:
        return found
    try:
        qr = await session.ask("GET", "qr")
    except WorkerRefuses as refusal:
        if refusal.reason in {"no_qr", "no_session"}:
            return found  # scanned or gone meanwhile: the next look tells
        raise
    return replace(found, qr=shaped(_qr, qr))


def _qr(body: Any) -> str:
    return str(body["qr"])


def _newest(body: Any) -> int:
    return int(body["last"])


def _code(body: Any) -> str:
    return str(body["code"])
