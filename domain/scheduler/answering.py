"""An operator's answer to somebody who wrote. What would not reach them is refused before it is queued."""

from dataclasses import dataclass
from datetime import datetime

from domain.accounts.model import Account, Channel
from domain.campaigns.licence import not_suspended
from domain.campaigns.template import LONGEST_CAPTION, LONGEST_TEXT, TextEmpty, TextTooLong
from domain.contacts.model import Consent
from domain.conversations.model import Conversation
from domain.delivery.content import Media
from domain.delivery.media_limits import check_media
from domain.delivery.store import DirectPurpose
from domain.kernel.errors import DomainError
from domain.kernel.ids import MemberId
from domain.pacing.channel_limits import in_service_window
from domain.scheduler.unit import Unit


class SaidStop(DomainError):
    """`name` gets nothing until they write START themselves."""

    code = "answer.stopped"


class AskedToBeForgotten(DomainError):
    """`name` was forgotten here, and gets nothing until they write START themselves."""

    code = "answer.forgotten"


class NumberRemoved(DomainError):
    """`name` wrote to a number that has been taken out since."""

    code = "answer.number_removed"


class NumberHidden(DomainError):
    """`name` shows WhatsApp no number to us, and no message can be sent to whoever does that."""

    code = "answer.number_hidden"


class WindowClosed(DomainError):
    """`name` last wrote `hours` ago; the official channel lets a business answer for 24."""

    code = "answer.window_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is answered. With media, `text` is its caption."""

    text: str
    media: Media | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """By whom, and where: their own message in that chat, and its topic."""

    member_id: MemberId
    chat_id: int
    message_id: int | None
    thread_id: int | None = None


async def check_answer(unit: Unit, talk: Conversation, words: Words, *, now: datetime) -> Account:
    """The account that it leaves from. Raises what stands against it."""
    name = talk.name or talk.number
    person = await unit.contacts.by_number(talk.workspace_id, talk.number)
    if person is not None and person.consent is Consent.REVOKED:
        raise SaidStop(name=name)
    if person is None and talk.number in await unit.contacts.forgotten(talk.workspace_id, [talk.number]):
        raise AskedToBeForgotten(name=name)
    account = await unit.accounts.known(talk.account_id)
    if account is None:
        raise NumberRemoved(name=name)
    if not talk.number.startswith("+"):
        raise NumberHidden(name=name)
    account.require_connected()
    await not_suspended(unit, talk.workspace_id)
    _check_words(words)
    if account.channel is Channel.CLOUD:
        if words.media is not None:
            check_media(words.media, caption=words.text)
        known = (await unit.cloud.people(account.id, [talk.number])).get(talk.number)
        wrote_at = None if known is None else known.wrote_at
        if not in_service_window(wrote_at, now=now):
            hours = int((now - (wrote_at or talk.last_at)).total_seconds() // 3600)
            raise WindowClosed(name=name, hours=max(hours, 0))
    return account


def _check_words(words: Words) -> None:
    limit = LONGEST_CAPTION if words.media is not None else LONGEST_TEXT
    if len(words.text) > limit:
        raise TextTooLong(length=len(words.text), limit=limit)
    if words.media is None and not words.text.strip():
        raise TextEmpty()


async def answer(
    unit: Unit, talk: Conversation, words: Words, *, asked: Asked, desk: str, now: datetime
) -> Account:
    """Queue it, once for each call; whoever calls marks the operator's message done in the same transaction.
    Raises what `check_answer` does."""
    account = await check_answer(unit, talk, words, now=now)
    await unit.delivery.queue_direct(
        workspace_id=talk.workspace_id, account_id=account.id, member_id=asked.member_id,
        chat_id=asked.chat_id, purpose=DirectPurpose.ANSWER, number=talk.number, text=words.text,
        media=words.media, desk=desk, campaign_id=None, at=now, conversation_id=talk.id,
        asked_by=asked.message_id, thread_id=asked.thread_id,
    )  # fmt: skip
    await unit.conversations.answered(talk.workspace_id, talk.id)
    return account
