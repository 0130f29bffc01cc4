"""What the sessions of WhatsApp Web promise, held against the worker and against the fake that tests use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from domain.accounts.web import SessionState, WebMember, WebSession, WebSessions, WorkerRefuses
from tests.fakes.web_sessions import FakeWebSessions
from tests.web_worker import HAS_NODE, Hands, fake_worker, workers_at

BAKERY, ADA, BRUNO, NOBODY = "+905321234567", "+447700900001", "+447700900002", "+447700900009"
GROUP = "120363025246125486@g.us"
S = SessionState


class Phone(Protocol):
    """The hands of whoever holds the phone, and WhatsApp."""

    async def scan(self, remote: str, number: str, name: str) -> None: ...

    async def enter(self, remote: str, code: str, number: str) -> None: ...

    async def unlink(self, remote: str) -> None: ...

    async def registered(self, remote: str, *, yes: str, no: str) -> None: ...

    async def group(self, remote: str, id: str, name: str, member: str) -> None: ...


class FakePhone:
    def __init__(self, web: FakeWebSessions) -> None:
        self.web = web

    async def scan(self, remote: str, number: str, name: str) -> None:
        self.web.scan(remote, number, name)

    async def enter(self, remote: str, code: str, number: str) -> None:
        self.web.enter_code(remote, code, "Bakery")

    async def unlink(self, remote: str) -> None:
        self.web.unlink(remote)

    async def registered(self, remote: str, *, yes: str, no: str) -> None:
        self.web.registered.update({yes: True, no: False})

    async def group(self, remote: str, id: str, name: str, member: str) -> None:
        members = [WebMember(number=member, name="Ada"), WebMember(number=None, name=None)]
        self.web.add_group(remote, id, name, members)


class WorkersPhone:
    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    async def _do(self, remote: str, path: str, **body: object) -> None:
        await self.hands.do(remote.partition("/")[2], path, **body)

    async def scan(self, remote: str, number: str, name: str) -> None:
        await self._do(remote, "scan", number=number, name=name)

    async def enter(self, remote: str, code: str, number: str) -> None:
        await self._do(remote, "type-code", code=code, number=number, name="Bakery")

    async def unlink(self, remote: str) -> None:
        await self._do(remote, "unlink", reason="LOGOUT")

    async def registered(self, remote: str, *, yes: str, no: str) -> None:
        await self._do(remote, "set", unregistered=[no])

    async def group(self, remote: str, id: str, name: str, member: str) -> None:
        members = [{"number": member, "name": "Ada"}, {"number": None, "name": None}]
        await self._do(remote, "groups", groups=[{"id": id, "name": name, "members": members}])


@dataclass(frozen=True, kw_only=True)
class Place:
    web: WebSessions
    phone: Phone


class Open(Protocol):
    def __call__(self, folder: Path, *, limit: int = ...) -> AbstractAsyncContextManager[Place]: ...


@asynccontextmanager
async def in_memory(folder: Path, *, limit: int = 10) -> AsyncIterator[Place]:
    web = FakeWebSessions(limit=limit)
    yield Place(web=web, phone=FakePhone(web))


@asynccontextmanager
async def at_a_worker(folder: Path, *, limit: int = 10) -> AsyncIterator[Place]:
    async with fake_worker(folder, WORKER_MAX_SESSIONS=str(limit)) as own, workers_at(main=own) as web:
        yield Place(web=web, phone=WorkersPhone(Hands(own)))


PLACES: dict[str, Open] = {"fake": in_memory}
if HAS_NODE:
    PLACES["worker"] = at_a_worker


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Open:
    return PLACES[request.param]


async def reaches(web: WebSessions, remote: str, state: SessionState) -> WebSession:
    async with asyncio.timeout(20):
        session = await web.look(remote)
        while session.state is not state:
            session = await web.look(remote, rev=session.rev, wait_seconds=10)
    return session


async def linked(at: Place, wanted: str = "d1-w1-1") -> str:
    remote = at.web.name_for(wanted)
    await at.web.start(remote)
    await reaches(at.web, remote, S.QR)
    await at.phone.scan(remote, BAKERY, "Bakery")
    await reaches(at.web, remote, S.READY)
    return remote


async def test_a_qr_is_shown_scanned_and_the_number_is_known(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        await at.web.start(remote)
        waiting = await reaches(at.web, remote, S.QR)
        assert waiting.qr and waiting.number is None and waiting.remote == remote
        await at.phone.scan(remote, BAKERY, "Bakery")
        ready = await reaches(at.web, remote, S.READY)
        assert (ready.number, ready.name, ready.qr) == (BAKERY, "Bakery", None)
        assert ready.rev > waiting.rev and ready.since.tzinfo is not None


async def test_starting_what_runs_leaves_it_running(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        assert (await at.web.start(remote)).state is S.READY


async def test_looking_waits_for_something_newer_and_not_for_ever(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        ready = await at.web.look(remote)
        async with asyncio.timeout(10):
            assert (await at.web.look(remote, rev=ready.rev, wait_seconds=1)).state is S.READY
            async with asyncio.TaskGroup() as group:
                looking = group.create_task(at.web.look(remote, rev=ready.rev, wait_seconds=30))
                group.create_task(at.phone.unlink(remote))
        assert looking.result().rev > ready.rev
        gone = await reaches(at.web, remote, S.LOGGED_OUT)
        assert gone.reason == "LOGOUT"


async def test_a_code_links_as_a_qr_does(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        await at.web.start(remote)
        await reaches(at.web, remote, S.QR)
        code = await at.web.pairing_code(remote, BAKERY)
        assert len(code) == 8 and code.isalnum()
        await reaches(at.web, remote, S.CODE)
        await at.phone.enter(remote, code, BAKERY)
        assert (await reaches(at.web, remote, S.READY)).number == BAKERY
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.pairing_code(remote, BAKERY)
        assert refused.value.reason == "not_linking"


async def test_logged_out_here_it_can_be_linked_again(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        await at.web.logout(remote)
        await reaches(at.web, remote, S.LOGGED_OUT)
        await at.web.start(remote)
        await reaches(at.web, remote, S.QR)


async def test_deleting_forgets_it_and_is_no_error_the_second_time(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        await at.web.delete(remote)
        await at.web.delete(remote)
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.look(remote)
        assert refused.value.reason == "no_session"


async def test_what_still_waits_to_be_linked_can_be_deleted(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        await at.web.start(remote)
        await reaches(at.web, remote, S.QR)
        await at.web.delete(remote)
        with pytest.raises(WorkerRefuses):
            await at.web.look(remote)


async def test_no_more_are_started_than_there_is_room_for(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path, limit=1) as at:
        await linked(at, "d1-w1-1")
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.start(at.web.name_for("d1-w1-2"))
        assert refused.value.reason == "too_many_sessions"
        [node] = await at.web.nodes()
        assert (node.sessions, node.limit, node.ready, node.trouble) == (1, 1, 1, None)


async def test_numbers_are_checked_fifty_at_most(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        await at.phone.registered(remote, yes=ADA, no=NOBODY)
        checked = await at.web.check_numbers(remote, [ADA, NOBODY])
        assert checked == {ADA: True, NOBODY: False}
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.check_numbers(remote, [f"+4477009{n:05d}" for n in range(51)])
        assert refused.value.reason == "bad_request"


async def test_groups_are_listed_with_their_members(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = await linked(at)
        await at.phone.group(remote, GROUP, "Class 3B", ADA)
        groups = await at.web.groups(remote, refresh=True)
        async with asyncio.timeout(10):
            while not groups.groups or groups.refreshing or groups.groups[0].size is None:
                groups = await at.web.groups(remote)
        assert [(group.id, group.name, group.size) for group in groups.groups] == [(GROUP, "Class 3B", 2)]
        assert groups.at is not None
        members = await at.web.members(remote, GROUP)
        assert [member.number for member in members] == [ADA, None]
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.members(remote, "1@g.us")
        assert refused.value.reason == "no_group"


async def test_what_is_not_ready_checks_no_numbers(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        await at.web.start(remote)
        await reaches(at.web, remote, S.QR)
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.check_numbers(remote, [ADA])
        assert refused.value.reason == "not_ready"


async def test_a_session_nobody_knows_is_refused(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w9-9")
        for ask in (at.web.look(remote), at.web.logout(remote), at.web.pairing_code(remote, BAKERY)):
            with pytest.raises(WorkerRefuses) as refused:
                await ask
            assert refused.value.reason == "no_session"


async def test_another_phone_than_the_one_it_is_for_is_unlinked_again_and_told(
    place: Open, tmp_path: Path
) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        await at.web.start(remote, number=BAKERY, listen_since=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
        await reaches(at.web, remote, S.QR)
        await at.phone.scan(remote, ADA, "Ada")
        refused = await reaches(at.web, remote, S.LOGGED_OUT)
        assert (refused.reason, refused.other_number) == ("other_number", ADA)
        await at.web.start(remote)
        await reaches(at.web, remote, S.QR)
        await at.phone.scan(remote, BAKERY, "Bakery")
        linked = await reaches(at.web, remote, S.READY)
        assert (linked.number, linked.other_number) == (BAKERY, None)


async def test_how_far_its_news_go_is_told_without_taking_them_in(place: Open, tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        remote = at.web.name_for("d1-w1-1")
        with pytest.raises(WorkerRefuses) as refused:
            await at.web.newest(remote)
        assert refused.value.reason == "no_session"
        await at.web.start(remote)
        assert await at.web.newest(remote) == await at.web.newest(remote) >= 0
