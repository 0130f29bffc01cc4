"""Trying the rules out: what each makes of a sample, and why the others stay silent. Nothing is sent.

The samples are one person's messages, one after the other: so what rests after an answer, and what greets
with the first, is seen at work. All that is kept is in the arguments of the screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.campaign_words import quoted
from bot.screens.contacts_parts import back, lines, panel_args, short
from bot.screens.rules import one_of, rules_of
from bot.screens.rules_words import when_words
from bot.texts import Html, count, plain, say
from domain.accounts.model import Account
from domain.automation.model import Answer, Decision, Facts, Message, Rule, RuleId
from domain.automation.trying import Tried, Verdict, explain
from domain.contacts.model import Contact
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.auto_answers import fields_of
from domain.scheduler.licence import why_not

#: Of a sample, and of an answer to it, so much is shown.
SHOWN: Final = 400
LONGEST_SAMPLE: Final = 1_000
#: Rules that stay silent are told one by one up to so many.
MOST_TOLD: Final = 20
_REMEMBERED: Final = 12


@action("rl.try", needs=Right.READ)
async def begin(scene: Scene) -> Go:
    """With the number of a rule it is tried as if it were on."""
    if scene.press.id:
        one_of(await rules_of(scene), scene.press.id)
    return _asking(scene, {"id": scene.press.id})


def _asking(scene: Scene, args: Args) -> Go:
    prompt = Prompt(chat_id=scene.chat_id, kind="rules.try", args={"id": args["id"]})
    return Go(screen="rule.try", args=args, prompt=prompt)


@text_answer("rules.try", needs=Right.READ)
async def take_sample(scene: Scene, prompt: Prompt, text: str) -> Go:
    before, id = await panel_args(scene, "rule.try"), int(prompt.args["id"])
    goes_on = "sample" in before and before.get("id") == id
    said = await _after(scene, id, before) if goes_on else {}
    sample = text[:LONGEST_SAMPLE]
    return _asking(scene, {"id": id, "sample": sample, "said": said, "at": scene.now.isoformat()})


@screen("rule.try", needs=Right.READ)
async def try_screen(scene: Scene, args: Args) -> View:
    lang, id = scene.workspace.language, int(args.get("id", 0))
    rules = await _rules(scene, id)
    text = say("rule.try", lang)
    if id:
        place, one = one_of(await rules_of(scene), id)
        if not one.rule.is_on:
            text = Html(lines(text, say("rule.try.as_on", lang, place=place + 1)))
    leave = back(lang, "rl.open", id) if id else back(lang, "rules")
    if "sample" not in args:
        return View(text=text, rows=(leave,))
    again = (button(plain("rule.try.anew", lang), "rl.try", id),)
    return View(
        text=lines(await _told(scene, rules, args), " ", say("rule.try.more", lang)), rows=(again, leave)
    )


async def _rules(scene: Scene, id: int) -> Sequence[Rule]:
    rules = await scene.unit.rules.of(scene.workspace.id)
    return [replace(rule, is_on=True) if rule.id == id else rule for rule in rules]


async def _told(scene: Scene, rules: Sequence[Rule], args: Args) -> str:
    """The sample, what each rule makes of it, and what follows."""
    lang, sample = scene.workspace.language, str(args["sample"])
    head = say("rule.try.sample", lang, text=quoted(sample, SHOWN))
    heard = (await scene.unit.words.of(scene.workspace.id)).heard(sample)
    if heard is not None:
        return lines(head, " ", say(f"rule.try.word.{heard.value}", lang))
    person = await _person(scene)
    facts = await _facts(scene, args, person)
    decision, tried = explain(rules, Message(text=sample), facts)
    strangers = replace(facts, fields=fields_of(None, person.number if person else ""))
    others = {one.rule.id: one.answer for one in explain(rules, Message(text=sample), strangers)[1]}
    loud = [one for one in tried if one.verdict in {Verdict.SERVES, Verdict.QUIET}]
    silent = [one for one in tried if one not in loud]
    places = {one.rule.id: place for place, one in enumerate(tried, 1)}
    told = [
        lines(
            say("rule.try.loud", lang, place=places[one.rule.id], when=when_words(one.rule, lang)),
            _answered(one, others.get(one.rule.id), person, lang), _done(one, decision, lang),
        )
        for one in loud
    ]  # fmt: skip
    told += [_silent(places[one.rule.id], one, lang) for one in silent[:MOST_TOLD]]
    more = len(silent) - MOST_TOLD
    rest = [say("rule.try.silent.more", lang, rules=count(more, "rule", "rules"))] if more > 0 else []
    nothing = [] if loud else [say("rule.try.nothing", lang)]
    shut = [] if facts.is_open else [say("rule.try.shut", lang)]
    return lines(head, " ", nothing, told, rest, shut, _not_a_person(decision, loud, lang))


def _not_a_person(decision: Decision, loud: Sequence[Tried], lang: str) -> list[str]:
    """Why nothing is done about the whole message, where that is so."""
    if loud or decision.silence is None:
        return []
    return [say(f"rule.silence.{decision.silence.value}", lang)]


def _answered(one: Tried, other: Answer | None, person: Contact | None, lang: str) -> list[str]:
    """What it answers one of the contacts; and a stranger, where that reads otherwise."""
    answer, done = one.answer, list[str]()
    same = answer == other
    if answer and answer.media:
        done.append(say("rule.try.file", lang, text=quoted(answer.text, SHOWN)))
    elif answer and (same or person is None):
        done.append(say("rule.try.answers", lang, text=quoted(answer.text, SHOWN)))
    elif answer and person is not None:
        who = short(person.name) or person.number
        done.append(say("rule.try.answers.to", lang, who=who, text=quoted(answer.text, SHOWN)))
    if not same and other is not None:
        done.append(say("rule.try.stranger", lang, text=quoted(other.text, SHOWN)))
    elif not same:
        done.append(say("rule.try.stranger.none", lang))
    return done


def _done(one: Tried, decision: Decision, lang: str) -> list[str]:
    """What else it does, and why it does not answer."""
    rule, done = one.rule, list[str]()
    if one.verdict is Verdict.SERVES and rule.tag:
        done.append(say("rule.tag", lang, tag=short(rule.tag)))
    if one.verdict is Verdict.SERVES and rule.hand_over:
        done.append(say("rule.hand", lang))
    if one.verdict is Verdict.SERVES and rule.opt_out:
        done.append(say("rule.opt_out", lang))
    if rule.answers and one.answer is None:
        why = "opted_out" if decision.opt_out else one.silence.value if one.silence else "empty"
        done.append(say(f"rule.silence.{why}", lang))
    return done


def _silent(place: int, one: Tried, lang: str) -> str:
    why = say(f"rule.verdict.{one.verdict.value}", lang)
    return say("rule.try.silent", lang, place=place, when=when_words(one.rule, lang), why=why)


# -- what is assumed of the person -----------------------------------------------------------------------


async def _account(scene: Scene) -> Account | None:
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    return next((one for one in accounts if one.is_default), accounts[0] if accounts else None)


async def _person(scene: Scene) -> Contact | None:
    some = await scene.unit.contacts.samples(scene.workspace.id, limit=1)
    return some[0] if some else None


async def _facts(scene: Scene, args: Args, person: Contact | None) -> Facts:
    """Of somebody who writes to the default number at the moment of the sample."""
    at, said = datetime.fromisoformat(args["at"]), args.get("said", {})
    account = await _account(scene)
    hours = None if account is None else await scene.unit.hours.of(account.id)
    zone = ZoneInfo(hours.zones[0] if hours else scene.workspace.zone)
    served: Mapping[str, str] = said.get("served", {})
    return Facts(
        at=at, today=at.astimezone(zone).date(), is_open=hours is None or hours.is_open(at),
        plan_runs=await why_not(scene.unit, scene.workspace.id, at) is None, has_stopped=False,
        is_first=not said.get("heard"), fields=fields_of(person, person.number if person else ""),
        served={RuleId(int(id)): datetime.fromisoformat(when) for id, when in served.items()},
        answered=[datetime.fromisoformat(when) for when in said.get("answered", [])],
        sent=said.get("sent", []), heard=said.get("heard", []),
    )  # fmt: skip


async def _after(scene: Scene, id: int, args: Args) -> dict[str, Any]:
    """What has been said once that sample was, for the one after it."""
    said, sample, at = args.get("said", {}), str(args["sample"]), str(args["at"])
    heard = [*said.get("heard", []), sample][-_REMEMBERED:]
    if (await scene.unit.words.of(scene.workspace.id)).heard(sample) is not None:
        return {**said, "heard": heard}
    facts = await _facts(scene, args, await _person(scene))
    decision, _ = explain(await _rules(scene, id), Message(text=sample), facts)
    answers = [answer.text for answer in decision.answers]
    return {
        "heard": heard, "sent": [*said.get("sent", []), *answers][-_REMEMBERED:],
        "answered": [*said.get("answered", []), *(at for _ in answers)][-_REMEMBERED:],
        "served": {**said.get("served", {}), **{str(hit): at for hit in decision.hits}},
    }  # fmt: skip
