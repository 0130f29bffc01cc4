"""What a channel says of an account by itself: what stops it, what passes; and pictures without words."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from telegram import Bot

from bot.chat.announcer import ChatAnnouncer
from bot.chat.reply_files import ReplyFiles
from bot.chat.reply_teller import ReplyTeller
from bot.senders import Hints
from bot.tasks import TaskOwner
from bot.texts import has
from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent
from domain.delivery.ports import AccountNews, News, NewsItem, ReplyNews
from domain.scheduler.events import AccountChanged, AccountInTrouble
from domain.scheduler.news import ReadNews
from tests.fakes.stores import NOW, number_of
from tests.unit.bot.told_chats import CountingTelegram, NoFiles
from tests.unit.scheduler.world import NoNews, World, world
from tests.unit.web.schemas import PROTOCOL


async def hear(on: World, *states: str, reason: str | None = None) -> None:
    async with on.store.read() as unit:
        account = await unit.accounts.account(on.account)
    news = [
        NewsItem(n, AccountNews(state=state, at=NOW, reason=reason))
        for n, state in enumerate(states, start=1)
    ]
    await on.news.apply(account, news)


@pytest.mark.parametrize("trouble", ["offline", "a word of tomorrow"])
async def test_a_trouble_that_passes_by_itself_pauses_nothing(tmp_path: Path, trouble: str) -> None:
    async with world(tmp_path) as on:
        campaign = await on.running(2)
        await hear(on, trouble, "connected", trouble)
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
            assert (await unit.campaigns.any(campaign)).state is CampaignState.RUNNING
        assert (account.state, account.news_cursor) == (AccountState.CONNECTED, 3)
        assert on.heard.events == []


@pytest.mark.parametrize("state", [AccountState.UNLINKED, AccountState.RESTRICTED])
async def test_what_stops_a_number_is_told_and_so_is_its_coming_back(
    tmp_path: Path, state: AccountState
) -> None:
    async with world(tmp_path) as on:
        campaign = await on.running(2)
        await hear(on, state.value, "offline")
        async with on.store.read() as unit:
            assert (await unit.accounts.account(on.account)).state is state
            assert (await unit.campaigns.any(campaign)).state is CampaignState.PAUSED
        await hear(on, "connected")
        states = [event.account.state for event in on.heard.events if isinstance(event, AccountChanged)]
        assert states == [state, AccountState.CONNECTED]


async def linked_over_web(on: World, *, linked_cursor: int = 0) -> None:
    """The account of this world becomes one of WhatsApp Web."""
    async with on.store.write() as unit:
        on.account = await unit.accounts.create(
            workspace_id=on.space, channel=Channel.WEB, number="+447700900099", name="Bakery", remote="s1",
            state=AccountState.CONNECTED, at=on.clock.now(), linked_cursor=linked_cursor,
        )  # fmt: skip
        await unit.commit()


async def state_of(on: World) -> AccountState:
    async with on.store.read() as unit:
        return (await unit.accounts.account(on.account)).state


async def test_what_was_before_the_number_was_linked_as_it_is_now_is_of_no_interest(tmp_path: Path) -> None:
    """By its place among the news: the clocks of two machines prove nothing."""
    async with world(tmp_path) as on:
        await linked_over_web(on, linked_cursor=2)
        on.clock.advance(days=-1)
        await hear(on, "unlinked", "connected")
        assert await state_of(on) is AccountState.CONNECTED
        on.clock.advance(days=2)
        await hear(on, "offline", "offline", "unlinked")
        assert await state_of(on) is AccountState.UNLINKED
        async with on.store.read() as unit:
            assert (await unit.accounts.account(on.account)).state_at == NOW


async def test_an_unlinked_number_is_not_back_before_the_chat_has_seen_whose_phone_was_scanned(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        await linked_over_web(on)
        await hear(on, "unlinked", "connected")
        assert await state_of(on) is AccountState.UNLINKED


async def test_a_number_that_does_not_come_up_is_told_once_and_so_is_that_it_is_back(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await linked_over_web(on)
        campaign = await on.running(1)
        await hear(on, "connected", "failed", "offline", "failed", reason="start_timeout")
        troubles = [event for event in on.heard.events if isinstance(event, AccountInTrouble)]
        assert [event.account.state_reason for event in troubles] == ["start_timeout"]
        await hear(on, "failed", "connected", "connected", reason="start_timeout")
        await hear(on, "offline", "connected", "failed")
        troubles = [event for event in on.heard.events if isinstance(event, AccountInTrouble)]
        assert [event.account.state_reason for event in troubles] == ["start_timeout", None, "failed"]
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
            assert (account.state, account.state_at) == (AccountState.CONNECTED, NOW)
            assert (await unit.campaigns.any(campaign)).state is CampaignState.RUNNING


@pytest.mark.parametrize(
    ("reason", "words"), [("browser_gone", "its browser ends by itself"), ("a word of tomorrow", "not known")]
)
async def test_operators_are_told_why_it_does_not_come_up_and_when_it_does(
    tmp_path: Path, reason: str, words: str
) -> None:
    async with world(tmp_path) as on:
        await linked_over_web(on)
        failed, back = (
            AccountNews(state="failed", at=NOW, reason=reason),
            AccountNews(state="connected", at=NOW),
        )
        [told, again] = await notices(on, failed, back)
        assert "+447700900099" in told and words in told
        assert "wait and go on by themselves" in told
        assert "is up again" in again


def test_whatever_a_session_can_fail_for_has_words() -> None:
    text = (PROTOCOL.parent / "README.md").read_text("utf-8")
    reasons = re.findall(r"^\| `(\w+)` \|.*`failed`:", text, re.MULTILINE)
    assert "start_timeout" in reasons
    assert [reason for reason in reasons if not has(f"down.{reason}")] == []


async def test_what_was_written_to_a_phone_before_it_was_ours_floods_nobody_and_a_contacts_stop_counts(
    tmp_path: Path,
) -> None:
    """It was linked while a session had to read what came to another number since that was unlinked."""
    async with world(tmp_path) as on:
        await linked_over_web(on)
        for n in range(3):
            await on.contact(number_of(n))
        before = NOW - timedelta(hours=3)
        written = [(0, "STOP", before), (1, "Happy birthday!", before), (2, "A loaf, please", NOW)]
        news = [
            ReplyNews(event=f"e{n}", sender=number_of(n), text=text, at=at)
            for n, text, at in [*written, (7, "stop", before), (8, "stop", NOW)]
        ]
        told = await notices(on, *news)
        assert len(told) == 3
        assert f"({number_of(0)}) said stop" in told[0] and "A loaf, please" in told[1]
        assert f"<b>{number_of(8)}</b> said stop" in told[2]
        async with on.store.read() as unit:
            found = [await unit.contacts.by_number(on.space, number_of(n)) for n in (0, 1, 7, 8)]
        assert [person and person.consent for person in found] == [
            Consent.REVOKED, Consent.UNRECORDED, None, Consent.REVOKED,
        ]  # fmt: skip


@pytest.mark.parametrize("seconds", [0, -20])
async def test_what_is_written_in_the_moment_of_linking_is_told(tmp_path: Path, seconds: int) -> None:
    """WhatsApp tells whole seconds, and its clock may be a little behind ours."""
    async with world(tmp_path) as on:
        on.clock.advance(seconds=0.7)
        await linked_over_web(on)
        at = NOW + timedelta(seconds=seconds)
        [told] = await notices(on, ReplyNews(event="e1", sender=number_of(1), text="Open today?", at=at))
        assert "Open today?" in told


async def test_a_number_that_was_known_is_told_what_it_was_written_while_it_was_not_linked(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        await linked_over_web(on)
        on.clock.advance(days=3)
        async with on.store.write() as unit:
            await unit.accounts.relink(on.account, remote="s2", name="Bakery", at=on.clock.now())
            await unit.commit()
        meant = ReplyNews(event="e1", sender=number_of(1), text="Do you deliver?", at=NOW + timedelta(days=1))
        [notice] = await notices(on, meant)
        assert "Do you deliver?" in notice


async def test_what_another_session_still_holds_is_taken_in_and_says_nothing_of_the_account(
    tmp_path: Path,
) -> None:
    """A STOP counts, and so does a START, each at its own time."""
    async with world(tmp_path) as on:
        await linked_over_web(on)
        for n in range(3):
            await on.contact(number_of(n))
        left = [
            [NewsItem(1, ReplyNews(event="e1", sender=number_of(0), text="STOP", at=NOW))],
            [
                NewsItem(
                    2, ReplyNews(event="e2", sender=number_of(1), text="START", at=NOW - timedelta(hours=1))
                ),
                NewsItem(
                    3, ReplyNews(event="e3", sender=number_of(1), text="STOP", at=NOW - timedelta(hours=2))
                ),
                NewsItem(4, AccountNews(state="unlinked", at=NOW)),
            ],
        ]
        asked: list[tuple[str, int]] = []

        class Left:
            def __init__(self, remote: str) -> None:
                self.remote = remote

            async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
                asked.append((self.remote, cursor))
                return left.pop(0) if left else []

        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
        await replace(on.news, source_for=lambda of: Left(of.remote)).to_the_end(account, "before")
        assert asked == [("before", 0), ("before", 1), ("before", 4)]
        async with on.store.read() as unit:
            standing = [await unit.contacts.by_number(on.space, number_of(n)) for n in range(3)]
            after = await unit.accounts.account(on.account)
        assert [person.consent for person in standing if person] == [
            Consent.REVOKED, Consent.REVOKED, Consent.UNRECORDED,
        ]  # fmt: skip
        assert (after.state, after.news_cursor) == (AccountState.CONNECTED, account.news_cursor)


async def notices(on: World, *news: News) -> list[str]:
    """What the chat is told of it."""
    announcer = ChatAnnouncer(on.clock)
    reader = ReadNews(
        store=on.store, source_for=lambda _: NoNews(), announcer=announcer, watcher=Hints(), clock=on.clock
    )
    async with on.store.read() as unit:
        account = await unit.accounts.account(on.account)
    await reader.apply(account, [NewsItem(n, one) for n, one in enumerate(news, start=1)])
    telegram = CountingTelegram(clock=on.clock)
    async with TaskOwner() as tasks:
        teller = ReplyTeller(cast(Bot, telegram), on.store, cast(ReplyFiles, NoFiles()), on.clock, tasks)
        await teller.flush()
    async with on.store.read() as unit:
        due = await unit.chat.due_notices(now=on.clock.now(), limit=9)
    return [queued.notice.payload["text"] for queued in due] + [one.text for one in telegram.sent]


@pytest.mark.parametrize(
    ("media", "text", "told"),
    [
        ("image", "", "📷 sent a picture"),
        ("voice", "", "🎤 sent a voice message"),
        ("hologram", "", "📎 sent something that cannot be shown here"),
        ("image", "Is this one left?", "📷 sent a picture\nIs this one left?"),
        (None, "Yes", "Yes"),
    ],
)
async def test_a_picture_without_words_is_told_as_a_picture(
    tmp_path: Path, media: str | None, text: str, told: str
) -> None:
    async with world(tmp_path) as on:
        reply = ReplyNews(event="e1", sender=number_of(1), text=text, at=NOW, media=media)
        [notice] = await notices(on, reply)
        assert notice.endswith(f"\n{told}")
