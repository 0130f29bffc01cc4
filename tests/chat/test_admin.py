"""The desk's admins in the chat: every workspace, points and days, suspending, payments; and nobody else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press, encode
from domain.campaigns.model import CampaignState, PauseReason
from domain.operators.model import Role
from tests.chat.admin_desk import Desk, desk
from tests.chat.shop import HALTING, enter, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, eventually, stage
from tests.chat.team_chat import add
from tests.chat.till import all_worked, joins, notices_to


async def test_an_admin_who_is_a_member_of_nothing_sees_every_workspace(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.deniz.say("/admin")
        shown = await at.deniz.wait_for("The desk")
        wallet = await at.wallet()
        assert "1 workspace" in shown.words
        assert f"{wallet.available:,} points available" in shown.words and "1 number" in shown.words
        await at.deniz.tap("Bakery")
        page = await at.deniz.wait_for("Members: 1")
        assert "owned by Ayşe" in page.words and f"{wallet.available:,} available" in page.words
        assert at.shop.number in page.words
        await at.deniz.tap("Members (1)")
        members = await at.deniz.wait_for("Members of Bakery")
        assert str(AYSE) in members.words and "owner" in members.words
        await at.deniz.tap("Back")
        await at.deniz.wait_for("Members: 1")


async def test_many_workspaces_are_paged(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        async with at.on.store.write() as unit:
            for n in range(9):
                await unit.operators.create_workspace(
                    name=f"Shop {n}", country="TR", zone="UTC", language="en", at=at.on.clock.now()
                )
            await unit.commit()
        await at.deniz.say("/admin")
        first = await at.deniz.wait_for("10 workspaces")
        assert "Shop 8" not in first.words
        await at.deniz.tap("▶")
        second = await at.deniz.wait_for("Shop 8")
        assert "Bakery" not in second.words


@pytest.mark.parametrize("typed", ["500 for the spring fair", "+500 for the spring fair"])
async def test_points_are_given_with_a_reason_and_stand_in_both_logs(tmp_path: Path, typed: str) -> None:
    async with desk(tmp_path) as at:
        before = (await at.wallet()).balance
        await at.opens("Give or take points")
        await at.deniz.wait_for("How many points")
        await at.answers(typed, "has been told")
        assert (await at.wallet()).balance == before + 500
        told = await at.ayse.wait_for("gave you 500 points", fresh=False)
        assert "for the spring fair" in told.words
        line = await at.both_logs()
        assert line.what == "points.given" and line.before == {"points": before}
        assert line.after == {"points": before + 500, "reason": "for the spring fair"}
        await at.deniz.say("/admin")
        await at.deniz.tap("Desk log")
        log = await at.deniz.wait_for("gave points to Bakery")
        assert "for the spring fair" in log.words


async def test_points_are_taken_as_far_as_they_are_available(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        before = (await at.wallet()).balance
        await at.opens("Give or take points")
        await at.answers("-200 typed twice", "has been told")
        assert (await at.wallet()).balance == before - 200
        assert (await at.both_logs()).what == "points.taken"
        await at.ayse.wait_for("took 200 points", fresh=False)


async def test_what_is_held_for_a_campaign_cannot_be_taken(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.shop.start(pacing=HALTING)
        await at.shop.until_got(1)

        async def one_is_paid() -> bool:
            return (await at.wallet()).held == 2

        await eventually(one_is_paid, "one of three points is spent, two are held")
        wallet = await at.wallet()
        await at.opens("Give or take points")
        told = await at.answers(f"-{wallet.available + 1} by mistake", "cannot be taken")
        assert f"{wallet.available:,} are available" in told and "2 are held" in told
        assert (await at.wallet()).balance == wallet.balance
        assert await at.log(at.shop.space) == []
        # The question stays open, and what is available can be taken to the last.
        await at.answers(f"-{wallet.available} all of it", "has been told")
        assert (await at.wallet()).available == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("lots for the fair", "does not begin with a whole number"),
        ("1.5 for the fair", "does not begin with a whole number"),
        ("12:30 for the fair", "does not begin with a whole number"),
        ("500", "say why"),
        ("500 …!", "say why"),
        ("500 " + "x" * 201, "say why"),
        ("0 for nothing", "Zero changes nothing"),
        ("-0 for nothing", "Zero changes nothing"),
        ("99999999999 for the fair", "surely a slip"),
        ("9" * 400 + " for the fair", "surely a slip"),
    ],
)
async def test_a_grant_that_makes_no_sense_is_a_sentence_and_changes_nothing(
    tmp_path: Path, typed: str, told: str
) -> None:
    async with desk(tmp_path) as at:
        before = await at.rows()
        for kind in ("Give or take points", "Give or take days"):
            await at.opens(kind)
            await at.answers(typed, told)
        assert await at.rows() == before
        assert await at.log(None) == []
        # The question is still open.
        await at.answers("1,000 with a comma", "has been told")
        assert await at.rows() == before + 1


async def test_days_are_given_and_taken(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        before = (await at.wallet()).plan_until
        assert before is not None
        await at.opens("Give or take days")
        await at.answers("30 for the spring fair", "has been told")
        assert (await at.wallet()).plan_until == before + timedelta(days=30)
        assert (await at.both_logs()).what == "plan.given"
        await at.ayse.wait_for("gave your plan 30 days", fresh=False)
        await at.opens("Give or take days")
        await at.answers("-15 typed twice", "has been told")
        assert (await at.wallet()).plan_until == before + timedelta(days=15)
        assert (await at.both_logs()).what == "plan.taken"


async def test_days_of_a_plan_that_is_over_cannot_be_taken(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.on.clock.advance(days=36_500)
        await at.opens("Give or take days")
        await at.answers("-15 typed twice", "no days to take")
        assert await at.log(None) == []


async def test_the_same_answer_sent_twice_is_one_grant(tmp_path: Path) -> None:
    """The question is closed by its answer: the second is a text that nobody asked for."""
    async with desk(tmp_path) as at:
        before = (await at.wallet()).balance
        await at.opens("Give or take points")
        await at.deniz.wait_for("How many points")
        await at.deniz.say("5 for one")
        await at.deniz.say("5 for one")
        await all_worked(at.on)
        assert (await at.wallet()).balance == before + 5


# -- suspending ----------------------------------------------------------------------------------------


async def test_a_suspended_workspace_sends_nothing_and_reads_everything(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        id = await at.shop.start(pacing=HALTING)
        await at.shop.until_got(1)
        await at.opens("Suspend")
        asked = await at.deniz.wait_for("Suspend Bakery?")
        assert "1 running campaign" in asked.words
        assert asked.button_texts[0] == "Leave it as it is"
        await at.deniz.tap("Suspend it")
        await at.deniz.wait_for("Why do you suspend")
        await at.answers("!?", "say why")
        await at.answers("people complained", "is suspended")
        paused = await at.shop.until(id, CampaignState.PAUSED)
        assert paused.pause_reason is PauseReason.SUSPENDED
        line = await at.both_logs()
        assert line.what == "workspace.suspended"
        assert line.after == {"reason": "people complained", "paused": ["Spring"]}
        await at.ayse.wait_for("people complained", fresh=False)
        # Reading works, starting does not.
        await at.ayse.say("/campaigns")
        await at.ayse.tap("Spring")
        await at.ayse.wait_for(lambda m: "Spring" in m.words and "⬅ Back" in m.button_texts)
        await at.deniz.say("/admin")
        shown = await at.deniz.wait_for("The desk")
        assert "⛔" in shown.words
        await at.deniz.tap("Bakery")
        page = await at.deniz.wait_for("Suspended since")
        assert "people complained" in page.words


async def test_a_lifted_suspension_lets_people_resume_by_themselves(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        id = await at.shop.start(pacing=HALTING)
        await at.opens("Suspend", "Suspend it")
        await at.answers("people complained", "is suspended")
        await at.shop.until(id, CampaignState.PAUSED)
        await at.deniz.tap("Lift the suspension")
        await at.deniz.wait_for_toast("lifted")
        await at.ayse.wait_for("may send again", fresh=False)
        assert (await at.both_logs()).what == "workspace.lifted"
        assert (await at.shop.campaign(id)).state is CampaignState.PAUSED
        await at.ayse.say("/campaigns")
        await at.ayse.tap("Spring")
        await at.ayse.tap("Resume")
        await at.shop.until(id, CampaignState.RUNNING)


async def test_everybody_in_a_workspace_is_told_of_its_suspension_and_of_its_end(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await add(at.on, at.shop.space, STRANGER, Role.VIEWER)
        viewer = at.on.client.chat(STRANGER)
        await enter(viewer)
        await at.opens("Suspend", "Suspend it")
        await at.answers("people complained", "is suspended")
        told = await viewer.wait_for("people complained", fresh=False)
        assert "You can still look at everything" in told.words and "Resume" not in told.words
        await at.deniz.tap("Lift the suspension")
        told = await viewer.wait_for("may send again", fresh=False)
        assert "Resume" not in told.words


async def test_an_old_button_suspends_or_lifts_nothing_twice(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.opens()
        page = await at.deniz.wait_for("Members: 1")
        lift = encode(Press(action="admin.lift", id=int(at.shop.space)))
        await at.deniz.tap_data(page.message_id, lift, forged=True)
        await at.deniz.wait_for_toast("That had changed meanwhile")
        assert await at.log(None) == []


# -- everybody else ------------------------------------------------------------------------------------

FORGED = (
    "admin",
    "admin.ws",
    "admin.points",
    "admin.days",
    "admin.suspend",
    "admin.suspend.do",
    "admin.lift",
)


async def test_for_an_owner_who_is_no_admin_the_desk_does_not_exist(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await joins(at.shop, STRANGER, Role.OWNER)
        chat = at.on.client.chat(STRANGER)
        await enter(chat)
        for word in ("/frobnicate", "/admin"):
            await chat.say(word)
            shown = await chat.wait_for("I don't know that command")
        for name in FORGED:
            press = encode(Press(action=name, id=int(at.shop.space)))
            tap = await chat.tap_data(shown.message_id, press, forged=True)
            await chat.wait_answered(tap)
            assert chat.last_toast == "That is not there any more.", name
        async with at.on.store.read() as unit:
            assert (await unit.operators.workspace(at.shop.space)).suspended_at is None
        await chat.say("/help")
        assert "/admin" not in (await chat.wait_for("How it works")).words
        assert await notices_to(at.on, STRANGER) == []


async def test_a_question_stays_shut_when_its_admin_is_one_no_more(tmp_path: Path) -> None:
    """The right is asked when the answer comes, not when the question was opened."""
    async with stage(tmp_path) as on:
        shop, chat = await open_shop(on), on.client.chat(DENIZ)
        at = Desk(on=on, shop=shop, ayse=on.ayse, deniz=chat)
        before = await at.wallet()
        async with on.running():
            await at.opens("Give or take points")
            await chat.wait_for("How many points")
        dismissed = on.settings.model_copy(update={"admin_ids": frozenset({AYSE})})
        async with replace(on, settings=dismissed).running():
            await chat.say("500 for myself")
            await chat.wait_for("This desk is private")
        assert await at.wallet() == before
