"""New campaign, steps 2 and 3: the text with its blanks, and what goes with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.chat.view import LONGEST_TEXT, Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import LARGEST_IN, Args, Go, Scene, Upload, action, file_answer, text_answer
from bot.screens.draft_account import back_from_message
from bot.screens.draft_steps import (
    back_row,
    draft_screen,
    editing,
    go_on,
    go_to,
    load,
    next_button,
    note,
    packed,
    unpacked,
)
from bot.screens.draft_template import choice_view, chosen_template, number_of
from bot.screens.draft_words import dropped_line, media_words
from bot.texts import Html, plain, refusal, say
from domain.campaigns import official, service, template
from domain.campaigns.footer import room_of
from domain.campaigns.model import Campaign
from domain.delivery.content import Media
from domain.delivery.media_limits import MEGABYTE, RULES, CaptionNotCarried, check_media
from domain.kernel.errors import DomainError, NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right

MOST_BLANKS: Final = 20
MOST_BLANK_CHARS: Final = 600
#: Kept free on a screen for what is said above it; and how much of a text is shown at least.
NOTE_ROOM: Final = 1300
LEAST_SHOWN: Final = 500


class MediaWanted(DomainError):
    """A text came where a photo, video, document, audio or voice was asked for."""

    code = "campaign.media_wanted"


def fitting(names: Sequence[str]) -> Sequence[str]:
    """The first of them, as many as a sentence can hold."""
    kept, chars = list[str](), 0
    for name in names[:MOST_BLANKS]:
        chars += len(name) + 4
        if chars > MOST_BLANK_CHARS:
            break
        kept.append(name)
    return kept


def blanks(known: Sequence[str], lang: str) -> Html:
    """`{name} {city}`, ready to be copied by a tap; columns whose names no blank can carry are left out."""
    usable = [name for name in known if template.BLANK.fullmatch(f"{{{name}}}")]
    kept = fitting(usable)
    shown = [say("draft.blank", lang, blank=f"{{{name}}}") for name in kept]
    if len(usable) > len(kept):
        shown.append(say("draft.blanks.more", lang, more=len(usable) - len(kept)))
    return Html(" ".join(shown))


@draft_screen("message")
async def message_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    typed = str(args.get("typed", ""))
    if (number := await number_of(scene, campaign)) is not None:
        view = await choice_view(scene, args, campaign, number, back=await back_from_message(scene, args))
        return replace(view, text=_with_typed(view.text, typed, scene.language))
    lang = scene.workspace.language
    known = await service.known_fields(scene.campaigns, campaign)
    footer = await service.footer_for(scene.campaigns, campaign)
    limit = await service.longest_text(scene.campaigns, campaign)
    text = say("draft.message", lang, blanks=blanks(known, lang), limit=limit)
    if footer:
        text = Html(f"{text}\n\n{say('draft.message.footer', lang, footer=footer)}")
    rows: list[tuple[Button, ...]] = []
    if campaign.text and not typed:
        room = max(LEAST_SHOWN, LONGEST_TEXT - words.units(text) - NOTE_ROOM)
        now = say("draft.message.now", lang, text=words.quoted(campaign.text, room))
        text = Html(f"{text}\n\n{now}")
    if campaign.text:
        rows.append((next_button("message", args, lang),))
    rows.append(await back_from_message(scene, args))
    return View(text=_with_typed(text, typed, lang), rows=tuple(rows))


def _with_typed(text: str, typed: str, lang: str) -> str:
    """What was typed and refused, to be copied by a tap and mended."""
    if not typed:
        return text
    room = max(LEAST_SHOWN, LONGEST_TEXT - words.units(text) - NOTE_ROOM)
    return f"{text}\n\n{say('draft.message.typed', lang, text=words.quoted(typed, room))}"


@text_answer("campaign.text", needs=Right.WORK)
async def receive_text(scene: Scene, prompt: Prompt, text: str) -> Go:
    """A text that is refused is shown with what is wrong with it: nobody types it all again."""
    campaign = await load(scene, prompt.args["id"])
    campaign.require_draft()
    edit = editing(prompt.args)
    try:
        saved = await _set_text(scene, campaign, text)
    except (template.UnknownField, template.TextTooLong, CaptionNotCarried) as error:
        sentence = str(refusal(error, scene.language))
        return go_to(scene, "message", campaign.id, edit=edit, note=sentence, typed=text)
    lengths = {"text": len(campaign.text)}, {"text": len(saved.text)}
    await note(scene, "campaign.text", saved, before=lengths[0], after=lengths[1])
    go, dropped = go_on(scene, saved, "message", edit=edit), dropped_line(campaign, saved, scene.language)
    return go if dropped is None else replace(go, args={**go.args, "note": dropped})


async def _set_text(scene: Scene, campaign: Campaign, text: str) -> Campaign:
    if campaign.template is None and campaign.media and await number_of(scene, campaign) is not None:
        check_media(campaign.media, caption=text)
    try:
        return await service.set_text(
            scene.campaigns, campaign, text, expected=campaign.version, at=scene.now
        )
    except template.UnknownField as error:
        known = await service.known_fields(scene.campaigns, campaign)
        raise template.UnknownField(field=error.data["field"], known=fitting(known)) from None


@draft_screen("media")
async def media_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, media = scene.workspace.language, campaign.media
    text, wanted = await _asked(scene, campaign)
    rows: list[tuple[Button, ...]] = []
    if not wanted:
        rows.append((next_button("media", args, lang),))
    elif media is None and campaign.template is None:
        step = "dr.review" if editing(args) else "dr.preview"
        rows.append((button(plain("draft.media.skip", lang), step, campaign.id),))
    elif media is not None:
        text = Html(f"{text}\n\n{say('draft.media.now', lang, media=media_words(media, lang))}")
        remove = plain("draft.media.remove", lang)
        x = packed(0, args)
        rows.append((button(remove, "dr.nomedia", campaign.id, campaign.version, x),))
        rows.append((next_button("media", args, lang),))
    footer = await service.footer_for(scene.campaigns, campaign)
    limit = template.LONGEST_CAPTION - room_of(footer)
    if media is None and len(campaign.text) > limit:
        too_long = say("draft.media.text", lang, length=len(campaign.text), limit=limit)
        text = Html(f"{text}\n\n{too_long}")
        shorten = plain("draft.media.shorten", lang)
        rows.insert(0, (button(shorten, "dr.message", campaign.id, x=int(editing(args))),))
    rows.append(back_row("media", args, lang))
    return View(text=text, rows=tuple(rows))


async def _asked(scene: Scene, campaign: Campaign) -> tuple[Html, bool]:
    """What is asked for; and whether anything can be sent: a template says itself what stands at its top."""
    lang = scene.workspace.language
    if campaign.template is None:
        key = "draft.media" if await number_of(scene, campaign) is None else "draft.media.official"
        return say(key, lang, limit=template.LONGEST_CAPTION), True
    chosen = await chosen_template(scene, campaign)
    kind = official.HEADERS.get(chosen.header) if chosen is not None else None
    if kind is None:
        return say("draft.header.none", lang), False
    rule = RULES[kind]
    limit = min(rule.largest, LARGEST_IN) // MEGABYTE
    return say(f"draft.header.{kind}", lang, kinds=rule.named, limit=limit), True


async def _as_sent(scene: Scene, campaign: Campaign, media: Media) -> Media:
    """As it goes out. Raises what WhatsApp's official channel would refuse about it, with its limit."""
    if await number_of(scene, campaign) is None:
        return media
    if campaign.template is None:
        check_media(media, caption=campaign.text)
        return media
    chosen = await chosen_template(scene, campaign)
    if chosen is None:
        raise NotFound()
    return official.header_of(chosen, media)


async def check_upload(scene: Scene, prompt: Prompt, upload: Upload) -> None:
    """Said before anything is fetched: a limit of WhatsApp's needs no download to be told."""
    media = upload.stated
    async with scene.desk.store.read() as unit:
        reading = replace(scene, unit=unit)
        campaign = await load(reading, prompt.args["id"])
        await _as_sent(reading, campaign, media)
        await service.check_caption(reading.campaigns, campaign, media)


@file_answer("campaign.media", needs=Right.WORK, check=check_upload)
async def receive_media(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """What was sent before is replaced."""
    campaign = await load(scene, prompt.args["id"])
    media = await _as_sent(scene, campaign, media)
    saved = await set_media(scene, campaign, media, expected=campaign.version)
    return go_on(scene, saved, "media", edit=editing(prompt.args))


async def set_media(scene: Scene, campaign: Campaign, media: Media | None, *, expected: int) -> Campaign:
    saved = await service.set_media(scene.campaigns, campaign, media, expected=expected, at=scene.now)
    was, now = ({"media": c.media.kind.value if c.media else None} for c in (campaign, saved))
    await note(scene, "campaign.media", saved, before=was, after=now)
    return saved


@file_answer("campaign.text", needs=Right.WORK, check=check_upload)
async def receive_early_media(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """People send the picture first, as in any chat: it is kept, and the text is asked for again."""
    campaign = await load(scene, prompt.args["id"])
    media = await _as_sent(scene, campaign, media)
    saved = await set_media(scene, campaign, media, expected=campaign.version)
    sentence = str(say("draft.media.early", scene.workspace.language))
    return go_to(scene, "message", saved.id, edit=editing(prompt.args), note=sentence)


@text_answer("campaign.media", needs=Right.WORK)
async def text_for_media(scene: Scene, prompt: Prompt, text: str) -> Go:
    raise MediaWanted()


@action("dr.nomedia", needs=Right.WORK)
async def remove_media(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    await set_media(scene, campaign, None, expected=scene.press.rev)
    toast = plain("draft.media.removed", scene.workspace.language)
    return go_to(scene, "media", campaign.id, edit=edit, toast=toast)
