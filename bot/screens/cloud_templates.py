"""Templates of a number of the official channel: all of them, one, and how one reads for real people."""

from collections.abc import Sequence
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.cloud import refresh_before
from bot.screens.cloud_parts import (
    header_line,
    icon_of,
    official,
    slot_words,
    template_number,
    template_of,
    templates_of,
)
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, short
from bot.texts import Html, count, has, plain, say
from domain.accounts.model import Account
from domain.contacts.model import Contact
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.template_values import guess, missing_values, preview
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.ids import ListId
from domain.operators.model import Right

SAMPLES: Final = 3
TEXT_SHOWN: Final = 2200
#: In a button: 0 is all of them.
STATUSES: Final = tuple(TemplateStatus)


@action("cloud.templates", needs=Right.READ)
async def go_templates(scene: Scene) -> Go:
    """A button carries the account, the language's place (`rev`), and page and state (`x`)."""
    account, _ = await official(scene)
    page, status = divmod(scene.press.x, len(STATUSES) + 1)
    args = {"id": account.id, "language": scene.press.rev, "status": status, "page": page}
    return Go(screen="cloud.templates", args=args)


@screen("cloud.templates", needs=Right.READ)
async def templates_screen(scene: Scene, args: Args) -> View:
    lang = scene.language
    account, cloud = await official(scene, int(args["id"]))
    name = short(cloud.verified_name)
    if not cloud.waba_id:
        ask = (button(plain("cloud.waba.button", lang), "cloud.waba", id=account.id),)
        return View(
            text=say("templates.no_waba", lang, name=name), rows=(ask, back(lang, "cloud", id=account.id))
        )
    known = await templates_of(scene, cloud)
    languages = sorted({one.language for one in known})
    language, status = _clamped(int(args.get("language", 0)), languages), int(args.get("status", 0))
    found = [
        one
        for one in known
        if language in (0, languages.index(one.language) + 1)
        and status in (0, STATUSES.index(one.status) + 1)
    ]
    at = _fetched(scene, cloud)
    if found:
        text = say("templates", lang, name=name, count=count(len(found), "template", "templates"), at=at)
    else:
        such = plain("templates.none.such", lang) if known else ""
        text = say("templates.none", lang, name=name, such=such, at=at)
    page = page_of(args, len(found))
    rows: list[tuple[Button, ...]] = [
        (_one(account, one, lang),) for one in found[page * A_PAGE : (page + 1) * A_PAGE]
    ]
    rows += _turn(account.id, language, status, page, len(found), lang)
    if known:
        rows.append(_filters(account.id, languages, language, status, known, lang))
    rows.append((button(plain("cloud.refresh", lang), "cloud.retemplate", id=account.id),))
    rows.append(back(lang, "cloud", id=account.id))
    return View(text=text, rows=tuple(rows))


def _clamped(language: int, languages: Sequence[str]) -> int:
    return language if language <= len(languages) else 0


def _fetched(scene: Scene, cloud: CloudAccount) -> str:
    if cloud.templates_at is None:
        return "—"
    return words.moment(cloud.templates_at, words.zone_of(scene.workspace), scene.now, scene.language)


def _one(account: Account, template: MessageTemplate, lang: str) -> Button:
    text = plain(
        "templates.line", lang, icon=icon_of(template), name=words.one_line(template.name, 40),
        language=template.language,
    )  # fmt: skip
    return button(label(text), "cloud.template", id=account.id, x=template_number(template))


def _list_button(text: str, id: int, language: int, status: int, page: int = 0) -> Button:
    return button(text, "cloud.templates", id, language, page * (len(STATUSES) + 1) + status)


def _turn(id: int, language: int, status: int, page: int, total: int, lang: str) -> Rows:
    row = []
    if page > 0:
        row.append(_list_button(plain("page.before", lang), id, language, status, page - 1))
    if (page + 1) * A_PAGE < total:
        row.append(_list_button(plain("page.after", lang), id, language, status, page + 1))
    return (tuple(row),) if row else ()


def _filters(
    id: int, languages: Sequence[str], language: int, status: int, known: Sequence[MessageTemplate], lang: str
) -> tuple[Button, ...]:
    """Each tap shows the next language, or the next state that there is one of; at the end all again."""
    there = [0, *sorted({STATUSES.index(one.status) + 1 for one in known})]
    after = there[(there.index(status) + 1) % len(there)] if status in there else 0
    shown = languages[language - 1] if language else plain("templates.language.all", lang)
    state = plain(f"template.status.{STATUSES[status - 1]}" if status else "templates.status.all", lang)
    return (
        _list_button(
            label(plain("templates.language", lang, language=shown)),
            id,
            (language + 1) % (len(languages) + 1),
            status,
        ),
        _list_button(label(plain("templates.status", lang, status=state)), id, language, after),
    )


@action("cloud.retemplate", needs=Right.WORK, before=refresh_before)
async def refresh(scene: Scene) -> Go:
    account, _ = await official(scene)
    toast = plain("cloud.refreshed", scene.language)
    return Go(screen="cloud.templates", args={"id": account.id}, toast=toast)


# -- one of them -------------------------------------------------------------------------------------------


@action("cloud.template", needs=Right.READ)
async def go_template(scene: Scene) -> Go:
    account, cloud = await official(scene)
    template = await template_of(scene, cloud, scene.press.x)
    return Go(screen="cloud.template", args={"id": account.id, "template": template_number(template)})


@screen("cloud.template", needs=Right.READ)
async def template_screen(scene: Scene, args: Args) -> View:
    lang = scene.language
    account, cloud = await official(scene, int(args["id"]))
    template = await template_of(scene, cloud, int(args["template"]))
    text = say(
        "template", lang, name=words.one_line(template.name), language=template.language,
        category=plain(f"template.category.{template.category}", lang), state=state_line(template, lang),
        text=words.quoted(preview(template, {}, {}), TEXT_SHOWN), header=header_line(template, lang),
        aside=why_not(template, lang),
    )  # fmt: skip
    number = template_number(template)
    people = button(plain("template.people", lang), "cloud.people", id=account.id, x=number)
    return View(text=text, rows=((people,), back(lang, "cloud.templates", id=account.id)))


def state_line(template: MessageTemplate, lang: str) -> Html:
    return say(
        "template.state", lang, icon=icon_of(template),
        status=plain(f"template.status.{template.status}", lang),
        quality=plain(f"template.quality.{template.quality}", lang),
    )  # fmt: skip


def why_not(template: MessageTemplate, lang: str) -> Html:
    """Why it cannot be sent, and what to do; nothing for one that can."""
    if template.foreign:
        return say("template.foreign", lang, what=", ".join(template.foreign))
    if template.why:
        key = f"template.why.{template.why}"
        why = plain(key, lang) if has(key) else plain("template.why.other", lang, word=template.why)
        return say("template.why", lang, why=why)
    key = f"template.{template.status}.do"
    return say(key, lang) if has(key) else Html("")


# -- with real people --------------------------------------------------------------------------------------


@action("cloud.people", needs=Right.READ)
async def go_people(scene: Scene) -> Go:
    account, cloud = await official(scene)
    template = await template_of(scene, cloud, scene.press.x)
    args = {"id": account.id, "template": template_number(template), "page": scene.press.rev}
    return Go(screen="cloud.people", args=args)


@screen("cloud.people", needs=Right.READ)
async def people_screen(scene: Scene, args: Args) -> View:
    """With the people of which list?"""
    lang = scene.language
    account, cloud = await official(scene, int(args["id"]))
    template = await template_of(scene, cloud, int(args["template"]))
    number = template_number(template)
    lists = list(await scene.unit.contacts.list_names(scene.workspace.id))
    page = page_of(args, len(lists))
    shown = lists[page * A_PAGE : (page + 1) * A_PAGE]
    rows: list[tuple[Button, ...]] = []
    for one in await scene.unit.contacts.lists(scene.workspace.id, shown):
        text = plain("audience.pick.list", lang, mark="", name=label(one.name)[:40], size=one.size)
        rows.append((button(label(text), "cloud.sample", account.id, one.id, _packed(number, 0)),))
    row = []
    if page > 0:
        row.append(button(plain("page.before", lang), "cloud.people", account.id, page - 1, number))
    if (page + 1) * A_PAGE < len(lists):
        row.append(button(plain("page.after", lang), "cloud.people", account.id, page + 1, number))
    rows += [tuple(row)] if row else []
    rows.append(back(lang, "cloud.template", id=account.id, x=number))
    key = "template.people.ask" if lists else "template.people.none"
    return View(text=say(key, lang, name=words.one_line(template.name)), rows=tuple(rows))


def _packed(template: int, person: int) -> int:
    return template * SAMPLES + person


@action("cloud.sample", needs=Right.READ)
async def go_sample(scene: Scene) -> Go:
    account, cloud = await official(scene)
    number, person = divmod(scene.press.x, SAMPLES)
    template = await template_of(scene, cloud, number)
    chosen = await scene.unit.contacts.list_of(scene.workspace.id, ListId(scene.press.rev))
    args = {
        "id": account.id, "template": template_number(template), "list": int(chosen.id), "person": person,
    }  # fmt: skip
    return Go(screen="cloud.sample", args=args)


@screen("cloud.sample", needs=Right.READ)
async def sample_screen(scene: Scene, args: Args) -> View:
    lang = scene.language
    account, cloud = await official(scene, int(args["id"]))
    template = await template_of(scene, cloud, int(args["template"]))
    chosen = await scene.unit.contacts.list_of(scene.workspace.id, ListId(int(args["list"])))
    people = await scene.unit.contacts.samples(scene.workspace.id, list_id=chosen.id, limit=SAMPLES)
    number, rows = template_number(template), list[tuple[Button, ...]]()
    text = say("template.sample.nobody", lang, name=words.one_line(template.name))
    if people:
        at = int(args.get("person", 0)) % len(people)
        columns = await scene.unit.contacts.field_names(scene.workspace.id, list_id=chosen.id)
        text = _sample(template, people[at], at, len(people), ["name", *columns], lang)
        if len(people) > 1:
            x = _packed(number, (at + 1) % len(people))
            rows.append((button(plain("template.next", lang), "cloud.sample", account.id, chosen.id, x),))
    rows.append(back(lang, "cloud.people", id=account.id, x=number))
    return View(text=text, rows=tuple(rows))


def _sample(
    template: MessageTemplate, person: Contact, at: int, total: int, columns: Sequence[str], lang: str
) -> Html:
    fields = {**person.attributes, "name": person.name, "number": person.number}
    values = guess(template, columns)
    lacks = [slot_words(template, slot, lang) for slot in missing_values(template, values, fields)]
    note = say("template.sample.lacks", lang, places=lacks) if lacks else Html("")
    return say(
        "template.sample", lang, name=words.one_line(template.name), at=at + 1, total=total,
        person=words.person(words.one_line(person.name), person.number, lang),
        text=words.quoted(preview(template, values, fields), TEXT_SHOWN), header=header_line(template, lang),
        note=note,
    )  # fmt: skip
