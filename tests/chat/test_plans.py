"""The end of a plan and a suspension as operators meet them: what they are told, what is drawn."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.announcer import ChatAnnouncer
from bot.chat.codec import Press
from bot.chat.panels import open_to
from bot.chat.view import View
from bot.screens.base import SCREENS
from bot.senders import Hints
from domain.campaigns import service
from domain.campaigns.model import Campaign, PauseReason
from domain.operators.model import Role
from domain.pacing.rules import Caps
from domain.scheduler.timers import Timers, desk_of
from domain.wallet.model import Entry, EntryKind
from tests.chat.campaign_desk import CHAT, Operator
from tests.chat.drawn import labels
from tests.chat.plan_parts import S, plan_ends_in
from tests.fakes.stores import NOW, a_campaign, a_list, a_running_campaign, open_store

# -- on screen ---------------------------------------------------------------------------------------------


@pytest.fixture
async def ayse(tmp_path: Path) -> AsyncIterator[Operator]:
    async with open_store(tmp_path) as store:
        yield await Operator.begin(store)


async def no_plan(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        await plan_ends_in(unit, ayse.home, -2, ayse)
        await unit.commit()


async def a_plan(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        await unit.wallet.change_plan(ayse.home, 15, key="bought", at=ayse.clock.now())
        await unit.commit()


async def suspend(ayse: Operator, why: str | None) -> None:
    async with ayse.store.write() as unit:
        at = NOW if why is not None else None
        await unit.operators.suspend(ayse.home, why=why, at=at)
        ayse.workspace = await unit.operators.workspace(ayse.home)
        await unit.commit()


async def become(ayse: Operator, role: Role) -> None:
    async with ayse.store.write() as unit:
        await unit.operators.set_role(ayse.member_id, role)
        await unit.commit()


async def as_shown(ayse: Operator, screen: str | None = None) -> View:
    """A screen without what whoever looks may not press, as the chat shows it."""
    panel = await ayse.panel() if screen is None else None
    async with ayse.store.read() as unit:
        scene = await ayse.scene(unit)
        view = await SCREENS[panel.screen if panel else screen or ""](scene, panel.args if panel else {})
        return replace(view, rows=open_to(scene, view.rows))


async def draft(ayse: Operator) -> Campaign:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, 3)
        campaign = await a_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        await unit.commit()
    await ayse.press(Press(action="dr.review", id=campaign.id))
    return campaign


async def paused(ayse: Operator, why: PauseReason) -> Campaign:
    async with ayse.store.write() as unit:
        made = await a_list(unit, ayse.home, 3)
        id = await a_running_campaign(unit, ayse.home, ayse.member_id, ayse.account, made)
        running = await unit.campaigns.any(id)
        saved = await service.pause(desk_of(unit), running, expected=running.version, at=NOW, reason=why)
        await unit.commit()
    await ayse.press(Press(action="cp.open", id=id))
    return saved


async def test_without_a_plan_the_review_offers_balance_in_place_of_start(ayse: Operator) -> None:
    campaign = await draft(ayse)
    start = await ayse.button("Start")
    await no_plan(ayse)
    view = await as_shown(ayse)
    assert "Nothing can be sent without a running plan. Buy one under Balance." in view.text
    assert not any("Start" in label for label in labels(view))
    assert (await ayse.button("💳 Balance")).press.action == "balance"
    await ayse.press(start.press)
    assert ayse.refused is not None
    assert "no running plan" in ayse.refused
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    await a_plan(ayse)
    await ayse.tap("Start")
    assert (await ayse.campaign(campaign.id)).state is S.RUNNING


async def test_a_manager_without_a_plan_is_told_to_ask_the_owner(ayse: Operator) -> None:
    await become(ayse, Role.MANAGER)
    await draft(ayse)
    await no_plan(ayse)
    view = await as_shown(ayse)
    assert "Ask the owner to buy one." in view.text
    assert not any("Balance" in label for label in labels(view))


async def test_a_suspended_workspace_can_prepare_but_not_start(ayse: Operator) -> None:
    campaign = await draft(ayse)
    start = await ayse.button("Start")
    await suspend(ayse, "complaints")
    view = await ayse.look()
    assert "An admin of this desk has suspended sending" in view.text
    assert not any("Start" in label or "Balance" in label for label in labels(view))
    await ayse.press(start.press)
    assert ayse.refused is not None
    assert "has suspended sending: complaints." in ayse.refused
    await ayse.tap("Message")
    await ayse.type("Hello again {name}")
    assert (await ayse.campaign(campaign.id)).text == "Hello again {name}"


async def test_a_time_that_lies_after_the_end_of_the_plan_is_warned_of_and_can_be_scheduled(
    ayse: Operator,
) -> None:
    campaign = await draft(ayse)
    async with ayse.store.write() as unit:
        await plan_ends_in(unit, ayse.home, 5, ayse)
        await unit.commit()
    await ayse.press(Press(action="dr.when", id=campaign.id, x=1))
    await ayse.type("20 Mar 14:00")
    view = await ayse.look()
    assert "The plan ends before that, at 7 Mar" in view.text
    await ayse.tap("Schedule")
    assert (await ayse.campaign(campaign.id)).state is S.SCHEDULED


async def test_nothing_is_scheduled_without_a_plan_by_an_old_button(ayse: Operator) -> None:
    campaign = await draft(ayse)
    await ayse.press(Press(action="dr.when", id=campaign.id, x=1))
    await ayse.type("20 Mar 14:00")
    schedule = await ayse.button("Schedule")
    await no_plan(ayse)
    await ayse.press(schedule.press)
    assert ayse.refused is not None
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT


async def test_a_campaign_paused_for_want_of_a_plan_says_so_and_offers_no_resume(ayse: Operator) -> None:
    campaign = await paused(ayse, PauseReason.PLAN_ENDED)
    resume = await ayse.button("Resume")
    await no_plan(ayse)
    view = await ayse.look()
    assert "paused (the plan had ended)" in view.text
    assert "The owner buys one under Balance; after that tap Resume." in view.text
    assert not any("Resume" in label for label in labels(view))
    assert "💳 Balance" in labels(view)
    await ayse.press(resume.press)
    assert ayse.refused is not None
    assert "no running plan" in ayse.refused
    await a_plan(ayse)
    view = await ayse.look()
    assert "It can go on: tap Resume." in view.text
    assert "💳 Balance" not in labels(view)
    await ayse.tap("Resume")
    assert (await ayse.campaign(campaign.id)).state is S.RUNNING
    assert "It can go on" not in (await ayse.look()).text


async def test_one_paused_by_hand_cannot_go_on_without_a_plan_either(ayse: Operator) -> None:
    await paused(ayse, PauseReason.OPERATOR)
    assert "Resume" in str(labels(await ayse.look()))
    await no_plan(ayse)
    view = await ayse.look()
    assert "paused (by an operator)" in view.text
    assert "Resume" not in str(labels(view))


async def test_a_campaign_of_a_suspended_workspace_offers_neither_resume_nor_balance(ayse: Operator) -> None:
    await paused(ayse, PauseReason.SUSPENDED)
    await suspend(ayse, "complaints")
    view = await ayse.look()
    assert "paused (sending was suspended)" in view.text
    assert not any("Resume" in label or "Balance" in label for label in labels(view))
    assert any("Cancel" in label for label in labels(view))


async def test_a_scheduled_one_is_not_offered_to_start_now_without_a_plan(ayse: Operator) -> None:
    campaign = await draft(ayse)
    async with ayse.store.write() as unit:
        when = NOW + timedelta(days=1)
        await service.schedule(desk_of(unit), campaign, when, price=1, expected=campaign.version, at=NOW)
        await unit.commit()
    await ayse.press(Press(action="cp.open", id=campaign.id))
    assert "▶️ Start now" in labels(await ayse.look())
    await no_plan(ayse)
    view = await ayse.look()
    assert "▶️ Start now" not in labels(view)
    assert "💳 Balance" in labels(view)


# -- home --------------------------------------------------------------------------------------------------


async def test_home_says_how_many_points_there_are_and_how_long_the_plan_runs(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        await plan_ends_in(unit, ayse.home, 10, ayse)
        spare = (await unit.wallet.wallet(ayse.home)).available - 4210
        taken = Entry(workspace_id=ayse.home, key="t", kind=EntryKind.TAKEN, points=-spare, at=NOW)
        await unit.wallet.post(taken)
        await unit.commit()
    view = await as_shown(ayse, "home")
    assert "Points available: 4,210 · Plan until 12 Mar" in view.text
    assert "💳 Balance" in labels(view)
    ayse.clock.advance(days=20)
    assert "Points available: 4,210 · Plan ended 12 Mar" in (await as_shown(ayse, "home")).text
    ayse.clock.advance(days=365)
    assert "Plan ended 12 Mar 2026" in (await as_shown(ayse, "home")).text
    await suspend(ayse, "complaints")
    assert "🚫 Sending is suspended: complaints" in (await as_shown(ayse, "home")).text


async def test_home_of_a_workspace_that_never_had_a_plan_says_so(ayse: Operator) -> None:
    async with ayse.store.write() as unit:
        space = await unit.operators.create_workspace(
            name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=NOW
        )
        ayse.workspace = await unit.operators.workspace(space)
        ayse.member_id = await unit.operators.create_member(
            workspace_id=space, telegram_id=CHAT, name="Ayşe", role=Role.VIEWER, at=NOW
        )
        await unit.commit()
    view = await as_shown(ayse, "home")
    assert "Points available: 0 · No plan yet" in view.text
    assert "💳 Balance" not in labels(view)


# -- scheduled starts --------------------------------------------------------------------------------------


async def told(ayse: Operator) -> Sequence[str]:
    async with ayse.store.read() as unit:
        due = await unit.chat.due_notices(now=NOW + timedelta(days=9), limit=100)
    return [str(one.notice.payload["text"]) for one in due]


async def start_what_is_due(ayse: Operator) -> None:
    timers = Timers(
        store=ayse.store, announcer=ChatAnnouncer(ayse.clock), watcher=Hints(),
        clock=ayse.clock, caps=Caps(),
    )  # fmt: skip
    await timers.tick(ayse.clock.now())


async def scheduled(ayse: Operator) -> Campaign:
    campaign = await draft(ayse)
    async with ayse.store.write() as unit:
        when = NOW + timedelta(hours=1)
        saved = await service.schedule(
            desk_of(unit), campaign, when, price=1, expected=campaign.version, at=NOW
        )
        await unit.commit()
    ayse.clock.advance(hours=2)
    return saved


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("plan", "There is no running plan"),
        ("suspended", "has suspended sending: complaints"),
        ("points", "That needs 3 points, and 2 are available"),
    ],
)
async def test_a_scheduled_start_that_may_not_be_goes_back_to_draft_and_says_why(
    ayse: Operator, trouble: str, sentence: str
) -> None:
    campaign = await scheduled(ayse)
    if trouble == "plan":
        await no_plan(ayse)
    elif trouble == "suspended":
        await suspend(ayse, "complaints")
    else:
        async with ayse.store.write() as unit:
            spare = (await unit.wallet.wallet(ayse.home)).available - 2
            taken = Entry(workspace_id=ayse.home, key="t", kind=EntryKind.TAKEN, points=-spare, at=NOW)
            await unit.wallet.post(taken)
            await unit.commit()
    await start_what_is_due(ayse)
    assert (await ayse.campaign(campaign.id)).state is S.DRAFT
    [notice] = await told(ayse)
    assert sentence in notice
    assert "It is a draft again" in notice
    async with ayse.store.read() as unit:
        assert (await unit.wallet.wallet(ayse.home)).held == 0
