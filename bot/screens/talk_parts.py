"""What the screens about conversations share: who it is, how far an answer got, sending one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.chat.view import Button, button
from bot.screens.base import Scene
from bot.screens.campaign_words import reason
from bot.screens.contacts_parts import short
from bot.screens.terms import terms_before_sending
from bot.texts import Html, has, plain, say
from domain.contacts.model import Consent, Contact
from domain.conversations.model import Conversation
from domain.conversations.tellings import Written
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, WorkspaceId
from domain.operators.activity import Topic
from domain.scheduler.answering import Asked, Words, answer
from domain.scheduler.unit import Unit

#: A campaign's message is shown like an answer.
AS_ANSWERED: Final = {
    RecipientState.SENT: DirectState.SENT, RecipientState.DELIVERED: DirectState.DELIVERED,
    RecipientState.READ: DirectState.READ, RecipientState.FAILED: DirectState.FAILED,
    RecipientState.UNKNOWN: DirectState.UNKNOWN,
}  # fmt: skip


def name_of(talk: Conversation, limit: int = 40) -> str:
    return short(talk.name, limit) or talk.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who is at the other end of a conversation: a contact or not, forgotten since `gone_at` or not, and the
    number of ours that they write to, where the workspace has several."""

    talk: Conversation
    contact: Contact | None
    gone_at: datetime | None
    ours: str

    @property
    def has_stopped(self) -> bool:
        return self.contact is not None and self.contact.consent is Consent.REVOKED

    @property
    def may_be_answered(self) -> bool:
        """As far as they themselves have a say in it."""
        return not self.has_stopped and self.gone_at is None

    @property
    def is_stranger(self) -> bool:
        """Somebody who could become a contact."""
        return self.contact is None and self.gone_at is None and self.talk.number.startswith("+")

    def buttons(self, lang: str, *, in_notice: bool) -> tuple[Button, ...]:
        """What can be done about them as they stand now."""
        talk, contact = self.talk, self.contact
        space = int(talk.workspace_id) if in_notice else 0
        muting = "unmute" if talk.is_muted and not in_notice else "mute"
        made = [button(plain(f"talk.{muting}", lang), f"talk.{muting}", id=talk.id)]
        if self.is_stranger:
            made.insert(0, button(plain("talk.stop", lang), "talk.out", id=talk.id))
            made.insert(0, button(plain("talk.add", lang), "talk.add", id=talk.id))
        if contact is not None and not self.has_stopped:
            made.insert(0, button(plain("talk.stop", lang), "ct.stop", id=contact.id, x=space))
        if contact is not None:
            made.append(button(plain("talk.contact", lang), "ct.open", id=contact.id, x=space))
        return tuple(made)


async def whom(unit: Unit, talk: Conversation) -> Whom:
    space, number = talk.workspace_id, talk.number
    contact, gone = await unit.contacts.by_number(space, number), None
    if contact is None:
        gone = (await unit.contacts.forgotten(space, [number])).get(number)
    ours = (await our_numbers(unit, space, [talk])).get(talk.account_id, "")
    return Whom(talk=talk, contact=contact, gone_at=None if gone is None else gone.at, ours=ours)


async def our_numbers(
    unit: Unit, space: WorkspaceId, talks: Iterable[Conversation]
) -> Mapping[AccountId, str]:
    """To which number of ours each is written; empty where there is only one, which says nothing."""
    numbers = {account.id: account.number for account in await unit.accounts.of_workspace(space)}
    for id in {talk.account_id for talk in talks} - numbers.keys():
        removed = await unit.accounts.ever(id)
        if removed is not None:
            numbers[id] = removed.number
    return numbers if len(set(numbers.values())) > 1 else {}


def there(ours: str, lang: str) -> str:
    """`to +90…`, where it has to be said."""
    return plain("talk.there", lang, ours=ours) if ours else ""


def tick(state: DirectState, why: str | None, lang: str) -> Html:
    """How far it got, in a sign and a word."""
    if state is DirectState.CLAIMED:
        state = DirectState.QUEUED
    return say(f"tick.{state}", lang, reason=reason(why, lang))


def media_words(reply: Written, lang: str, *, on_a_phone: bool) -> Html:
    """What came beside the words, where it is not shown itself."""
    if reply.media is None or reply.kept is not None:
        return Html("")
    if not reply.is_gone:
        return say(f"reply.{reply.media}" if has(f"reply.{reply.media}") else "reply.other", lang)
    key = f"reply.kept.{reply.media}"
    what = plain(key if has(key) else "reply.kept.other", lang)
    return say("reply.gone.phone" if on_a_phone else "reply.gone.official", lang, what=what)


async def note_talk(scene: Scene, what: str, talk: Conversation) -> None:
    """In the activity log, by their name; never by their number."""
    about = talk.name or plain("log.somebody", scene.language)
    await scene.log(Topic.CONTACTS, what, about=about, contact_id=talk.contact_id, conversation_id=talk.id)


async def send_answer(scene: Scene, talk: Conversation, words: Words) -> None:
    """It is queued, and leaves at once. Raises what stands against it."""
    terms_before_sending(scene)
    asked = Asked(
        member_id=scene.me.id, chat_id=scene.chat_id, message_id=scene.message_id, thread_id=scene.thread_id
    )
    account = await answer(scene.unit, talk, words, asked=asked, desk=scene.desk.desk_id, now=scene.now)
    await note_talk(scene, "talk.answered", talk)
    scene.touched.add(talk.workspace_id)
    scene.desk.watcher.account_has_work(account.id)
