"""The report that comes by itself waits a little for word of deliveries."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from telegram import Bot

from bot.chat.announcer import ChatAnnouncer
from bot.chat.notices import MOST_TRIES, Notices
from bot.chat.sending import kinds_of_notice
from bot.tasks import TaskOwner
from domain.campaigns.model import CampaignStep
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, MediaStore, ReceiptNews
from domain.delivery.recipients import Claim, learn
from domain.kernel.ids import AccountId, CampaignId
from domain.operators.chat import Notice
from domain.scheduler.events import CampaignCompleted
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_list, a_member, a_running_campaign, a_workspace, an_account, open_store

CHAT = 1001


class Chat:
    """What came in it, as captions and texts."""

    def __init__(self) -> None:
        self.came: list[str] = []

    async def send_photo(self, _chat: int, _photo: bytes, *, caption: str, **_: Any) -> Any:
        self.came.append(caption)
        return SimpleNamespace(message_id=1)

    async def send_message(self, _chat: int, text: str, **_: Any) -> Any:
        self.came.append(text)
        return SimpleNamespace(message_id=2)

    async def send_media_group(self, *_: Any, **__: Any) -> None:
        pass


def outbox(store: Database, chat: Chat, clock: FakeClock) -> Notices:
    bot = cast(Bot, chat)
    return Notices(bot, store, clock, kinds_of_notice(store, cast(MediaStore, None), clock, TaskOwner()))


Ended = tuple[CampaignId, AccountId, Sequence[Claim]]


async def an_ended_campaign(store: Database, clock: FakeClock) -> Ended:
    """Two people, both with WhatsApp, neither told delivered; its report is queued."""
    async with store.write() as unit:
        space = await a_workspace(unit)
        member = await a_member(unit, space, telegram_id=CHAT)
        await unit.operators.accept_terms(member, version=1, at=NOW)
        account = await an_account(unit, space)
        people = await a_list(unit, space, 2)
        id = await a_running_campaign(unit, space, member, account, people)
        claims, _ = await unit.delivery.claim(
            id, account, desk="d", owner="o", now=NOW, lease_until=NOW + timedelta(minutes=5), limit=2
        )
        await unit.delivery.record([learn(c, Accepted(f"p{c.n}"), now=NOW) for c in claims], now=NOW)
        campaign = await unit.campaigns.any(id)
        done = await unit.campaigns.save(
            campaign.take(CampaignStep.COMPLETE, at=NOW), expected=campaign.version
        )
        await ChatAnnouncer(clock).announce(unit, CampaignCompleted(campaign=done))
        await unit.commit()
    return id, account, claims


async def told(store: Database, account: AccountId, claim: Claim, progress: Progress) -> None:
    async with store.write() as unit:
        await unit.delivery.receipts(account, [ReceiptNews(key=claim.key, progress=progress, at=NOW)])
        await unit.commit()


async def test_it_comes_once_everybody_is_told_of(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    async with open_store(tmp_path) as store:
        _, account, claims = await an_ended_campaign(store, clock)
        notices = outbox(store, chat, clock)
        await notices.flush()
        await told(store, account, claims[0], Progress.DELIVERED)
        clock.advance(seconds=3)
        await notices.flush()
        assert chat.came == []
        await told(store, account, claims[1], Progress.READ)
        clock.advance(seconds=3)
        await notices.flush()
    [report] = chat.came
    assert "Delivered 2" in report
    assert "still coming in" not in report


async def test_it_comes_a_minute_after_the_end_and_says_that_word_still_comes(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    async with open_store(tmp_path) as store:
        _, account, claims = await an_ended_campaign(store, clock)
        await told(store, account, claims[0], Progress.DELIVERED)
        notices = outbox(store, chat, clock)
        for _ in range(59):
            await notices.flush()
            assert chat.came == []
            clock.advance(seconds=1)
        clock.advance(seconds=1)
        await notices.flush()
        await notices.flush()
    [report] = chat.came
    assert "Delivered 1" in report
    assert "Deliveries are still coming in: of 1 person there is no word yet" in report


async def test_one_that_waits_comes_after_a_restart(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    async with open_store(tmp_path) as store:
        await an_ended_campaign(store, clock)
        await outbox(store, chat, clock).flush()
    clock.advance(hours=2)
    async with open_store(tmp_path) as store:
        await outbox(store, chat, clock).flush()
    assert len(chat.came) == 1


async def test_waiting_is_no_failure_and_holds_nothing_up(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    async with open_store(tmp_path) as store:
        await an_ended_campaign(store, clock)
        async with store.write() as unit:
            reply = Notice(chat_id=CHAT, key="reply", kind="text", payload={"text": "Lovely!"})
            await unit.chat.queue_notice(reply, at=NOW)
            await unit.commit()
        notices = outbox(store, chat, clock)
        for _ in range(MOST_TRIES + 1):
            await notices.flush()
        assert chat.came == ["Lovely!"]
        clock.advance(minutes=1)
        async with store.read() as unit:
            assert [one.tries for one in await unit.chat.due_notices(now=clock.now(), limit=9)] == [0]


async def test_one_asked_for_does_not_wait(tmp_path: Path) -> None:
    clock, chat = FakeClock(NOW), Chat()
    async with open_store(tmp_path) as store:
        campaign, _, _ = await an_ended_campaign(store, clock)
        async with store.write() as unit:
            asked = Notice(chat_id=CHAT, key="report", kind="report", payload={"campaign_id": campaign})
            await unit.chat.queue_notice(asked, at=NOW)
            await unit.commit()
        await outbox(store, chat, clock).flush()
    [report] = chat.came
    assert "of 2 people there is no word yet" in report
