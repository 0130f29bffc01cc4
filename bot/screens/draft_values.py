"""What goes into the blanks of a template: a column, a text for everybody, a word for those who have none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, text_answer
from bot.screens.cloud_parts import slot_words
from bot.screens.contacts_parts import A_PAGE, label, page_of, tag_number
from bot.screens.draft_preview import fields_of, read_by, reader_of
from bot.screens.draft_steps import args_of, draft_screen, editing, load, note, packed, unpacked
from bot.screens.draft_template import after_values, chosen_template, go_to_values
from bot.texts import Html, plain, say
from domain.campaigns import official, service
from domain.campaigns.model import Campaign
from domain.contacts.model import Contact
from domain.delivery.template_values import Always, Filling, FromColumn, preview
from domain.delivery.templates import MessageTemplate, Slot
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right

TEXT_SHOWN: Final = 1200
#: More than any template has.
MOST_SLOTS: Final = 4096
MOST_COLUMNS: Final = 2**32


async def _template(scene: Scene, campaign: Campaign) -> MessageTemplate:
    """Raises NotFound: without a template, or when it is gone, there is nothing to fill."""
    template = await chosen_template(scene, campaign)
    if template is None or campaign.template is None:
        raise NotFound()
    return template


def _filling(campaign: Campaign, slot: Slot) -> Filling | None:
    return campaign.template.values.get(slot) if campaign.template is not None else None


def filling_words(filling: Filling | None, lang: str) -> Html:
    """`column city, or “here”`, `“Friday” for everybody`, `nothing yet`."""
    match filling:
        case None:
            return say("value.nothing", lang)
        case Always(text=text):
            return say("value.always", lang, text=words.one_line(text))
        case FromColumn(column=column, fallback=""):
            return say("value.column", lang, column=words.one_line(column, 40))
        case FromColumn(column=column, fallback=fallback):
            return say(
                "value.fallback", lang, column=words.one_line(column, 40), fallback=words.one_line(fallback)
            )


# -- all of them -------------------------------------------------------------------------------------------


@draft_screen("values")
async def values_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, template = scene.language, await _template(scene, campaign)
    page, reader = page_of(args, len(template.slots)), await reader_of(scene, campaign)
    shown = template.slots[page * A_PAGE : (page + 1) * A_PAGE]
    lines = [
        say(
            "value.line", lang, mark="✅" if _filling(campaign, slot) else "⚠️",
            place=slot_words(template, slot, lang), filling=filling_words(_filling(campaign, slot), lang),
        )
        for slot in shown
    ]  # fmt: skip
    text = say(
        "draft.values", lang, read_by=read_by(reader, lang), text=_as_read(campaign, template, reader),
        lines=Html("\n".join(lines)),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [
        (
            button(
                label(plain("value.edit", lang, place=slot_words(template, slot, lang))), "dr.value",
                campaign.id, x=packed(template.slots.index(slot), args),
            ),
        )
        for slot in shown
    ]  # fmt: skip
    rows += _turn("dr.values", campaign.id, page, len(template.slots), args, lang)
    rows.append((button(plain("draft.next", lang), "dr.valued", campaign.id, x=packed(0, args)),))
    rows.append((button(plain("back", lang), "dr.message", campaign.id, x=int(editing(args))),))
    return View(text=text, rows=tuple(rows))


def _as_read(campaign: Campaign, template: MessageTemplate, reader: Contact | None) -> Html:
    fields = fields_of(reader) if reader is not None else {}
    values = campaign.template.values if campaign.template is not None else {}
    return words.quoted(preview(template, values, fields), TEXT_SHOWN)


def _turn(action: str, id: int, page: int, total: int, args: Args, lang: str, *, base: int = 0) -> Rows:
    row = []
    if page > 0:
        row.append(button(plain("page.before", lang), action, id, x=packed(base + page - 1, args)))
    if (page + 1) * A_PAGE < total:
        row.append(button(plain("page.after", lang), action, id, x=packed(base + page + 1, args)))
    return (tuple(row),) if row else ()


@action("dr.values", needs=Right.WORK)
async def open_values(scene: Scene) -> Go:
    page, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    await _template(scene, campaign)
    return go_to_values(campaign, edit=edit, page=page)


@action("dr.valued", needs=Right.WORK)
async def done(scene: Scene) -> Go:
    """One may go on with a blank that nothing goes into yet, and is told so."""
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    template = await _template(scene, campaign)
    go = after_values(scene, campaign, template, edit=edit)
    empty = [slot for slot in template.slots if _filling(campaign, slot) is None]
    if not empty:
        return go
    place = words.one_line(slot_words(template, empty[0], scene.language))
    return replace(go, toast=plain("values.empty", scene.language, place=place))


# -- one of them -------------------------------------------------------------------------------------------


def _slot(template: MessageTemplate, at: int) -> Slot:
    if at >= len(template.slots):
        raise NotFound()
    return template.slots[at]


@action("dr.value", needs=Right.WORK)
async def open_value(scene: Scene) -> Go:
    """A button carries which place it is, and the page of the columns."""
    packed_, edit = unpacked(scene.press.x)
    page, at = divmod(packed_, MOST_SLOTS)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    _slot(await _template(scene, campaign), at)
    return _go_to_value(scene, campaign, at, edit=edit, page=page)


def _go_to_value(
    scene: Scene, campaign: Campaign, at: int, *, edit: bool, page: int = 0, note: str | None = None
) -> Go:
    args = args_of(campaign.id, edit=edit, slot=at)
    shown = {**args, "page": page, **({"note": note} if note else {})}
    return Go(
        screen="value", args=shown,
        prompt=Prompt(chat_id=scene.chat_id, kind="campaign.value", args=args),
    )  # fmt: skip


@draft_screen("value")
async def value_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    """Columns to tap; a text that is typed is the same for everybody."""
    lang, template = scene.language, await _template(scene, campaign)
    at = int(args.get("slot", 0))
    slot = _slot(template, at)
    filling = _filling(campaign, slot)
    columns = await service.known_fields(scene.campaigns, campaign)
    page = page_of(args, len(columns))
    text = say(
        "draft.value", lang, place=slot_words(template, slot, lang), filling=filling_words(filling, lang),
        limit=template.limit_of(slot), text=words.quoted(preview(template, {}, {}), TEXT_SHOWN),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [
        (_column(column, campaign, at, filling, args),)
        for column in columns[page * A_PAGE : (page + 1) * A_PAGE]
    ]
    rows += _turned(columns, campaign, at, page, args, lang)
    if isinstance(filling, FromColumn):
        fallback = plain("value.fallback.button", lang)
        rows.append((button(fallback, "dr.fallback", campaign.id, x=packed(at, args)),))
    rows.append((button(plain("back", lang), "dr.values", campaign.id, x=packed(at // A_PAGE, args)),))
    return View(text=text, rows=tuple(rows))


def _turned(columns: Sequence[str], campaign: Campaign, at: int, page: int, args: Args, lang: str) -> Rows:
    row = []
    if page > 0:
        x = packed((page - 1) * MOST_SLOTS + at, args)
        row.append(button(plain("page.before", lang), "dr.value", campaign.id, x=x))
    if (page + 1) * A_PAGE < len(columns):
        x = packed((page + 1) * MOST_SLOTS + at, args)
        row.append(button(plain("page.after", lang), "dr.value", campaign.id, x=x))
    return (tuple(row),) if row else ()


def _column(column: str, campaign: Campaign, at: int, filling: Filling | None, args: Args) -> Button:
    chosen = isinstance(filling, FromColumn) and filling.column == column
    x = packed(at * MOST_COLUMNS + tag_number(column), args)
    text = label(("✓ " if chosen else "") + words.one_line(column, 40))
    return button(text, "dr.column", campaign.id, campaign.version, x)


@action("dr.column", needs=Right.WORK)
async def choose_column(scene: Scene) -> Go:
    """Where some have nothing in it, a word for them is asked for at once."""
    which, edit = unpacked(scene.press.x)
    at, number = divmod(which, MOST_COLUMNS)
    campaign = await load(scene, scene.press.id)
    template = await _template(scene, campaign)
    slot = _slot(template, at)
    columns = await service.known_fields(scene.campaigns, campaign)
    column = next((one for one in columns if tag_number(one) == number), None)
    if column is None:
        raise NotFound()
    known = _filling(campaign, slot)
    fallback = known.fallback if isinstance(known, FromColumn) and known.column == column else ""
    filling = FromColumn(column=column, fallback=fallback)
    saved = await _put(scene, campaign, template, slot, filling, expected=scene.press.rev)
    lacks = (await official.lacking(scene.campaigns, saved, template, everybody=0)).get(slot, 0)
    if not lacks:
        return go_to_values(saved, edit=edit, page=at // A_PAGE)
    sentence = say(
        "value.lacks", scene.language, people=words.people(lacks), column=words.one_line(column, 40)
    )
    return _ask_fallback(scene, saved, at, edit=edit, note=str(sentence))


async def _put(
    scene: Scene, campaign: Campaign, template: MessageTemplate, slot: Slot, filling: Filling, *,
    expected: int,
) -> Campaign:  # fmt: skip
    saved = await official.put(
        scene.campaigns, campaign, template, slot, filling, expected=expected, at=scene.now
    )
    await note(scene, "campaign.values", saved)
    return saved


@text_answer("campaign.value", needs=Right.WORK)
async def receive_value(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    template = await _template(scene, campaign)
    at = int(prompt.args.get("slot", 0))
    slot, filling = _slot(template, at), Always(text=text)
    saved = await _put(scene, campaign, template, slot, filling, expected=campaign.version)
    return go_to_values(saved, edit=editing(prompt.args), page=at // A_PAGE)


# -- a word for those who have none ------------------------------------------------------------------------


@action("dr.fallback", needs=Right.WORK)
async def ask_fallback(scene: Scene) -> Go:
    """Where no column was chosen yet there is nothing to fall back from: it is asked what goes in."""
    at, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    slot = _slot(await _template(scene, campaign), at)
    if not isinstance(_filling(campaign, slot), FromColumn):
        return _go_to_value(scene, campaign, at, edit=edit)
    return _ask_fallback(scene, campaign, at, edit=edit)


def _ask_fallback(scene: Scene, campaign: Campaign, at: int, *, edit: bool, note: str | None = None) -> Go:
    args = args_of(campaign.id, edit=edit, slot=at)
    return Go(
        screen="value.fallback", args={**args, **({"note": note} if note else {})},
        prompt=Prompt(chat_id=scene.chat_id, kind="campaign.fallback", args=args),
    )  # fmt: skip


@draft_screen("value.fallback")
async def fallback_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, template = scene.language, await _template(scene, campaign)
    at = int(args.get("slot", 0))
    slot = _slot(template, at)
    text = say(
        "draft.fallback", lang, place=slot_words(template, slot, lang),
        filling=filling_words(_filling(campaign, slot), lang), limit=template.limit_of(slot),
    )  # fmt: skip
    return View(
        text=text, rows=((button(plain("back", lang), "dr.value", campaign.id, x=packed(at, args)),),)
    )


@text_answer("campaign.fallback", needs=Right.WORK)
async def receive_fallback(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    template = await _template(scene, campaign)
    at = int(prompt.args.get("slot", 0))
    slot = _slot(template, at)
    filling = _filling(campaign, slot)
    if not isinstance(filling, FromColumn):
        raise NotFound()
    if not text.strip():
        raise official.ValueEmpty()
    filled = FromColumn(column=filling.column, fallback=text)
    saved = await _put(scene, campaign, template, slot, filled, expected=campaign.version)
    return go_to_values(saved, edit=editing(prompt.args), page=at // A_PAGE)
