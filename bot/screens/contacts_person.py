"""One contact: where they stand and why, what is known of them, tags, opting out."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts import MARKS
from bot.screens.contacts_consent import answers, chosen
from bot.screens.contacts_parts import (
    ask,
    back,
    dated,
    label,
    lines,
    note_contact,
    panel_args,
    said,
    short,
    tag_number,
)
from bot.screens.talk import way_to_talk
from bot.texts import Html, plain, say
from domain.contacts import service
from domain.contacts.model import Consent, ConsentEvent, ConsentSource, Contact
from domain.kernel.errors import Conflict
from domain.kernel.ids import ContactId
from domain.operators.chat import Prompt
from domain.operators.model import Right

MOST_ATTRIBUTES: Final = 15
MOST_TAGS: Final = 30
SCREENS_OF_ONE: Final = (
    "contact", "contact.consent", "contact.stop", "contact.tags", "contact.proof", "contact.forget",
)  # fmt: skip
PLACES: Final = ("contacts.search", "contacts.stopped", "tag", "talk")


async def _contact(scene: Scene, id: int) -> Contact:
    return await scene.unit.contacts.contact(scene.workspace.id, ContactId(id))


async def at_contact(scene: Scene, screen: str, id: int) -> Go:
    """A screen of this contact that still knows where the operator came from."""
    before = await panel_args(scene, *SCREENS_OF_ONE, "contacts.ask")
    args = {"id": id}
    if "from" in before:
        args["from"] = before["from"]
    return Go(screen=screen, args=args)


@action("ct.open", needs=Right.READ)
async def open_contact(scene: Scene) -> Go:
    """Raises PersonGone of whoever was forgotten since the button was drawn."""
    await _contact(scene, scene.press.id)
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is not None and panel.screen in PLACES:
        args = await panel_args(scene, *PLACES)
        came = {"screen": panel.screen, "args": {key: args[key] for key in args if key != "from"}}
        return Go(screen="contact", args={"id": scene.press.id, "from": came})
    return await at_contact(scene, "contact", scene.press.id)


@action("ct.back", needs=Right.READ)
async def leave(scene: Scene) -> Go:
    """Back to the search, or wherever this contact was picked."""
    came = (await panel_args(scene, *SCREENS_OF_ONE)).get("from")
    return Go(screen=came["screen"], args=came["args"]) if came else Go(screen="contacts")


@screen("contact", needs=Right.READ)
async def contact_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    contact = await _contact(scene, args["id"])
    events = await scene.unit.contacts.consent_events(contact.id)
    text = lines(
        say(
            "contact", lang, name=short(contact.name) or say("contact.nameless", lang), number=contact.number
        ),
        "",
        " ",
        _standing(scene, contact, events),
        _tags_line(contact, lang),
        _attributes(contact.attributes, lang),
    )
    return View(text=text, rows=(*await way_to_talk(scene, contact.id), *_rows(contact, lang)))


def _standing(scene: Scene, contact: Contact, events: Sequence[ConsentEvent]) -> str:
    """Where they stand, and the event that put them there."""
    lang = scene.workspace.language
    state = say(f"standing.{contact.consent}", lang, mark=MARKS[contact.consent])
    wanted = contact.consent is Consent.GRANTED
    decisive = next((event for event in reversed(events) if event.granted is wanted), None)
    if contact.consent is Consent.UNRECORDED or decisive is None:
        return state
    when = dated(decisive.at, zone=scene.workspace.zone, lang=lang)
    side = "granted" if decisive.granted else "revoked"
    why = say(f"why.{side}.{decisive.source}", lang)
    # A stop's evidence is a message's id, which tells an operator nothing.
    theirs = decisive.source in {ConsentSource.STOP_REPLY, ConsentSource.START_REPLY}
    words = (
        "" if theirs or not decisive.evidence else say("why.words", lang, words=short(decisive.evidence, 120))
    )
    return lines(state, say("why", lang, why=why, when=when, words=Html(words)))


def _tags_line(contact: Contact, lang: str) -> str:
    if not contact.tags:
        return ""
    shown = ", ".join(short(tag, 40) for tag in contact.tags[:10])
    return say("contact.tagged", lang, tags=shown + (" …" if len(contact.tags) > 10 else ""))


def _attributes(attributes: Mapping[str, str], lang: str) -> list[str]:
    filled = [(name, value) for name, value in attributes.items() if value]
    shown: list[str] = [
        say("contact.attribute", lang, name=short(name, 40), value=short(value, 80))
        for name, value in filled[:MOST_ATTRIBUTES]
    ]
    if len(filled) > MOST_ATTRIBUTES:
        shown.append(say("contact.attributes.more", lang, more=len(filled) - MOST_ATTRIBUTES))
    return shown


def _rows(contact: Contact, lang: str) -> tuple[tuple[Button, ...], ...]:
    rows: list[tuple[Button, ...]] = []
    if contact.consent is Consent.UNRECORDED:
        rows.append((button(plain("ct.consent", lang), "ct.consent", id=contact.id),))
    last = [button(plain("ct.tag", lang), "ct.tags", id=contact.id)]
    if contact.consent is not Consent.REVOKED:
        last.append(button(plain("ct.stop", lang), "ct.stop", id=contact.id))
    proof = button(plain("ct.proof", lang), "ct.proof", id=contact.id)
    forget = button(plain("ct.forget", lang), "ct.forget", id=contact.id)
    last.append(button(plain("ct.name", lang), "ct.name", id=contact.id))
    return (*rows, tuple(last), (proof, forget), back(lang, "ct.back"))


# -- consent -----------------------------------------------------------------------------------------


@action("ct.consent", needs=Right.WORK)
async def ask_consent(scene: Scene) -> Go:
    return await at_contact(scene, "contact.consent", scene.press.id)


@screen("contact.consent", needs=Right.WORK)
async def consent_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    contact = await _contact(scene, args["id"])
    who = short(contact.name) or contact.number
    rows = answers(lang, "ct", contact.id, 0)
    return View(text=say("contact.consent", lang, name=who), rows=(*rows, back(lang, "ct.open", contact.id)))


@action("ct.agree", needs=Right.WORK)
async def agree(scene: Scene) -> Go:
    return await _record(scene, scene.press.id, chosen(scene.press.x), "")


@action("ct.other", needs=Right.WORK)
async def agree_other(scene: Scene) -> Go:
    contact = await _contact(scene, scene.press.id)
    who = short(contact.name) or contact.number
    came = (await panel_args(scene, *SCREENS_OF_ONE)).get("from")
    return ask(scene, "contact.words", leave="ct.open", id=contact.id, values={"name": who}, came=came)


@text_answer("contact.words", needs=Right.WORK)
async def agree_words(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _record(scene, prompt.args["id"], ConsentSource.OTHER, service.clean_words(text))


@action("ct.none", needs=Right.WORK)
async def agree_none(scene: Scene) -> Go:
    go = await at_contact(scene, "contact", scene.press.id)
    return Go(screen=go.screen, args=go.args, toast=plain("agree.none.toast", scene.workspace.language))


async def _record(scene: Scene, id: int, source: ConsentSource, words: str) -> Go:
    contact = await _contact(scene, id)
    now = await service.record_consent(
        scene.unit.contacts, contact, source, evidence=words, by=scene.me.id, at=scene.now
    )
    if now is not contact.consent:
        before, after = {"consent": contact.consent.value}, {"consent": now.value, "source": source.value}
        await note_contact(scene, "consent.recorded", contact, before=before, after=after)
    go = await at_contact(scene, "contact", id)
    return Go(screen=go.screen, args=go.args, toast=plain("ct.recorded", scene.workspace.language))


# -- opting out --------------------------------------------------------------------------------------


@action("ct.stop", needs=Right.WORK)
async def ask_stop(scene: Scene) -> Go:
    """Of whoever said stop since the button was drawn there is nothing to ask."""
    contact = await _contact(scene, scene.press.id)
    if contact.consent is not Consent.REVOKED:
        return await at_contact(scene, "contact.stop", contact.id)
    go = await at_contact(scene, "contact", contact.id)
    return Go(screen=go.screen, args=go.args, toast=plain("ct.stop.already", scene.workspace.language))


@screen("contact.stop", needs=Right.WORK)
async def stop_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    contact = await _contact(scene, args["id"])
    who = short(contact.name) or contact.number
    return View(
        text=say("contact.stop", lang, name=who),
        rows=(
            (button(plain("contact.stop.keep", lang), "ct.open", id=contact.id),),
            (button(plain("contact.stop.do", lang), "ct.stop.do", id=contact.id),),
            back(lang, "ct.open", contact.id),
        ),
    )


@action("ct.stop.do", needs=Right.WORK)
async def stop(scene: Scene) -> Go:
    contact = await _contact(scene, scene.press.id)
    now = await service.opt_out(scene.unit.contacts, contact, by=scene.me.id, at=scene.now)
    if now is not contact.consent:
        before = {"consent": contact.consent.value}
        await note_contact(scene, "contact.stopped", contact, before=before, after={"consent": now.value})
    go = await at_contact(scene, "contact", contact.id)
    return Go(screen=go.screen, args=go.args, toast=plain("ct.stop.done", scene.workspace.language))


# -- tags --------------------------------------------------------------------------------------------


@action("ct.tags", needs=Right.WORK)
async def ask_tag(scene: Scene) -> Go:
    go = await at_contact(scene, "contact.tags", scene.press.id)
    prompt = Prompt(chat_id=scene.chat_id, kind="contact.tag", args={"id": scene.press.id})
    return Go(screen=go.screen, args=go.args, prompt=prompt)


@screen("contact.tags", needs=Right.WORK)
async def tags_of_contact(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    contact = await _contact(scene, args["id"])
    who = short(contact.name) or contact.number
    drop = [
        button(
            label(plain("contact.tag.drop", lang, tag=tag)),
            "ct.untag",
            id=contact.id,
            rev=tag_number(tag),
            x=x,
        )
        for x, tag in enumerate(contact.tags[:MOST_TAGS])
    ]
    rows = tuple(tuple(drop[i : i + 2]) for i in range(0, len(drop), 2))
    return View(text=say("contact.tags", lang, name=who), rows=(*rows, back(lang, "ct.open", contact.id)))


@text_answer("contact.tag", needs=Right.WORK)
async def tag(scene: Scene, prompt: Prompt, text: str) -> Go:
    id = prompt.args["id"]
    kept = await service.tag_contact(scene.unit.contacts, scene.workspace.id, ContactId(id), text, on=True)
    contact = await _contact(scene, id)
    await note_contact(scene, "contact.tagged", contact, after={"tag": kept})
    go = await at_contact(scene, "contact", id)
    return Go(
        screen=go.screen, args=said(go.args, say("ct.tagged", scene.workspace.language, tag=kept)), fresh=True
    )


@action("ct.untag", needs=Right.WORK)
async def untag(scene: Scene) -> Go:
    contact = await _contact(scene, scene.press.id)
    drawn = [tag for tag in contact.tags if tag_number(tag) == scene.press.rev]
    if not drawn:
        raise Conflict()
    await service.tag_contact(scene.unit.contacts, scene.workspace.id, contact.id, drawn[0], on=False)
    await note_contact(scene, "contact.untagged", contact, before={"tag": drawn[0]})
    go = await at_contact(scene, "contact.tags", contact.id)
    prompt = Prompt(chat_id=scene.chat_id, kind="contact.tag", args={"id": int(contact.id)})
    return Go(screen=go.screen, args=go.args, prompt=prompt)
