"""Automation rules in the chat: made, tried, changed, moved and deleted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.client import SandboxChat
from domain.automation.model import MOST_PATTERNS, MOST_RULES, Rule, RuleId, When
from domain.automation.ports import KeptRule
from domain.contacts.ports import ImportedRow
from domain.operators.model import Role
from tests.chat.sandbox.pictures import png
from tests.chat.shop import Shop, enter, entered, number_of, open_shop
from tests.chat.stage import STRANGER, Stage, eventually, stage
from tests.chat.team_chat import add


async def kept(on: Stage) -> list[KeptRule]:
    async with on.store.read() as unit:
        [space, *_] = await unit.operators.workspaces()
        return list(await unit.rules.kept(space.id))


async def rules(on: Stage, shop: Shop, *made: Rule) -> None:
    async with on.store.write() as unit:
        for rule in made:
            await unit.rules.add(shop.space, rule, at=on.clock.now())
        await unit.commit()


def a_rule(when: When, words: str = "", *, text: str = "Hello", **more: Any) -> Rule:
    return Rule(id=RuleId(0), position=0, when=when, words=words, text=text, **more)


async def new_rule(chat: SandboxChat, kind: str) -> None:
    await chat.say("/rules")
    await chat.tap("New rule")
    await chat.wait_for("wait for?")
    await chat.tap(kind)


async def test_a_rule_is_made_tried_turned_on_and_answers(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await enter(chat)
        await chat.say("/settings")
        await chat.tap("Automatic answers")
        await chat.wait_for("No rules yet")
        await chat.tap("New rule")
        await chat.tap("Contains words")
        await chat.wait_for("has to contain")
        await chat.say("😀" * 300)
        await chat.wait_for("1 to 200 characters")
        await chat.say("price")
        await chat.wait_for("what is it to do?")
        await chat.tap("Answer with a text")
        await chat.wait_for("Type the answer")
        await chat.say("Dear {friend}, from 3 €")
        await chat.wait_for("Nobody has a column “friend”")
        await chat.say("Dear {name}, from 3 €")
        card = await chat.wait_for("When a message contains “price”")
        assert "off: it answers nobody" in card.words
        assert "Dear {name}, from 3 €" in card.words
        assert "To whoever has no name, a stranger say, it answers: “Dear , from 3 €”." in card.words
        assert "Type a word for them into the blank: {name|friend}." in card.words

        await chat.tap("Try it")
        await chat.wait_for("as if it were on")
        await chat.say("What is the PRICE of <bread>?")
        tried = (await chat.wait_for("answers Person 0: Dear Person 0, from 3 €")).words
        assert "answers a stranger, who is no contact: Dear , from 3 €" in tried
        await chat.say("Good morning")
        await chat.wait_for("does not fit")
        await chat.say("stop")
        await chat.wait_for("a word that stops messages")
        await chat.tap("Back")
        await on.world.reply(number_of(1), "any price?", account=shop.remote)
        await chat.wait_for("any price?", fresh=False)
        assert on.world.received == []

        await chat.tap("Turn on")
        await chat.wait_for("🟢 on")
        await on.world.reply(number_of(1), "the price!", account=shop.remote)
        await eventually(lambda: _got(on, "Dear Person 1, from 3 €"), "the answer is there")
        await chat.say("/rules")
        await chat.tap("has “price”")
        await chat.wait_for("It has served 1 time")
        await chat.tap("Whom it served (1)")
        await chat.wait_for(lambda m: any("Person 1" in text for text in m.button_texts))


async def _got(on: Stage, text: str) -> bool:
    return [one.text for one in on.world.received] == [text]


async def test_a_pattern_is_refused_with_its_place_and_its_groups_can_be_repeated(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await new_rule(chat, "Pattern")
        await chat.wait_for("a regular expression")
        await chat.say("order (\\d+")
        await chat.wait_for("breaks off at character 11")
        await chat.say("(?=order)")
        await chat.wait_for("cannot be used")
        await chat.say("order (\\d+)")
        await chat.tap("Answer with a text")
        shown = await chat.wait_for("Type the answer")
        assert "{1}" in shown.words
        await chat.say("{1} it is")
        await chat.wait_for("fits the pattern")
        [one] = await kept(on)
        assert (one.rule.words, one.rule.text, one.rule.is_on) == ("order (\\d+)", "{1} it is", False)
        await chat.tap("Change")
        await chat.tap("Words")
        await chat.say("order")
        await chat.wait_for("Nobody has a column “1”")


async def test_a_blank_that_strangers_cannot_fill_is_told_until_it_has_a_word_of_its_own(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        async with on.store.write() as unit:
            row = ImportedRow(number=number_of(0), name="Person 0", attributes={"City": "Ankara"})
            await unit.contacts.save_rows(shop.space, shop.everybody, [row], at=on.clock.now())
            await unit.commit()
        await enter(chat)
        await new_rule(chat, "Any message")
        await chat.tap("Answer with a text")
        await chat.wait_for("Type the answer")
        await chat.say("{City}")
        card = (await chat.wait_for("Whoever has no City, a stranger say, gets no answer")).words
        assert "{City|your City}" in card
        await chat.tap("Try it")
        await chat.wait_for("as if it were on")
        await chat.say("hello")
        tried = (await chat.wait_for("answers Person 0: Ankara")).words
        assert "a stranger, who is no contact, gets no answer: it would be empty" in tried
        await chat.tap("⬅ Back")
        await chat.tap("Change")
        await chat.tap("💬 Text")
        await chat.wait_for("Type the answer")
        await chat.say("We deliver to {City|your town}, {number}")
        card = (await chat.wait_for("We deliver to {City|your town}")).words
        assert "stranger" not in card
        await chat.tap("Try it")
        await chat.say("hello")
        tried = (await chat.wait_for("answers Person 0: We deliver to Ankara")).words
        assert "answers a stranger, who is no contact: We deliver to your town" in tried


async def test_everything_about_a_rule_can_be_changed(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        await new_rule(chat, "Any message")
        await chat.wait_for("what is it to do?")
        await chat.tap("Back")
        await chat.tap("Turn on")
        await chat.wait_for_toast("would do nothing yet")
        await chat.tap("Change")
        await chat.tap("File")
        await chat.say("a file")
        await chat.wait_for("I am waiting for a photo")
        await chat.upload(png(), "menu.png", kind="photo")
        await chat.wait_for("Type a text to go with it")
        await chat.say("x" * 1_025)
        await chat.wait_for("1,024 are possible")
        await chat.say("Our menu")
        await chat.wait_for("photo")
        await chat.tap("Change")
        for change in ("Text below the file", "📎 File", "🏷 Tag"):
            await chat.tap(change)
            await chat.wait_for(lambda m: "Rest: none" not in m.button_texts)
            await chat.tap("Back")
            await chat.wait_for(lambda m: "Rest: none" in m.button_texts)
        await chat.tap("🏷 Tag")
        await chat.say("t" * 41)
        await chat.wait_for("at most 40 letters")
        await chat.say("#Hungry")
        await chat.wait_for("tag them hungry")
        await chat.tap("Change")
        await chat.tap("☐ Hand to a person")
        await chat.wait_for("hand them to a person")
        await chat.tap("☑ Then stop")
        await chat.wait_for("go on with the rules below")
        await chat.tap("☐ Only in hours")
        await chat.wait_for("Only within your active hours")
        await chat.tap("☐ Opt out")
        await chat.wait_for_toast("one confirmation and nothing else")
        await chat.tap("Rest: none")
        await chat.tap("1 hour")
        await chat.wait_for("not again for 1 hour")
        await chat.tap("Rest: 1 hour")
        await chat.say("90 years")
        await chat.wait_for("A rule can rest up to 30 days")
        await chat.say("90 min")
        await chat.wait_for("not again for 90 minutes")
        await chat.tap("Change")
        await chat.tap("Valid: always")
        await chat.say("soon")
        await chat.wait_for("I can't read “soon” as dates")
        await chat.say("24.12.2027 - 1.12.2027")
        await chat.wait_for("ends before it begins")
        await chat.say("1.12.2027 - 24.12.2027")
        await chat.wait_for("Valid: 1 Dec 2027 – 24 Dec 2027")
        [one] = await kept(on)
        rule = one.rule
        assert (rule.text, rule.tag, rule.hand_over, rule.stop_here) == ("Our menu", "hungry", True, False)
        assert (rule.only_in_hours, rule.opt_out, rule.cooldown) == (True, False, timedelta(minutes=90))
        assert rule.media is not None
        await chat.tap("Change")
        await chat.tap("Take the answer away")
        await chat.wait_for(lambda m: "Our menu" not in m.words)
        await chat.tap("Opt out")
        await chat.wait_for("opt them out")
        await chat.tap("No tag")
        await chat.wait_for(lambda m: "hungry" not in m.words)
        await chat.tap("Valid: 1 Dec")
        await chat.tap("Always valid")
        await chat.wait_for(lambda m: "Valid: always" in m.button_texts)
        await chat.tap("When")
        await chat.tap("First message")
        await chat.wait_for("for the first time")
        [one] = await kept(on)
        assert (one.rule.when, one.rule.opt_out, one.rule.tag, one.rule.valid_from) == (
            When.FIRST, True, "", None,
        )  # fmt: skip


async def test_rules_are_moved_and_deleted_once_more_asked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await rules(on, shop, a_rule(When.CONTAINS, "bread"), a_rule(When.ANY))
        await enter(chat)
        await chat.say("/rules")
        listed = await chat.wait_for("tried from the top")
        assert "🟢 1. has “bread” → answer · 0" in listed.button_texts
        await chat.tap("any message")
        await chat.wait_for("Rule 2 of 2")
        await chat.tap("Earlier")
        card = await chat.wait_for("Rule 1 of 2")
        assert "⬆ Earlier" not in card.button_texts
        await chat.tap("Delete")
        asked = await chat.wait_for("Delete this rule?")
        assert asked.button_texts[0] == "Keep it"
        await chat.tap("Delete it")
        await chat.wait_for("tried from the top")
        assert [one.rule.words for one in await kept(on)] == ["bread"]


async def test_a_button_of_before_somebody_else_changed_it_does_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await rules(on, shop, a_rule(When.ANY))
        await enter(chat)
        await chat.say("/rules")
        await chat.tap("any message")
        old = await chat.wait_for("Rule 1 of 1")
        data = next(b["callback_data"] for b in old.buttons if "Turn off" in b["text"])
        await chat.tap("Change")
        await chat.tap("☐ Only in hours")
        await chat.wait_for("Only within your active")
        await chat.tap_data(old.message_id, data)
        await chat.wait_for_toast("")
        [one] = await kept(on)
        assert one.rule.is_on


@pytest.mark.parametrize(
    ("full", "kind", "sentence"),
    [
        ([a_rule(When.ANY)] * MOST_RULES, "", "50 rules are kept at most"),
        ([a_rule(When.REGEX, "a")] * MOST_PATTERNS, "Pattern", "20 rules with a pattern"),
    ],
)
async def test_there_is_an_end_to_rules(tmp_path: Path, full: list[Rule], kind: str, sentence: str) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await rules(on, shop, *full)
        await enter(chat)
        await chat.say("/rules")
        await chat.tap("New rule")
        if kind:
            await chat.tap(kind)
        await chat.wait_for_toast(sentence)


async def test_samples_are_one_persons_messages(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop, chat = await open_shop(on), on.ayse
        await rules(
            on, shop, a_rule(When.FIRST, text="Welcome", stop_here=False),
            a_rule(When.ANY, text="Hello", cooldown=timedelta(hours=1), tag="wrote"),
        )  # fmt: skip
        await enter(chat)
        await chat.say("/rules")
        await chat.tap("Try it")
        await chat.say("hi")
        first = await chat.wait_for("answers: Welcome")
        assert "answers: Hello" in first.words
        assert "tag them wrote" in first.words
        await chat.say("hi")
        second = await chat.wait_for("has just served them, and rests")
        assert "Welcome" not in second.words
        await chat.tap("As somebody new")
        await chat.wait_for("Type what somebody might write")
        await chat.say("hi")
        await chat.wait_for("answers: Welcome")
        assert all(one.hits == 0 for one in await kept(on))
        assert on.world.received == []


async def test_a_viewer_sees_and_tries_and_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await rules(on, shop, a_rule(When.CONTAINS, "bread"), a_rule(When.ANY, is_on=False))
        await add(on, shop.space, STRANGER, Role.VIEWER)
        chat = on.client.chat(STRANGER)
        await enter(chat)
        await chat.say("/rules")
        await chat.tap("has “bread”")
        card = await chat.wait_for("When a message contains “bread”")
        assert "turn it on" not in card.words
        assert [text for text in card.button_texts if text not in {"🧪 Try it", "⬅ Back"}] == []
        await chat.tap("Try it")
        await chat.say("bread?")
        await chat.wait_for("answers: Hello")
