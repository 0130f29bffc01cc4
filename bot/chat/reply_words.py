"""What a chat is told of people's replies, put into words: of one person, or of many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.screens.campaign_words import person, quoted, units
from bot.screens.contacts_parts import short
from bot.screens.talk_parts import media_words
from bot.texts import Html, count, say
from domain.contacts.stop_words import Heard
from domain.conversations.model import Conversation
from domain.conversations.tellings import Gathered, Untold, Written
from domain.delivery.content import Media

#: How much of one text is shown, and of all that stands in one message: Telegram's limits with room to spare.
#: The whole is in the conversation.
LONGEST_WORDS: Final = 1500
LONGEST_MESSAGE: Final = 3000
LONGEST_UNDER_FILE: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Replies of one conversation that go into one message; the last may bring a file. `before`: how many
    more there were, which are not shown."""

    talk: Conversation
    replies: Sequence[Written]
    before: int = 0

    @property
    def last(self) -> Written:
        return self.replies[-1]

    @property
    def file(self) -> Media | None:
        return self.last.kept


def parcels_of(talk: Conversation, untold: Untold) -> Sequence[Parcel]:
    """In order. A message holds one file, and stands below the words that came before it."""
    made: list[list[Written]] = []
    used = 0
    for one in untold.last:
        brings = one.attachment is not None and not one.is_gone
        size = min(units(one.text), LONGEST_UNDER_FILE if brings else LONGEST_WORDS)
        limit = LONGEST_UNDER_FILE if brings else LONGEST_MESSAGE
        after_file = bool(made) and made[-1][-1].attachment is not None and not made[-1][-1].is_gone
        if not made or after_file or used + size > limit:
            made.append([])
            used = 0
        made[-1].append(one)
        used += size
    before = untold.replies - len(untold.last)
    return [Parcel(talk=talk, replies=replies, before=0 if n else before) for n, replies in enumerate(made)]


def words_of(
    parcel: Parcel,
    lang: str,
    *,
    campaign: str | None,
    ours: str,
    ruled: str | None,
    on_a_phone: bool,
    is_last: bool,
) -> Html:
    """`campaign`: the name of the one that they answer. `ours`: the number of ours that they wrote to, where
    that has to be said. `ruled`: what a rule answered. `is_last`: nothing newer of them is told below."""
    talk, one = parcel.talk, parcel.last
    who = person(short(talk.name), talk.number, lang)
    alone = len(parcel.replies) == 1 and not parcel.before
    lines = []
    if alone and one.heard is not None:
        lines.append(say("notice.stop" if one.heard is Heard.STOP else "notice.start", lang, person=who))
    else:
        to = Html("") if campaign is None else say("notice.reply.campaign", lang, name=campaign)
        limit = LONGEST_UNDER_FILE if parcel.file is not None else LONGEST_WORDS
        said = [_said(reply, limit, lang, on_a_phone=on_a_phone) for reply in parcel.replies]
        if parcel.before:
            said.insert(0, say("notice.reply.earlier", lang, replies=f"{parcel.before:,}"))
        lines.append(say("notice.reply", lang, person=who, campaign=to, text=Html("\n".join(said))))
    if ours:
        lines.append(say("talk.ours", lang, ours=ours))
    if ruled is not None and is_last:
        lines.append(say("notice.reply.ruled", lang, text=quoted(ruled, 200)))
    if talk.is_handed and is_last:
        lines.append(say("notice.reply.handed", lang))
    return Html("\n".join(lines))


def _said(reply: Written, limit: int, lang: str, *, on_a_phone: bool) -> Html:
    parts = [media_words(reply, lang, on_a_phone=on_a_phone), quoted(reply.text, limit)]
    if reply.heard is not None:
        parts.append(say(f"notice.reply.{reply.heard}", lang))
    return Html("\n".join(part for part in parts if part))


def gathered_words(gathered: Gathered, names: Sequence[str], lang: str) -> Html:
    more = say("notice.replies.more", lang) if gathered.people > len(names) else Html("")
    lines = [
        say(
            "notice.replies", lang, people=count(gathered.people, "person", "people"),
            replies=count(gathered.replies, "message", "messages"), names=list(names), more=more,
        )
    ]  # fmt: skip
    if gathered.stopped:
        stopped = count(gathered.stopped, "person", "people")
        lines.append(say("notice.replies.stopped", lang, people=stopped))
    return Html("\n".join(lines))
