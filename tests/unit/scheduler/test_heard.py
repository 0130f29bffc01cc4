"""What leaves says up to where the account's news were read when it was claimed."""

from dataclasses import replace
from pathlib import Path

from domain.accounts.model import Account
from domain.delivery.ports import NewsItem, ReplyNews
from domain.scheduler.lines import OPEN, Line
from tests.fakes.stores import NOW, number_of
from tests.unit.scheduler.world import World, world


async def the_account(on: World) -> Account:
    async with on.store.read() as unit:
        return await unit.accounts.account(on.account)


async def hear(on: World, cursor: int) -> None:
    news = ReplyNews(event=f"e{cursor}", sender=number_of(9), text="Hello", at=NOW)
    await on.news.apply(await the_account(on), [NewsItem(cursor, news)])


async def test_campaigns_and_tests_tell_what_was_heard_when_they_were_claimed(tmp_path: Path) -> None:
    """What is read later, before the message leaves or while it is on its way, makes no difference."""
    async with world(tmp_path) as on:
        await hear(on, 7)
        campaign = await on.running(1)

        async def meanwhile() -> None:
            await hear(on, 8 if len(on.phones.sent) == 1 else 9)

        on.phones.meanwhile = meanwhile  # type: ignore[method-assign]
        await on.test_send(number_of(5))
        await on.slices().run(on.account)
        await on.slices().run(on.account)
        assert [message.heard for message in on.phones.sent] == [7, 8]
        async with on.store.read() as unit:
            assert (await unit.delivery.tally(campaign)).sent == 1
        assert (await the_account(on)).news_cursor == 9


async def test_a_number_linked_anew_while_its_line_was_asked_claims_nothing(tmp_path: Path) -> None:
    """That everything was heard was said of another session."""
    async with world(tmp_path) as on:
        await on.running(1)

        async def linked_anew(account: Account) -> Line:
            if account.remote != "another":
                async with on.store.write() as unit:
                    await unit.accounts.relink(account.id, remote="another", name="Bakery", at=NOW)
                    await unit.commit()
                return OPEN
            return replace(OPEN, is_heard=False)

        slices = on.slices(line_of=linked_anew)
        assert await slices.run(on.account) == NOW
        await slices.run(on.account)
        assert on.phones.sent == []
