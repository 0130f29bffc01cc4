"""Who did what and when, in the chat: read, filtered, taken home; kept for owners, and for each workspace."""

from datetime import datetime
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from bot.chat.codec import Press, encode
from domain.campaigns.model import CampaignState, PauseReason
from domain.operators.activity import Activity, Topic
from domain.operators.model import Role
from tests.chat.shop import HALTING, Shop, enter, open_campaign, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually, stage
from tests.chat.till import joins


async def lines(shop: Shop, topic: Topic | None = None) -> list[Activity]:
    """Oldest first."""
    async with shop.on.store.read() as unit:
        every = [line async for line in unit.activity.stream(shop.space)]
    return [line for line in every if topic in (None, line.topic)]


async def told(shop: Shop, *whats: str) -> None:
    """Until exactly these stand in the log, in this order."""

    async def so() -> bool:
        return [line.what for line in await lines(shop)] == list(whats)

    await eventually(so, f"the log says {whats}")


async def test_what_was_done_stands_there_with_who_when_from_where_before_and_after(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await shop.start(pacing=HALTING)
        await enter(chat)
        await open_campaign(chat)
        await chat.tap("Pause")
        await chat.tap("Resume")
        await told(shop, "campaign.paused", "campaign.resumed")
        await chat.say("/settings")
        await chat.tap("Activity log")
        log = await chat.wait_for("Activity log")
        newest, older = log.words.index("resumed Spring"), log.words.index("paused Spring")
        assert newest < older
        assert "Ayşe paused Spring" in log.words
        assert "state: running → paused" in log.words and "Campaign" in log.words
        assert "Europe/Istanbul" in log.words


async def test_a_draft_is_followed_from_its_first_word_to_its_start_but_not_quoted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/new")
        await chat.tap("everybody")
        await chat.wait_for("2 of 7")
        await chat.say("Secret sale for {name}")
        await chat.wait_for("3 of 7")
        await chat.tap("No media")
        await chat.wait_for("4 of 7")
        await chat.tap("Continue")
        await chat.wait_for("5 of 7")
        await chat.tap("Gentle")
        await chat.wait_for("6 of 7")
        await chat.tap("Now")
        await chat.tap("Start")
        names = [
            "campaign.created", "campaign.audience", "campaign.text", "campaign.speed", "campaign.started",
        ]  # fmt: skip

        async def so() -> bool:
            return [line.what for line in await lines(shop)][: len(names)] == names

        await eventually(so, "every step is told")
        every = {line.what: line for line in await lines(shop)}
        assert every["campaign.created"].screen == "/new"
        assert every["campaign.audience"].after == {"audience": "list everybody"}
        assert every["campaign.text"].after == {"text": len("Secret sale for {name}")}
        assert every["campaign.speed"].before != every["campaign.speed"].after
        assert every["campaign.started"].after["people"] == 3
        assert "Secret" not in str(every)


async def test_what_masssender_does_by_itself_is_told_as_its_own(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start()
        await shop.until(id, CampaignState.COMPLETED)
        slow = await shop.start(pacing=HALTING, name="Summer")
        await on.world.turn(shop.remote, "unlinked")
        paused = await shop.until(slow, CampaignState.PAUSED)
        assert paused.pause_reason is PauseReason.UNLINKED
        await told(shop, "campaign.completed", "account.unlinked", "campaign.paused")
        every = await lines(shop)
        assert {(line.telegram_id, line.who) for line in every} == {(None, "MassSender")}
        assert every[2].after == {"state": "paused", "reason": "unlinked"}
        assert every[1].about == shop.number
        await chat.say("/settings")
        await chat.tap("Activity log")
        await chat.wait_for("MassSender paused Summer")


async def test_the_end_of_a_plan_is_told_once_however_often_it_is_looked_at(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop = await open_shop(on)
        on.clock.advance(days=36_500)
        for _ in range(3):
            await app.plans.tick(on.clock.now())
        assert [line.what for line in await lines(shop, Topic.MONEY)] == ["plan.ended"]


async def test_it_is_filtered_by_member_and_by_topic_and_paged(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await joins(shop, STRANGER, Role.MANAGER)
        at = on.clock.now()
        async with on.store.write() as unit:
            for n in range(10):
                await unit.activity.add(a_line(shop, at, AYSE, "Ayşe", Topic.CAMPAIGNS, f"Sale {n}"))
            for n in range(9):
                await unit.activity.add(a_line(shop, at, STRANGER, "Deniz", Topic.CONTACTS, f"List {n}"))
            await unit.commit()
        await enter(chat)
        await chat.say("/settings")
        await chat.tap("Activity log")
        await chat.wait_for("List 8")
        await chat.tap("Everybody")
        await chat.wait_for("Whose doings")
        await chat.tap("Ayşe")
        first = await chat.wait_for("Sale 9")
        assert "List" not in first.words and "Sale 1" not in first.words
        await chat.tap("▶")
        second = await chat.wait_for("Sale 1")
        assert "List" not in second.words
        await chat.tap("Everything")
        await chat.tap("Contacts")
        await chat.wait_for("Nothing stands here yet")
        await chat.tap("👤 Ayşe")
        await chat.tap("Deniz")
        third = await chat.wait_for("List 8")
        assert "Sale" not in third.words
        await chat.tap("Back")
        await chat.wait_for("Time zone")


def a_line(shop: Shop, at: datetime, id: int, who: str, topic: Topic, about: str) -> Activity:
    return Activity(
        workspace_id=shop.space, at=at, telegram_id=id, who=who, topic=topic, what="campaign.paused",
        screen="campaign", about=about,
    )  # fmt: skip


async def test_the_whole_log_comes_as_a_file_that_runs_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        at = on.clock.now()
        async with on.store.write() as unit:
            for n in range(20):
                await unit.activity.add(a_line(shop, at, AYSE, "=1+1", Topic.CAMPAIGNS, f"Sale {n}"))
            await unit.commit()
        await enter(chat)
        await chat.say("/settings")
        await chat.tap("Activity log")
        await chat.tap("Export")
        file = await chat.wait_for(lambda m: m.file_url is not None)
        sheet = load_workbook(BytesIO(await chat.download(file))).active
        assert sheet is not None
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0] == ("When", "Who", "Telegram id", "What", "Topic", "Before", "After", "Where")
        assert [row[3] for row in rows[1:21]] == [f"paused Sale {n}" for n in range(20)]
        assert rows[1][1] == "'=1+1" and rows[1][2] == str(AYSE)
        assert rows[1][4] == "Campaigns" and rows[1][7] == "Campaign"
        # That somebody took it home stands in it too.
        assert (rows[21][3], rows[21][1]) == ("exported the activity log", "Ayşe")
        assert len(rows) == 22


async def test_a_manager_does_not_see_it_and_cannot_take_it_home(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await joins(shop, STRANGER, Role.MANAGER)
        chat = on.client.chat(STRANGER)
        await chat.say("/settings")
        shown = await chat.wait_for("Settings")
        assert not any("Activity log" in text for text in shown.button_texts)
        for name in ("log", "log.people", "log.topics", "log.export"):
            tap = await chat.tap_data(shown.message_id, encode(Press(action=name)), forged=True)
            await chat.wait_answered(tap)
            assert "owner" in (chat.last_toast or ""), name
        assert await lines(shop) == []


async def test_another_workspaces_log_is_not_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        other = await open_other(shop)
        async with on.store.write() as unit:
            await unit.activity.add(
                a_line(other, on.clock.now(), DENIZ, "Deniz", Topic.CAMPAIGNS, "Their sale")
            )
            await unit.commit()
        await enter(chat)
        await chat.say("/settings")
        await chat.tap("Activity log")
        log = await chat.wait_for("Nothing stands here yet")
        assert "Their sale" not in log.words
        # Nor by asking for one of their people.
        forged = encode(Press(action="log", id=DENIZ))
        await chat.tap_data(log.message_id, forged, forged=True)
        again = await chat.wait_for("Nothing stands here yet")
        assert "Their sale" not in again.words and "Deniz" not in again.words


async def open_other(shop: Shop) -> Shop:
    """A workspace of somebody else's."""
    async with shop.on.store.write() as unit:
        space = await unit.operators.create_workspace(
            name="Florist", country="TR", zone="UTC", language="en", at=shop.on.clock.now()
        )
        await unit.commit()
    return Shop(
        on=shop.on, space=space, member=shop.member, account=shop.account, remote=shop.remote,
        number=shop.number, everybody=shop.everybody,
    )  # fmt: skip
