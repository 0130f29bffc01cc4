"""A number that is linked again: what its session is asked for, what it leaves behind, what of it is old."""

from datetime import timedelta
from pathlib import Path

from bot.chat.leftovers import Leftovers
from bot.senders import Hints
from bot.tasks import TaskOwner
from domain.accounts import link_service
from domain.accounts.link_service import FURTHER_BACK, Linked, Refused, Wish
from domain.accounts.linking import Leftover, Linking, LinkMode
from domain.accounts.model import Account, AccountState, Channel
from domain.contacts.model import Consent
from domain.delivery.ports import AccountNews, ReplyNews
from domain.scheduler.news import ReadNews
from tests.fakes.stores import NOW, number_of
from tests.fakes.web_sessions import FakeWebSessions
from tests.unit.scheduler.world import World, world

BAKERY, PIER = "+905321234567", "+905329876543"
UNLINKED, CONNECTED = AccountState.UNLINKED, AccountState.CONNECTED


async def an_account(
    on: World, number: str = BAKERY, *, state: AccountState = UNLINKED, hours_ago: int = 0
) -> Account:
    async with on.store.write() as unit:
        id = await unit.accounts.create(
            workspace_id=on.space, channel=Channel.WEB, number=number, name="Bakery", remote=f"of{number}",
            state=state, at=NOW - timedelta(hours=hours_ago),
        )  # fmt: skip
        await unit.commit()
    async with on.store.read() as unit:
        return await unit.accounts.account(id)


async def a_linking(on: World, account: Account | None = None, number: str | None = None) -> Linking:
    async with on.store.write() as unit:
        made = await link_service.begin(
            unit.linkings, unit.accounts, workspace_id=on.space, account=account,
            mode=LinkMode.QR if number is None else LinkMode.CODE, number=number, chat_id=5, telegram_id=5,
            name=lambda id: f"new-{id}", at=NOW,
        )  # fmt: skip
        await unit.commit()
    return made


async def wish(on: World, linking: Linking) -> Wish:
    async with on.store.read() as unit:
        return await link_service.wish_of(unit.accounts, linking)


async def finish(on: World, linking: Linking, number: str, cursor: int = 0) -> Linked | Refused:
    async with on.store.write() as unit:
        done = await link_service.finish(
            unit.linkings, unit.accounts, linking, number=number, name="Bakery", cursor=cursor, at=NOW
        )
        await unit.commit()
    return done


async def test_whose_phone_it_has_to_be_and_since_when_to_listen_are_known_of_a_known_number(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        bakery = await an_account(on, hours_ago=3)
        wanted = Wish(number=BAKERY, listen_since=NOW - timedelta(hours=3) - FURTHER_BACK)
        assert await wish(on, await a_linking(on, bakery)) == wanted


async def test_linked_as_if_it_were_new_the_number_is_open_and_the_longest_unlinked_is_listened_for(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        assert await wish(on, await a_linking(on)) == Wish()
        await an_account(on, BAKERY, hours_ago=3)
        await an_account(on, PIER, hours_ago=9)
        await an_account(on, "+905320000000", state=CONNECTED, hours_ago=99)
        since = NOW - FURTHER_BACK
        assert await wish(on, await a_linking(on)) == Wish(listen_since=since - timedelta(hours=9))
        code = await a_linking(on, number=BAKERY)
        assert await wish(on, code) == Wish(listen_since=since - timedelta(hours=3))


async def test_what_its_session_told_before_it_was_linked_is_of_before(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        bakery = await an_account(on)
        done = await finish(on, await a_linking(on, bakery), BAKERY, cursor=7)
        assert isinstance(done, Linked)
        assert (done.account.state, done.account.linked_cursor, done.before) == (CONNECTED, 7, bakery)
        async with on.store.read() as unit:
            assert await unit.linkings.leftover(bakery.remote) is None
        new = await finish(on, await a_linking(on), PIER, cursor=9)
        assert isinstance(new, Linked)
        assert (new.account.linked_cursor, new.before) == (9, None)


async def test_another_number_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        bakery = await an_account(on)
        linking = await a_linking(on, bakery)
        assert await finish(on, linking, PIER) == Refused(reason="other_number")
        async with on.store.read() as unit:
            assert await unit.accounts.account(bakery.id) == bakery
            assert (await unit.linkings.any(linking.id)).is_open


async def test_a_session_that_is_left_is_read_to_its_end_before_it_is_deleted(tmp_path: Path) -> None:
    """Somebody said STOP there, which nobody had read yet."""
    async with world(tmp_path) as on, TaskOwner() as tasks:
        web, bakery = FakeWebSessions(), await an_account(on)
        await web.start(bakery.remote)
        web.tell(
            bakery.remote,
            ReplyNews(event="e1", sender=number_of(0), text="STOP", at=NOW),
            AccountNews(state="unlinked", at=NOW),
        )
        await on.contact(number_of(0))
        linking = await a_linking(on)
        await finish(on, linking, BAKERY)
        news = ReadNews(
            store=on.store, source_for=lambda account: web.news(account.remote), announcer=on.heard,
            watcher=Hints(), clock=on.clock,
        )  # fmt: skip
        leftovers = Leftovers(on.store, web, news, on.clock, tasks)
        with web.down():
            await leftovers.take_back(bakery.remote)
        async with on.store.read() as unit:
            assert await unit.linkings.leftover(bakery.remote) is Leftover.DELETE
        await leftovers.take_back(bakery.remote)
        assert web.deleted == [bakery.remote] and web.acknowledged[bakery.remote] == 2
        async with on.store.read() as unit:
            person = await unit.contacts.by_number(on.space, number_of(0))
            account = await unit.accounts.account(bakery.id)
            assert await unit.linkings.leftover(bakery.remote) is None
        assert person is not None and person.consent is Consent.REVOKED
        assert (account.state, account.remote, account.news_cursor) == (CONNECTED, linking.remote, 0)


async def test_one_that_is_gone_leaves_nothing_to_be_read(tmp_path: Path) -> None:
    async with world(tmp_path) as on, TaskOwner() as tasks:
        web, bakery = FakeWebSessions(), await an_account(on)
        await finish(on, await a_linking(on), BAKERY)
        leftovers = Leftovers(on.store, web, on.news, on.clock, tasks)
        await leftovers.take_back(bakery.remote)
        async with on.store.read() as unit:
            assert await unit.linkings.leftover(bakery.remote) is None
