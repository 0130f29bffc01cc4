"""New campaign, steps 2 and 3: the text with its blanks, and what goes with it."""

from collections.abc import Sequence
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, file_answer, text_answer
from bot.screens.draft_steps import (
    back_row,
    draft_screen,
    editing,
    go_on,
    go_to,
    load,
    next_button,
    packed,
    unpacked,
)
from bot.texts import Html, plain, say
from domain.campaigns import service, template
from domain.campaigns.model import Campaign
from domain.delivery.content import Media, MediaKind
from domain.kernel.errors import DomainError
from domain.operators.chat import Prompt

MOST_BLANKS: Final = 20
MOST_BLANK_CHARS: Final = 600
TEXT_SHOWN: Final = 1500


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
    lang = scene.workspace.language
    known = await service.known_fields(scene.campaigns, campaign)
    limit = template.LONGEST_CAPTION if campaign.media else template.LONGEST_TEXT
    text = say("draft.message", lang, blanks=blanks(known, lang), limit=limit)
    rows: list[tuple[Button, ...]] = []
    if campaign.text:
        now = say("draft.message.now", lang, text=words.quoted(campaign.text, TEXT_SHOWN))
        text = Html(f"{text}\n\n{now}")
        rows.append((next_button("message", args, lang),))
    rows.append(back_row("message", args, lang))
    return View(text=text, rows=tuple(rows))


@text_answer("campaign.text")
async def receive_text(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    try:
        saved = await service.set_text(
            scene.campaigns, campaign, text, expected=campaign.version, at=scene.now
        )
    except template.UnknownField as error:
        known = await service.known_fields(scene.campaigns, campaign)
        raise template.UnknownField(field=error.data["field"], known=fitting(known)) from None
    return go_on(scene, saved, "message", edit=editing(prompt.args))


def media_words(media: Media | None, lang: str) -> Html:
    """`menu.pdf (document, 1.2 MB)`; photos and voices come without a name: `photo, 1.2 MB`."""
    if media is None:
        return say("media.none", lang)
    kind = plain(f"media.kind.{media.kind.value}", lang)
    name, size = words.one_line(media.filename), words.megabytes(media.size)
    if media.kind in (MediaKind.PHOTO, MediaKind.VOICE):
        return say("media.nameless", lang, kind=kind, size=size)
    return say("media.one", lang, name=name, kind=kind, size=size)


@draft_screen("media")
async def media_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, media = scene.workspace.language, campaign.media
    text = say("draft.media", lang, limit=template.LONGEST_CAPTION)
    rows: list[tuple[Button, ...]] = []
    if media is None:
        step = "dr.review" if editing(args) else "dr.preview"
        rows.append((button(plain("draft.media.skip", lang), step, campaign.id),))
    else:
        text = Html(f"{text}\n\n{say('draft.media.now', lang, media=media_words(media, lang))}")
        remove = plain("draft.media.remove", lang)
        x = packed(0, args)
        rows.append((button(remove, "dr.nomedia", campaign.id, campaign.version, x),))
        rows.append((next_button("media", args, lang),))
    rows.append(back_row("media", args, lang))
    return View(text=text, rows=tuple(rows))


@file_answer("campaign.media")
async def receive_media(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """What was sent before is replaced."""
    campaign = await load(scene, prompt.args["id"])
    saved = await service.set_media(scene.campaigns, campaign, media, expected=campaign.version, at=scene.now)
    return go_on(scene, saved, "media", edit=editing(prompt.args))


@file_answer("campaign.text")
async def receive_early_media(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """People send the picture first, as in any chat: it is kept, and the text is asked for again."""
    campaign = await load(scene, prompt.args["id"])
    saved = await service.set_media(scene.campaigns, campaign, media, expected=campaign.version, at=scene.now)
    note = str(say("draft.media.early", scene.workspace.language))
    return go_to(scene, "message", saved.id, edit=editing(prompt.args), note=note)


@text_answer("campaign.media")
async def text_for_media(scene: Scene, prompt: Prompt, text: str) -> Go:
    raise MediaWanted()


@action("dr.nomedia")
async def remove_media(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    await service.set_media(scene.campaigns, campaign, None, expected=scene.press.rev, at=scene.now)
    toast = plain("draft.media.removed", scene.workspace.language)
    return go_to(scene, "media", campaign.id, edit=edit, toast=toast)
