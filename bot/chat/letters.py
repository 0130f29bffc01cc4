"""The messages that tell a chat what people write: of one conversation, or of many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.chat.receivers import Receiver
from bot.chat.reply_words import Parcel, gathered_words, parcels_of, words_of
from bot.chat.view import Rows, button
from bot.screens.contacts_parts import short
from bot.screens.talk_parts import whom
from bot.texts import Html, plain
from domain.accounts.model import Channel
from domain.conversations.tellings import Gathered, Telling, Untold
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import ReplyId
from domain.operators.model import Workspace
from domain.scheduler.unit import Unit

#: So many replies of one person are shown at most, and so many people named.
MOST_REPLIES: Final = 20
MOST_NAMES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is told: a chat, or a topic of it."""

    chat_id: int
    thread_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that is about to be told."""

    place: Place
    text: str
    rows: Rows
    up_to: ReplyId
    parcel: Parcel | None = None


async def gathered_letter(unit: Unit, telling: Telling, who: Receiver) -> Letter:
    """Everybody who has not been told of, in one."""
    space = await unit.operators.workspace(telling.workspace_id)
    gathered = await unit.tellings.gathered(telling, names=MOST_NAMES)
    names = await _names(unit, space, gathered)
    text = who.named(gathered_words(gathered, names, space.language), space)
    inbox = button(plain("inbox.button", space.language), "inbox", id=space.id)
    place = Place(chat_id=telling.chat_id)
    return Letter(place=place, text=text, rows=who.buttons(((inbox,),)), up_to=telling.newest)


async def parcels_in(unit: Unit, telling: Telling, untold: Sequence[Untold]) -> list[Parcel]:
    made: list[Parcel] = []
    for one in untold:
        talk = await unit.conversations.conversation(telling.workspace_id, one.conversation_id)
        made.extend(parcels_of(talk, one))
    return made


async def letter_of(
    unit: Unit, telling: Telling, who: Receiver, space: Workspace, parcel: Parcel, all: Sequence[Parcel]
) -> Letter:
    lang, last = space.language, parcel.last
    campaign = None if last.campaign_id is None else await unit.campaigns.any(last.campaign_id)
    # The number may have been taken out since they wrote.
    account = await unit.accounts.ever(last.account_id)
    on_a_phone = account is None or account.channel is not Channel.CLOUD
    is_last = [one for one in all if one.talk.id == parcel.talk.id][-1] is parcel
    person = await whom(unit, parcel.talk)
    text = words_of(
        parcel, lang, campaign=None if campaign is None else short(campaign.name), ours=person.ours,
        ruled=await _ruled(unit, parcel), on_a_phone=on_a_phone, is_last=is_last,
    )  # fmt: skip
    return Letter(
        place=Place(chat_id=telling.chat_id), text=who.named(text, space),
        rows=who.buttons((person.buttons(lang, in_notice=True),)), up_to=last.id, parcel=parcel,
    )  # fmt: skip


async def _ruled(unit: Unit, parcel: Parcel) -> str | None:
    """What a rule has answered to these."""
    since = min(one.at for one in parcel.replies)
    last = await unit.delivery.directs_of(parcel.talk.id, limit=MOST_REPLIES)
    texts = [one.text for one in last if one.purpose is DirectPurpose.AUTO and one.queued_at >= since]
    return texts[0] if texts else None


async def _names(unit: Unit, space: Workspace, gathered: Gathered) -> Sequence[Html | str]:
    talks = [await unit.conversations.conversation(space.id, id) for id in gathered.newest]
    return [short(talk.name) or talk.number for talk in talks]
