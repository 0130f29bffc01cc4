"""Automation rules at work: what a message brings about, and what keeps quiet."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.automation.model import When
from domain.contacts.model import Consent, ConsentSource
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import Rejected
from domain.hours.model import Hours, Span
from domain.pacing.rules import Caps
from domain.scheduler.answering import AskedToBeForgotten, Words, check_answer
from domain.scheduler.forgetting import forget_person
from domain.scheduler.unit import Unit
from tests.fakes.stores import NOW, an_account, number_of
from tests.unit.scheduler.plan_world import campaign, plan, suspend
from tests.unit.scheduler.talking import CAN, Talking
from tests.unit.scheduler.world import world

HOUR = timedelta(hours=1)
MENU = Media(kind=MediaKind.DOCUMENT, key="a" * 64, filename="menu.pdf", mime="application/pdf", size=9)
NINE_TO_FIVE = Hours(week=((Span(opens=9 * 60, closes=17 * 60),),) * 7, zones=("UTC",))


async def test_an_answer_takes_the_persons_name_and_what_the_regex_caught(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await on.contact(CAN)
        await shop.rule(When.REGEX, "order (\\d+)", text="{name}, order {1} is on its way", tag="orders")
        await shop.says("where is my ORDER 42?")
        assert await shop.answers() == ["Can, order 42 is on its way"]
        contact = await shop.contact()
        assert contact is not None
        assert contact.tags == ("orders",)
        [kept] = await shop.kept()
        assert (kept.hits, kept.last_hit) == (1, on.clock.now())
        [told] = shop.told()
        assert not told.handed


async def test_a_file_goes_out_with_its_caption(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.EQUALS, "menu", text="Our menu", media=MENU)
        await shop.says("Menu!")
        assert await shop.answers() == ["Our menu"]
        assert on.phones.sent[-1].media == MENU


async def test_a_stranger_is_answered_tagged_and_a_contact_from_then_on(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.FIRST, text="Welcome{name|}!", tag="new")
        await shop.says("hello", name="Can Demir")
        assert (await shop.talk()).contact_id is not None
        await shop.says("anybody there?")
        assert await shop.answers() == ["Welcome!"]
        contact = await shop.contact()
        assert contact is not None
        assert (contact.tags, contact.consent) == (("new",), Consent.UNRECORDED)
        assert contact.name == "Can Demir", "as they are called at WhatsApp"


async def test_who_is_handed_to_a_person_is_told_of_and_marked(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.CONTAINS, "complaint", hand_over=True)
        await shop.says("I have a complaint")
        assert (await shop.talk()).is_handed
        assert [told.handed for told in shop.told()] == [True]
        assert await shop.answers() == []


async def test_a_rule_that_opts_out_is_a_stop_with_one_confirmation(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        id = await on.running(1)
        person = number_of(0)
        rule = await shop.rule(When.CONTAINS, "leave me alone", opt_out=True, tag="left")
        await shop.says("please LEAVE me alone now", who=person, event="m-1")
        contact = await shop.contact(person)
        assert contact is not None
        assert (contact.consent, contact.tags) == (Consent.REVOKED, ("left",))
        async with on.store.read() as unit:
            last = (await unit.contacts.consent_events(contact.id))[-1]
        assert (last.granted, last.source, last.evidence) == (
            False, ConsentSource.RULE, f"rule {rule}: message m-1",
        )  # fmt: skip
        assert [told.stopped for told in shop.told()] == [True]
        [confirmed] = await shop.answers()
        assert "no more messages" in confirmed
        await shop.says("leave me alone!!", who=person)
        assert await shop.answers() == []
        async with on.store.read() as unit:
            [row] = await unit.delivery.recipients(id)
        assert row.reason == "stopped"


async def test_a_start_that_was_written_after_it_holds(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await on.running(1)
        person = number_of(0)
        await shop.rule(When.CONTAINS, "leave me", opt_out=True)
        await shop.says("start", who=person, ago=timedelta(minutes=1))
        await shop.says("leave me", who=person, ago=timedelta(minutes=2))
        contact = await shop.contact(person)
        assert contact is not None
        assert contact.consent is Consent.GRANTED


async def test_who_said_stop_is_answered_no_more_and_stop_and_start_reach_no_rule(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await on.contact(CAN)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("STOP")
        await shop.says("what is the price?")
        [confirmed] = await shop.answers()
        assert "Hello" not in confirmed
        assert (await shop.kept())[0].hits == 0


async def test_who_was_forgotten_is_answered_by_no_rule_and_no_operator(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await on.contact(CAN)
        async with on.store.write() as unit:
            person = await unit.contacts.by_number(on.space, CAN)
            assert person is not None
            await forget_person(unit, on.space, person.id, by=on.ayse, called="Can", at=on.clock.now())
            await unit.commit()
        on.clock.advance(minutes=1)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("what is the price?")
        assert await shop.answers() == []
        assert (await shop.kept())[0].hits == 0
        talk = shop.told()[-1].conversation
        async with on.store.read() as unit:
            with pytest.raises(AskedToBeForgotten):
                await check_answer(unit, talk, Words(text="Hello"), now=on.clock.now())


async def test_an_answer_that_waits_when_they_say_stop_does_not_leave(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await on.contact(CAN)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("hi")
        await shop.says("stop")
        assert "Hello!" not in await shop.answers()


async def test_our_own_numbers_do_not_answer_each_other(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        async with on.store.write() as unit:
            other = await an_account(unit, on.space, number="+447700900002", remote="sim-2")
            await unit.commit()
        await shop.rule(When.ANY, text="Hello, how can we help?", tag="wrote", hand_over=True)
        await shop.says("Hello, how can we help?", who="+447700900002")
        await shop.says("Hello, how can we help?", who="+447700900001", to=other)
        assert await shop.answers() == []
        assert await shop.answers(other) == []
        assert [told.handed for told in shop.told()] == [False, False]
        assert await shop.contact("+447700900002") is None


async def test_two_shops_whose_rules_answer_everything_fall_silent(tmp_path: Path) -> None:
    """Each an ordinary customer to the other, and each says something else every time."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with world(tmp_path / "one") as here, world(tmp_path / "two") as there:
        bakery, florist = Talking(on=here), Talking(on=there)
        await bakery.rule(When.ANY, text="You said: {number}. What else can we do for you?")
        await florist.rule(When.ANY, text="Thank you for writing to the florist at the corner.")
        said, rounds = ["Hello there"], 0
        while said and rounds < 50:
            rounds += 1
            for text in said:
                await bakery.says(f"{text} {rounds}", who="+447700900008")
            back = await bakery.answers()
            said = []
            for text in back:
                await florist.says(f"{text} {rounds}", who="+447700900007")
            said = list(await florist.answers())
        assert said == []
        assert len(here.phones.sent) <= 5
        assert len(there.phones.sent) <= 5


async def test_what_we_sent_ourselves_comes_back_and_is_not_answered(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        id = await on.running(1)
        running = await campaign(on, id)
        async with on.store.write() as unit:
            text = "Hello {name}, our new bread is here on Friday"
            await unit.campaigns.save(replace(running, text=text), expected=running.version)
            await unit.commit()
        await shop.rule(When.ANY, text="Hi!")
        await shop.answers()
        await shop.says("Fwd: Hello Person 0, our new bread is here on Friday", who=number_of(0))
        assert await shop.answers() == []
        await shop.says("lovely", who=number_of(0))
        assert await shop.answers() == ["Hi!"]


async def test_nobody_is_answered_more_than_five_times_in_an_hour(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        async with on.store.write() as unit:
            other = await an_account(unit, on.space, number="+447700900002", remote="sim-2")
            await unit.commit()
        await shop.rule(When.ANY, text="Hello!")
        for n in range(7):
            await shop.says(f"question {n}", to=other if n % 2 else on.account)
        answers = [*await shop.answers(), *await shop.answers(other)]
        assert answers == ["Hello!"] * 5
        on.clock.advance(hours=1)
        await shop.says("and now?")
        assert await shop.answers() == ["Hello!"]


async def test_a_rule_rests_for_the_person_it_served(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!", cooldown=2 * HOUR)
        await shop.says("hi")
        on.clock.advance(hours=2, seconds=-1)
        await shop.says("hi")
        await shop.says("hi", who="+905320000002")
        assert await shop.answers() == ["Hello!", "Hello!"]
        on.clock.advance(seconds=1)
        await shop.says("hi")
        assert await shop.answers() == ["Hello!"]


async def test_outside_hours_only_rules_that_always_work_answer(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        async with on.store.write() as unit:
            await unit.hours.save(on.account, NINE_TO_FIVE, expected=None, at=NOW)
            await unit.commit()
        await shop.rule(When.CONTAINS, "bread", text="Fresh since six", only_in_hours=True)
        await shop.rule(When.NO_MATCH, text="We are back at nine")
        await shop.says("bread?")
        assert await shop.answers() == ["Fresh since six"]
        on.clock.advance(hours=8)
        await shop.says("bread?")
        assert await shop.answers() == ["We are back at nine"]


async def test_dates_are_those_of_the_accounts_clock(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        day = date(2026, 3, 3)
        await shop.rule(When.ANY, text="Today only", valid_from=day, valid_until=day)
        await shop.says("hi")
        assert await shop.answers() == []
        on.clock.advance(hours=12)  # 21:00 in London is midnight in Istanbul
        await shop.says("hi again")
        assert await shop.answers() == ["Today only"]
        async with on.store.write() as unit:
            await unit.hours.save(on.account, NINE_TO_FIVE, expected=None, at=NOW)
            await unit.commit()
        await shop.says("still there?")
        assert await shop.answers() == []


async def test_the_end_of_the_plan_silences_what_is_decided_and_what_waits(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!", tag="wrote")
        await shop.says("hi")
        await plan(on, -3650, key="over")
        await shop.says("hello?")
        assert await shop.answers() == []
        assert (await shop.contact() is not None) and (await shop.kept())[0].hits == 2
        await plan(on, 10, key="again")
        assert await shop.answers() == []
        await shop.says("and now?")
        assert await shop.answers() == ["Hello!"]


async def test_a_suspended_workspace_answers_nobody(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("hi")
        await suspend(on, "spam")
        await shop.says("hello?")
        assert await shop.answers() == []
        await suspend(on, None)
        assert await shop.answers() == []


@pytest.mark.parametrize(("ago", "answered"), [(12 * HOUR, 1), (12 * HOUR + timedelta(seconds=1), 0)])
async def test_what_is_read_half_a_day_late_is_not_answered_and_a_wish_to_be_left_alone_holds(
    tmp_path: Path, ago: timedelta, answered: int
) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.CONTAINS, "leave me", opt_out=True)
        await shop.rule(When.ANY, text="Hello!", tag="wrote")
        await shop.says("hi", ago=ago)
        assert len(await shop.answers()) == answered
        await shop.says("leave me be", ago=ago)
        contact = await shop.contact()
        assert contact is not None
        assert (contact.tags, contact.consent) == (("wrote",), Consent.REVOKED)


async def test_an_answer_that_could_not_leave_for_half_a_day_does_not(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("hi")
        on.clock.advance(hours=12, seconds=1)
        assert await shop.answers() == []


async def test_answers_count_under_the_days_cap(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("hi")
        await shop.says("hi", who="+905320000002")
        slices = on.slices(Caps(a_day=1))
        for _ in range(3):
            await slices.run(on.account)
        assert len(on.phones.sent) == 1


async def test_a_kill_between_deciding_and_keeping_answers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply is told again, as it was never acknowledged; and once more after it was kept."""
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!", tag="wrote", hand_over=True)

        async def dies(unit: Unit, event: object) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as patch:
            patch.setattr(on.heard, "announce", dies)
            with pytest.raises(RuntimeError):
                await shop.says("hi", event="m-1")
        assert await shop.answers() == []
        assert await shop.contact() is None
        assert (await shop.kept())[0].hits == 0
        await shop.says("hi", event="m-1")
        await shop.says("hi", event="m-1")
        assert await shop.answers() == ["Hello!"]
        assert (await shop.kept())[0].hits == 1


async def test_a_reaction_that_was_taken_back_is_no_message(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.ANY, text="Hello!")
        await shop.says("")
        await shop.says("", media="image")
        assert await shop.answers() == ["Hello!"]


async def test_an_answer_held_back_because_they_wrote_again_leaves_once_that_is_read(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.EQUALS, "hi", text="Hello!")
        held = Rejected("news_waiting", can_retry=True)
        on.phones.answers = [held, held]
        await shop.says("hi")
        await shop.says("how are you?")
        for pause in (2, 4, 60):
            assert await shop.answers() == ["Hello!"]
            assert await shop.answers() == []
            on.clock.advance(seconds=pause)
        assert len({one.key for one in on.phones.sent}) == 3


async def test_a_stop_that_holds_an_answer_back_ends_it(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        shop = Talking(on=on)
        await shop.rule(When.EQUALS, "hi", text="Hello!")
        on.phones.answers = [Rejected("news_waiting", can_retry=True)]
        await shop.says("hi")
        await on.slices().run(on.account)
        await shop.says("stop")
        [confirmed] = await shop.answers()
        assert "no more messages" in confirmed
