"""One conversation: what was written to and fro, and what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, Upload, action, file_answer, screen, text_answer
from bot.screens.campaign_words import moment, person, quoted, zone_of
from bot.screens.contacts_parts import ask, back, label, lines, panel_args, short
from bot.screens.talk_parts import (
    AS_ANSWERED,
    Whom,
    media_words,
    name_of,
    note_talk,
    send_answer,
    there,
    tick,
    whom,
)
from bot.texts import Html, on_day, plain, say
from domain.accounts.model import Channel
from domain.conversations.model import Conversation, ConversationState
from domain.conversations.ports import CampaignSent
from domain.conversations.tellings import Written
from domain.delivery.content import Media
from domain.delivery.store import Direct, DirectPurpose
from domain.kernel.ids import ContactId, ConversationId, ReplyId
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.answering import Words, check_answer

MESSAGES_A_PAGE: Final = 10
MOST_PAGES: Final = 100
LONGEST_LINE: Final = 300
MOST_CAMPAIGNS: Final = 2
#: From where a conversation is opened, and back to which one goes.
PLACES: Final = ("inbox", "inbox.found", "contact", "rule.hits")


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    order: int
    text: Html
    campaign: CampaignSent | None = None


async def talk_of(scene: Scene, id: int) -> Conversation:
    return await scene.unit.conversations.conversation(scene.workspace.id, ConversationId(id))


async def at_talk(scene: Scene, id: int, *, page: int = 0) -> dict[str, object]:
    """The arguments of its screen, with where the operator came from."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    args: dict[str, object] = {"id": id, "page": page}
    if panel is not None and panel.screen in PLACES:
        came = {key: value for key, value in panel.args.items() if key not in {"note", "from"}}
        return {**args, "from": {"screen": panel.screen, "args": came}}
    before = await panel_args(scene, "talk", "talk.out", "contacts.ask")
    return {**args, "from": before["from"]} if "from" in before else args


@action("talk", needs=Right.READ)
async def open_talk(scene: Scene) -> Go:
    """Whoever could answer has read it by that."""
    talk = await talk_of(scene, scene.press.id)
    if talk.unread and scene.may(Right.WORK):
        await scene.unit.conversations.seen(talk.workspace_id, talk.id)
        scene.touched.add(talk.workspace_id)
    return Go(screen="talk", args=await at_talk(scene, talk.id, page=scene.press.x))


@action("talk.back", needs=Right.READ)
async def leave(scene: Scene) -> Go:
    came = (await panel_args(scene, "talk")).get("from")
    return Go(screen=came["screen"], args=came["args"]) if came else Go(screen="inbox")


@screen("talk", needs=Right.READ)
async def talk_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    talk = await talk_of(scene, args["id"])
    page = min(max(int(args.get("page", 0)), 0), MOST_PAGES - 1)
    shown, more = await _lines(scene, talk, page)
    them = await whom(scene.unit, talk)
    text = lines(
        say("talk", lang, person=person(short(talk.name), talk.number, lang)), _standing(scene, them), " ",
        [line.text for line in shown] or say("talk.nothing", lang),
    )  # fmt: skip
    return View(text=text, rows=(*_campaign_rows(shown), *_rows(them, lang, page=page, more=more)))


def _campaign_rows(shown: Sequence[_Line]) -> tuple[tuple[Button, ...], ...]:
    """The way to the campaigns whose messages are shown, the latest last."""
    sent = {line.campaign.id: line.campaign for line in shown if line.campaign is not None}
    last = list(sent.values())[-MOST_CAMPAIGNS:]
    return tuple((button(label(f"📣 {one.name}"), "cp.open", one.id),) for one in last)


def _standing(scene: Scene, them: Whom) -> list[str]:
    """What an operator has to know before they answer."""
    lang, talk = scene.language, them.talk
    marks = {
        "stopped": them.has_stopped, "handed": talk.is_handed, "muted": talk.is_muted,
        "done": talk.state is ConversationState.DONE,
    }  # fmt: skip
    said = [say("talk.ours", lang, ours=them.ours)] if them.ours else []
    if them.gone_at is not None:
        said.append(say("talk.is.forgotten", lang, on=on_day(them.gone_at, scene.zone, lang)))
    where = there(them.ours, lang)
    return [*said, *(say(f"talk.is.{name}", lang, there=where) for name, holds in marks.items() if holds)]


async def _lines(scene: Scene, talk: Conversation, page: int) -> tuple[list[_Line], bool]:
    """In order of time, the latest page last; and whether there are earlier ones. As many of each kind are
    read as could stand up to here."""
    most = (page + 1) * MESSAGES_A_PAGE + 1
    account = await scene.unit.accounts.ever(talk.account_id)
    on_a_phone = account is None or account.channel is not Channel.CLOUD
    replies = await scene.unit.tellings.replies(talk.id, limit=most)
    directs = await scene.unit.delivery.directs_of(talk.id, limit=most)
    sent = await scene.unit.conversations.campaigns_sent(talk, limit=most)
    all_lines = [_reply_line(scene, talk, one, on_a_phone=on_a_phone) for one in replies]
    all_lines += [_direct_line(scene, one) for one in directs]
    for one in sent:
        head = _head(scene, "campaign", one.at, tick(AS_ANSWERED[one.state], one.reason, scene.language))
        text = say("talk.campaign", scene.language, head=head, name=one.name)
        all_lines.append(_Line(one.at, 0, text, one))
    all_lines.sort(key=lambda line: (line.at, line.order))
    until = len(all_lines) - page * MESSAGES_A_PAGE
    first = max(until - MESSAGES_A_PAGE, 0)
    return all_lines[first : max(until, 0)], first > 0


def _head(scene: Scene, who: str, at: datetime, about: str) -> Html:
    space = scene.workspace
    when = moment(at, zone_of(space), scene.now, space.language)
    sign = plain(f"talk.who.{who}", space.language)
    return say("talk.head", space.language, who=sign, when=when, about=Html(about))


def _reply_line(scene: Scene, talk: Conversation, reply: Written, *, on_a_phone: bool) -> _Line:
    lang = scene.language
    what = media_words(reply, lang, on_a_phone=on_a_phone) if reply.kept is None else _kept(reply, lang)
    words = lines(_head(scene, "person", reply.at, ""), what, quoted(reply.text, LONGEST_LINE))
    return _Line(reply.at, reply.id, Html(words))


def _kept(reply: Written, lang: str) -> Html:
    return say(f"reply.kept.{reply.media}", lang)


def _direct_line(scene: Scene, direct: Direct) -> _Line:
    lang = scene.language
    who = "operator" if direct.purpose is DirectPurpose.ANSWER else "machine"
    what = Html("") if direct.media is None else say(f"talk.sent.{direct.media.kind}", lang)
    head = _head(scene, who, direct.queued_at, tick(direct.state, direct.reason, lang))
    return _Line(direct.queued_at, direct.id, Html(lines(head, what, quoted(direct.text, LONGEST_LINE))))


def _rows(them: Whom, lang: str, *, page: int, more: bool) -> tuple[tuple[Button, ...], ...]:
    talk = them.talk
    turn: list[Button] = []
    if more and page + 1 < MOST_PAGES:
        turn.append(button(plain("talk.earlier", lang), "talk", id=talk.id, x=page + 1))
    if page:
        turn.append(button(plain("talk.later", lang), "talk", id=talk.id, x=page - 1))
    about = them.buttons(lang, in_notice=False)
    last = [button(plain("talk.refresh", lang), "talk", id=talk.id)]
    if talk.state is ConversationState.OPEN:
        last.insert(0, button(plain("talk.done", lang), "talk.done", id=talk.id, rev=talk.newest or 0))
    rows = [tuple(turn), about, tuple(last)]
    if them.may_be_answered:
        rows.insert(0, (button(plain("talk.answer", lang), "talk.answer", id=talk.id),))
    return (*filter(None, rows), back(lang, "talk.back"))


# -- answering ---------------------------------------------------------------------------------------


@action("talk.answer", needs=Right.WORK)
async def ask_answer(scene: Scene) -> Go:
    """Said at once if nothing could be sent."""
    talk = await talk_of(scene, scene.press.id)
    await check_answer(scene.unit, talk, Words(text="…"), now=scene.now)
    came = (await panel_args(scene, "talk")).get("from")
    return ask(
        scene, "talk.answer", leave="talk", id=talk.id, values={"name": talk.name or talk.number}, came=came
    )


@text_answer("talk.answer", needs=Right.WORK)
async def answer_text(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _answered(scene, prompt, Words(text=text))


async def check_file(scene: Scene, prompt: Prompt, upload: Upload) -> None:
    """Said before anything is fetched."""
    async with scene.desk.store.read() as unit:
        talk = await talk_of(replace(scene, unit=unit), prompt.args["id"])
        await check_answer(unit, talk, Words(text=upload.caption, media=upload.stated), now=scene.now)


@file_answer("talk.answer", needs=Right.WORK, check=check_file)
async def answer_file(scene: Scene, prompt: Prompt, media: Media) -> Go:
    return await _answered(scene, prompt, Words(text=scene.caption, media=media))


async def _answered(scene: Scene, prompt: Prompt, words: Words) -> Go:
    talk = await talk_of(scene, prompt.args["id"])
    args = await at_talk(scene, talk.id)
    await send_answer(scene, talk, words)
    return Go(screen="talk", args=args)


# -- what else can be done ---------------------------------------------------------------------------


@action("talk.mute", needs=Right.WORK)
async def mute(scene: Scene) -> Go:
    return await _mute(scene, on=True)


@action("talk.unmute", needs=Right.WORK)
async def unmute(scene: Scene) -> Go:
    return await _mute(scene, on=False)


async def _mute(scene: Scene, *, on: bool) -> Go:
    """From a notice the panel stays as it is."""
    talk = await talk_of(scene, scene.press.id)
    what = "muted" if on else "unmuted"
    if talk.is_muted is not on:
        await scene.unit.conversations.mute(talk.workspace_id, talk.id, at=scene.now if on else None)
        await note_talk(scene, f"talk.{what}", talk)
    where = there((await whom(scene.unit, talk)).ours, scene.language)
    toast = plain(f"talk.{what}.toast", scene.language, name=name_of(talk), there=where)
    before = await panel_args(scene, "talk")
    if before.get("id") != talk.id:
        return Go(screen="", quiet=True, toast=toast)
    return Go(screen="talk", args=before, toast=toast)


@action("talk.done", needs=Right.WORK)
async def done(scene: Scene) -> Go:
    """Raises Conflict where they have written since the screen was drawn."""
    talk = await talk_of(scene, scene.press.id)
    if talk.state is ConversationState.OPEN:
        newest = ReplyId(scene.press.rev) if scene.press.rev else None
        await scene.unit.conversations.close(talk.workspace_id, talk.id, newest=newest)
        await note_talk(scene, "talk.done", talk)
    go = await leave(scene)
    where = there((await whom(scene.unit, talk)).ours, scene.language)
    toast = plain("talk.done.toast", scene.language, name=name_of(talk), there=where)
    return replace(go, toast=toast)


async def way_to_talk(scene: Scene, contact_id: ContactId) -> tuple[tuple[Button, ...], ...]:
    """For the card of somebody who has written."""
    talk = await scene.unit.conversations.of_contact(scene.workspace.id, contact_id)
    if talk is None:
        return ()
    return ((button(plain("talk.open", scene.language), "talk", id=talk.id),),)
