"""What the screens about conversations share: who it is, how far an answer got, sending one."""

from typing import Final

from bot.screens.base import Scene
from bot.screens.campaign_words import reason
from bot.screens.contacts_parts import short
from bot.screens.terms import terms_before_sending
from bot.texts import Html, has, plain, say
from domain.conversations.model import Conversation
from domain.conversations.tellings import Written
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.operators.activity import Topic
from domain.scheduler.answering import Asked, Words, answer

#: A campaign's message is shown like an answer.
AS_ANSWERED: Final = {
    RecipientState.SENT: DirectState.SENT, RecipientState.DELIVERED: DirectState.DELIVERED,
    RecipientState.READ: DirectState.READ, RecipientState.FAILED: DirectState.FAILED,
    RecipientState.UNKNOWN: DirectState.UNKNOWN,
}  # fmt: skip


def name_of(talk: Conversation, limit: int = 40) -> str:
    return short(talk.name, limit) or talk.number


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


async def send_answer(scene: Scene, talk: Conversation, words: Words) -> None:
    """It is queued, and leaves at once. Raises what stands against it."""
    terms_before_sending(scene)
    asked = Asked(
        member_id=scene.me.id, chat_id=scene.chat_id, message_id=scene.message_id, thread_id=scene.thread_id
    )
    account = await answer(scene.unit, talk, words, asked=asked, desk=scene.desk.desk_id, now=scene.now)
    about = talk.name or plain("log.somebody", scene.language)
    await scene.log(Topic.CONTACTS, "talk.answered", about=about)
    scene.touched.add(talk.workspace_id)
    scene.desk.watcher.account_has_work(account.id)
