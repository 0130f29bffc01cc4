"""Contacts: how many there are, search, adding one, opt-outs, export."""

from collections.abc import Mapping

from bot.chat.threads import in_thread
from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen, sent, text_answer
from bot.screens.contacts_parts import A_PAGE, ask, back, label, note_contact, page_of, pages, said, short
from bot.screens.groups import web_accounts
from bot.screens.imports_columns import country_shown
from bot.texts import Html, count, plain, say
from domain.contacts import service
from domain.contacts.countries import example_number
from domain.contacts.model import Consent, Contact
from domain.contacts.ports import MOST_FOUND, ImportState
from domain.operators.activity import Topic
from domain.operators.chat import Notice, Prompt
from domain.operators.model import Right

#: An import that waits for its operator; shown until it is answered.
WAITING = (ImportState.CHOOSE_SHEET, ImportState.CHOOSE_COLUMNS, ImportState.ASK_CONSENT)
BUSY = (ImportState.RECEIVED, ImportState.READING, ImportState.STORING)

MARKS = {Consent.GRANTED: "✅", Consent.UNRECORDED: "❔", Consent.REVOKED: "🛑"}


@screen("contacts", needs=Right.READ)
async def contacts(scene: Scene, args: Args) -> View:
    """How many, where they stand, and what can be done."""
    lang = scene.workspace.language
    people = await scene.unit.contacts.count(scene.workspace.id)
    text = say(
        scene.worded("contacts" if sum(people.values()) else "contacts.none"),
        lang,
        people=count(sum(people.values()), "person", "people"),
        granted=people.get(Consent.GRANTED, 0),
        rest=_those_who_cannot(people, lang),
    )
    rows: tuple[tuple[Button, ...], ...] = (
        (button(plain("ct.lists", lang), "ls"), button(plain("ct.tags", lang), "tg")),
        (button(plain("ct.search", lang), "ct.search"), button(plain("ct.add", lang), "ct.add")),
        (button(plain("ct.stopped", lang), "ct.stopped"), button(plain("ct.export", lang), "ct.export")),
        back(lang, "home"),
    )
    return View(text=text, rows=(*await _import_row(scene), *await _group_row(scene), *rows))


def _those_who_cannot(people: Mapping[Consent, int], lang: str) -> Html:
    """A line for those without consent and one for those who said stop, where there are any."""
    keys = {Consent.UNRECORDED: "contacts.unrecorded", Consent.REVOKED: "contacts.stopped"}
    return Html("".join(say(key, lang, n=people[what]) for what, key in keys.items() if people.get(what)))


async def _import_row(scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """The way back to an import that is under way."""
    job = await scene.unit.imports.latest(scene.workspace.id)
    if job is None or job.state not in (*WAITING, *BUSY):
        return ()
    key = "ct.import.waiting" if job.state in WAITING else "ct.import.busy"
    text = plain(key, scene.workspace.language, file=short(job.filename, 30))
    return ((button(label(text), "im.open", id=job.id),),)


async def _group_row(scene: Scene) -> tuple[tuple[Button, ...], ...]:
    """The way to the groups, where a number has some that can be read."""
    if not await web_accounts(scene):
        return ()
    return ((button(plain("ct.groups", scene.workspace.language), "gi.start"),),)


@action("contacts", needs=Right.READ)
async def go_contacts(scene: Scene) -> Go:
    return Go(screen="contacts")


@command("contacts", needs=Right.READ)
async def contacts_command(scene: Scene) -> Go:
    return Go(screen="contacts")


# -- search ----------------------------------------------------------------------------------------


@action("ct.search", needs=Right.READ)
async def ask_search(scene: Scene) -> Go:
    return ask(scene, "contacts.search", leave="contacts")


@text_answer("contacts.search", needs=Right.READ)
async def search(scene: Scene, prompt: Prompt, text: str) -> Go:
    """The question stays open: who looks for one person often looks for another."""
    words = service.search_words(text)
    return Go(screen="contacts.search", args={"text": words, "page": 0}, prompt=prompt, fresh=True)


@screen("contacts.search", needs=Right.READ)
async def found(scene: Scene, args: Args) -> View:
    words = str(args.get("text", ""))
    title = say("ct.found", scene.workspace.language, text=short(words))
    none = say("ct.found.none", scene.workspace.language, text=short(words))
    return await people_view(scene, args, words, None, title=title, none=none, turn="ct.found")


@action("ct.found", needs=Right.READ)
async def turn_found(scene: Scene) -> Go:
    """Another page of what the chat looks at. The words do not fit in a button: the panel has them."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is None or panel.screen != "contacts.search":
        return Go(screen="contacts")
    args = {"text": panel.args.get("text", ""), "page": scene.press.x}
    return Go(screen="contacts.search", args=args, keep_prompt=True)


# -- opted out ---------------------------------------------------------------------------------------


@action("ct.stopped", needs=Right.READ)
async def go_stopped(scene: Scene) -> Go:
    return Go(screen="contacts.stopped", args={"page": scene.press.x})


@screen("contacts.stopped", needs=Right.READ)
async def stopped(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    return await people_view(
        scene, args, "", Consent.REVOKED, title=say("ct.stopped.title", lang),
        none=say("ct.stopped.none", lang), turn="ct.stopped",
    )  # fmt: skip


async def people_view(
    scene: Scene, args: Args, words: str, consent: Consent | None, *, title: Html, none: Html, turn: str
) -> View:
    """A page of people, each a button."""
    lang = scene.workspace.language
    wanted = max(int(args.get("page", 0)), 0)
    people, total = await scene.unit.contacts.search(
        scene.workspace.id, words, consent=consent, offset=wanted * A_PAGE, limit=A_PAGE
    )
    more, total = total > MOST_FOUND and bool(words), min(total, MOST_FOUND) if words else total
    page = page_of(args, total)
    if not people:
        return View(text=none, rows=(back(lang, "contacts"),))
    key = "ct.people.more" if more else "ct.people"
    text = say(key, lang, title=title, people=count(total, "person", "people"))
    buttons = tuple((button(person_label(person), "ct.open", id=person.id),) for person in people)
    return View(text=text, rows=(*buttons, *pages(lang, turn, page, total), back(lang, "contacts")))


def person_label(contact: Contact) -> str:
    name = short(contact.name, 34)
    return label(f"{MARKS[contact.consent]} {name + ' · ' if name else ''}{contact.number}")


# -- add one -----------------------------------------------------------------------------------------


@action("ct.add", needs=Right.WORK)
async def ask_add(scene: Scene) -> Go:
    country = scene.workspace.country
    values = {"country": country_shown(country), "example": example_number(country)}
    return ask(scene, "contact.add", leave="contacts", values=values)


@text_answer("contact.add", needs=Right.WORK)
async def add(scene: Scene, prompt: Prompt, text: str) -> Go:
    number, name = service.read_person(text, scene.workspace.country)
    return await added(scene, number, name)


@sent("card", needs=Right.WORK)
async def receive_card(scene: Scene, number: str, name: str) -> Go:
    """A contact card shared in the chat, at any time."""
    e164 = service.number_of(number, scene.workspace.country)
    return await added(scene, e164, service.shortened(service.tidy(name), service.LONGEST_NAME))


async def put_in(scene: Scene, number: str, name: str) -> tuple[Contact, bool]:
    """They are a contact from now on, also where they have written already. Returns them and whether they are
    new. Raises PersonForgotten."""
    known = await scene.unit.contacts.by_number(scene.workspace.id, number)
    before = known.name if known is not None else ""
    contact, new = await service.add_one(scene.unit.contacts, scene.workspace.id, number, name, at=scene.now)
    if new:
        await note_contact(scene, "contact.added", contact)
    elif name and before != contact.name:
        await note_contact(scene, "contact.renamed", contact)
    await scene.unit.conversations.met(scene.workspace.id, number, contact.id)
    return contact, new


async def added(scene: Scene, number: str, name: str) -> Go:
    """New people are asked about at once: without an answer they cannot be messaged."""
    lang = scene.workspace.language
    contact, new = await put_in(scene, number, name)
    who = short(contact.name) or contact.number
    sentence = say("ct.added" if new else "ct.known", lang, name=who)
    ask_now = contact.consent is Consent.UNRECORDED
    screen_name = "contact.consent" if ask_now else "contact"
    return Go(screen=screen_name, args=said({"id": int(contact.id)}, sentence), fresh=True)


# -- export ------------------------------------------------------------------------------------------


@action("ct.export", needs=Right.WORK)
async def export(scene: Scene) -> Go:
    """The file is made and sent by the notices: it may take a moment."""
    lang = scene.workspace.language
    people = await scene.unit.contacts.count(scene.workspace.id)
    if not sum(people.values()):
        return Go(screen="contacts", toast=plain("ct.export.none", lang))
    key = f"contacts_export/{scene.chat_id}/{scene.now.isoformat()}"
    notice = Notice(
        chat_id=scene.chat_id, key=key, kind="contacts_export",
        payload=in_thread({"workspace_id": int(scene.workspace.id)}),
    )  # fmt: skip
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    await scene.log(Topic.CONTACTS, "contacts.exported", after={"people": sum(people.values())})
    return Go(screen="contacts", toast=plain("ct.export.coming", lang))
