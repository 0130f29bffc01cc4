"""How what a draft sends is put for people: its file, and what something else took the place of."""

from typing import Final

from bot.screens import campaign_words as words
from bot.texts import Html, plain, say
from domain.campaigns.model import Campaign
from domain.delivery.content import Media, MediaKind

TEXT_SHOWN: Final = 500


def media_words(media: Media | None, lang: str) -> Html:
    """`menu.pdf (document, 1.2 MB)`; photos and voices come without a name: `photo, 1.2 MB`."""
    if media is None:
        return say("media.none", lang)
    kind = plain(f"media.kind.{media.kind.value}", lang)
    name, size = words.one_line(media.filename), words.megabytes(media.size)
    if media.kind in (MediaKind.PHOTO, MediaKind.VOICE):
        return say("media.nameless", lang, kind=kind, size=size)
    return say("media.one", lang, name=name, kind=kind, size=size)


def dropped(before: Campaign, after: Campaign, lang: str) -> Html:
    """What of the message `after` has no more; empty when that is nothing."""
    parts = list[Html]()
    if before.template is not None and after.template is None:
        parts.append(say("draft.dropped.template", lang, name=words.one_line(before.template.name)))
    if before.text and not after.text:
        parts.append(say("draft.dropped.text", lang, text=words.quoted(before.text, TEXT_SHOWN)))
    if before.media is not None and after.media is None:
        parts.append(media_words(before.media, lang))
    return Html(", ".join(parts))


def dropped_line(before: Campaign, after: Campaign, lang: str) -> str | None:
    """The same as it is said above a screen; None when nothing was lost."""
    parts = dropped(before, after, lang)
    return str(say("draft.dropped", lang, parts=parts)) if parts else None
