"""Active hours in the chat: seen, drawn, changed, and what a change does said before it is saved."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from bot.sandbox.client import SandboxChat
from bot.screens.hours_words import overnight_lines, week_lines
from domain.campaigns import service
from domain.hours.model import Holiday, Hours
from domain.hours.presets import PRESETS, read_spans
from domain.operators.model import Role
from domain.scheduler.timers import desk_of
from tests.chat.shop import HALTING, Shop, enter, entered, open_shop
from tests.chat.stage import AYSE, STRANGER, Stage, stage
from tests.chat.team_chat import add

ISTANBUL = ZoneInfo("Europe/Istanbul")


async def hours_of(on: Stage) -> Hours | None:
    async with on.store.read() as unit:
        [space] = await unit.operators.workspaces()
        [account] = await unit.accounts.of_workspace(space.id)
        return await unit.hours.of(account.id)


def it_is_wednesday_evening(on: Stage) -> datetime:
    """By the clock of the shop, whenever the tests run."""
    now = on.clock.now().astimezone(ISTANBUL)
    evening = (now + timedelta(days=(2 - now.weekday()) % 7 + 7)).replace(hour=20, minute=0)
    on.clock.advance(seconds=(evening - now).total_seconds())
    return evening


async def choose_office_hours(chat: SandboxChat) -> None:
    await chat.say("/hours")
    await chat.wait_for("Always open")
    await chat.tap("Mon–Fri 9–18")
    await chat.wait_for("Save these hours")


async def save(chat: SandboxChat) -> None:
    await chat.tap("✅ Save")
    await chat.wait_for("✅ Saved")


async def test_a_week_is_chosen_changed_day_by_day_and_given_up(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        await save(chat)
        assert await hours_of(on) == Hours(week=PRESETS["office"], zones=("Europe/Istanbul",))

        await chat.tap("Sat · shut")
        await chat.wait_for("Type the hours")
        await chat.say("25-26")
        refused = await chat.wait_for("I can't read")
        assert "9-13, 14:30-18" in refused.words
        await chat.say("10-14, 22–2")
        await chat.wait_for("Sat  10:00-14:00, 22:00-02:00")
        await save(chat)
        saved = await hours_of(on)
        assert saved is not None
        assert saved.week[5] == read_spans("10-14, 22-2")

        await chat.tap("Mon · 09:00-18:00")
        await chat.tap("Shut on Mon")
        await chat.wait_for("Save these hours")
        await chat.tap("Leave as it is")
        await chat.wait_for("Tap a day to change it")
        assert await hours_of(on) == saved
        await chat.tap("Sat · 10:00")
        await chat.tap("The same every day")
        await chat.wait_for("Mon–Sun  10:00-14:00, 22:00-02:00")
        await save(chat)

        await chat.tap("Always open")
        await chat.wait_for("are forgotten")
        await chat.tap("✅ Save")
        await chat.wait_for("at night too")
        assert await hours_of(on) is None
        async with on.store.read() as unit:
            [space] = await unit.operators.workspaces()
            log, _ = await unit.activity.list(space.id)
        assert [line.what for line in log].count("hours.changed") == 4


async def test_a_viewer_is_not_told_to_tap_what_is_not_there(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        async with on.store.read() as unit:
            [space] = await unit.operators.workspaces()
        await add(on, space.id, STRANGER, Role.VIEWER)
        viewer = on.client.chat(STRANGER)
        await enter(viewer)
        await viewer.say("/hours")
        shown = await viewer.wait_for("Managers and owners can choose hours")
        assert shown.button_texts == ["⬅ Back"]
        await choose_office_hours(chat)
        await save(chat)
        await viewer.say("/hours")
        shown = await viewer.wait_for("Campaigns leave in these hours only")
        assert "Tap" not in shown.words and shown.button_texts == ["🖼 As a picture", "⬅ Back"]


async def test_a_question_about_a_day_is_answered_after_an_upgrade(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        await save(chat)
        await chat.tap("Sat · shut")
        await chat.wait_for("Type the hours")
        async with on.store.write() as unit:
            [space] = await unit.operators.workspaces()
            [account] = await unit.accounts.of_workspace(space.id)
            kept = await unit.chat.prompt(AYSE)
            assert kept is not None and kept.kind == "hours.day"
            # As it was kept before.
            await unit.chat.save_prompt(replace(kept, args={"id": account.id, "day": 5}))
            await unit.commit()
        await chat.say("10-14")
        await chat.wait_for("Sat  10:00-14:00")
        await save(chat)
        saved = await hours_of(on)
        assert saved is not None and saved.week[5] == read_spans("10-14")


async def test_holidays_and_the_clock_are_typed_and_the_week_is_drawn(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        await save(chat)
        await chat.tap("Holidays")
        await chat.wait_for("None yet")
        for wrong, why in (("next week", "I can't read"), ("31.4", "No calendar has that day")):
            await chat.say(wrong)
            await chat.wait_for(why)
        await chat.say("1.1.2020")
        refused = (await chat.wait_for("1.1.2020 is past")).words
        assert f"Type 1.1.{on.clock.now().year + 1} for the next one, or 1.1 for every year." in refused
        await chat.say("24.12 9-13")
        await chat.wait_for("24 Dec: 09:00-13:00")
        await save(chat)
        saved = await hours_of(on)
        assert saved is not None
        assert saved.holidays == (Holiday(month=12, day=24, spans=read_spans("9-13")),)

        await chat.tap("Clock")
        await chat.wait_for("Type another city")
        await chat.say("Atlantis")
        await chat.wait_for("Atlantis")
        await chat.say("new york")
        await chat.wait_for("On the clock of America/New_York")
        await save(chat)

        await chat.tap("As a picture")
        drawn = await chat.wait_for(lambda m: m.photo is not None, fresh=False)
        assert "24 Dec: 09:00-13:00" in drawn.words
        assert Image.open(io.BytesIO(await chat.download(drawn))).height > 600

        await chat.tap("Holidays")
        await chat.wait_for("Tap one to take it out")
        await chat.tap("24 Dec")
        await save(chat)
        assert await hours_of(on) == Hours(week=PRESETS["office"], zones=("America/New_York",))


async def schedule(shop: Shop, at: datetime) -> None:
    draft = await shop.draft(name="Later")
    async with shop.on.store.write() as unit:
        now = shop.on.clock.now()
        price = shop.on.settings.points_per_recipient
        await service.schedule(desk_of(unit), draft, at, price=price, expected=draft.version, at=now)
        await unit.commit()


async def test_what_a_change_does_to_campaigns_is_said_before_it_is_saved_and_done_at_once(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        evening = it_is_wednesday_evening(on)
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        id = await shop.start(name="Spring sale", pacing=HALTING)
        await shop.until_got(1)
        await schedule(shop, evening + timedelta(hours=3))
        await choose_office_hours(chat)
        said = (await chat.wait_for("Spring sale goes on")).words
        assert "Spring sale goes on at Thu 09:00 instead of now." in said
        assert "Later begins at Thu 09:00 instead of at 23:00." in said
        await save(chat)
        await chat.say("/start")
        await chat.wait_for("Hours: shut until Thu 09:00")
        on.clock.advance(hours=2)
        assert len(on.world.received) == 1
        await chat.say("/campaigns")
        await chat.wait_for(lambda m: "🕘 Spring sale · waits until Thu 09:00" in m.button_texts)
        await chat.tap("Spring sale")
        await chat.wait_for("Outside its hours it waits: it goes on by itself tomorrow at 09:00.")
        await chat.say("/hours")
        await chat.tap("Always open")
        await chat.wait_for("Spring sale goes on now instead of at Thu 09:00.")
        await save_always(chat)
        await shop.until_got(2)
        assert (await shop.campaign(id)).heeds_hours


async def save_always(chat: SandboxChat) -> None:
    await chat.tap("✅ Save")
    await chat.wait_for("at night too")


async def test_of_two_who_change_the_hours_the_second_is_told(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        theirs = Hours(week=PRESETS["shop"], zones=("Europe/Istanbul",))
        async with on.store.write() as unit:
            [space] = await unit.operators.workspaces()
            [account] = await unit.accounts.of_workspace(space.id)
            await unit.hours.save(account.id, theirs, expected=None, at=on.clock.now())
            await unit.commit()
        await chat.tap("✅ Save")
        await chat.wait_for_toast("changed")
        assert await hours_of(on) == theirs


async def test_what_is_typed_where_it_is_asked_whether_to_save_changes_what_would_be_saved(
    tmp_path: Path,
) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        await chat.wait_for("Type other hours for Mon–Fri", fresh=False)
        await chat.say("yes please")
        await chat.wait_for("I can't read “yes please” as hours")
        await chat.say("10-19")
        await chat.wait_for("Mon–Fri  10:00-19:00")
        assert await hours_of(on) is None
        await save(chat)
        await chat.tap("Sat · shut")
        await chat.wait_for("Type the hours")
        await chat.say("18-9")
        asked = (await chat.wait_for("Sat  18:00-09:00")).words
        assert "18:00-09:00 goes overnight: until 09:00 the next morning." in asked
        assert "If you meant the day, type 09:00-18:00." in asked
        await chat.say("9-18")
        asked = (await chat.wait_for("Sat  09:00-18:00")).words
        assert "overnight" not in asked
        await save(chat)
        await chat.tap("Holidays")
        await chat.wait_for("None yet")
        await chat.say("24.12 9-13")
        await chat.wait_for("One more day?")
        await chat.say("25.12")
        await chat.wait_for("24 Dec: 09:00-13:00 · 25 Dec: shut")
        await save(chat)
        saved = await hours_of(on)
        assert saved is not None
        assert saved.week == (*[read_spans("10-19")] * 5, read_spans("9-18"), ())
        assert saved.holidays == (
            Holiday(month=12, day=24, spans=read_spans("9-13")),
            Holiday(month=12, day=25),
        )


async def test_of_another_week_typed_over_always_open_nothing_is_forgotten_before_it_is_saved(
    tmp_path: Path,
) -> None:
    async with entered(tmp_path) as (on, chat):
        await choose_office_hours(chat)
        await save(chat)
        await chat.tap("Always open")
        await chat.wait_for("are forgotten")
        await chat.say("22-2")
        asked = (await chat.wait_for("Mon–Sun  22:00-02:00")).words
        assert "until 02:00 the next morning" in asked and "If you meant the day" not in asked
        await save(chat)
        assert await hours_of(on) == Hours(week=(read_spans("22-2"),) * 7, zones=("Europe/Istanbul",))


def test_a_week_that_is_always_open_is_so_wherever_its_days_begin() -> None:
    round_the_clock = Hours(week=(read_spans("9-18, 18-9"),) * 7, zones=("Europe/Istanbul",))
    assert list(week_lines(round_the_clock, "en")) == ["Mon–Sun  all day"]
    but_sunday = Hours(week=(*[read_spans("9-18, 18-9")] * 6, ()), zones=("Europe/Istanbul",))
    assert list(week_lines(but_sunday, "en")) == ["Mon–Sat  09:00-09:00", "Sun  shut"]
    [line] = overnight_lines(read_spans("9-18, 18-9"), "en")
    assert line == "🌙 09:00-09:00 goes overnight: until 09:00 the next morning."
