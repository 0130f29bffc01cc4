"""What follows when somebody writes to a number of ours: a notice, and consent where they spoke of it."""

from datetime import datetime
from typing import Final

from domain.accounts.model import Account
from domain.automation.model import Decision
from domain.contacts.forgetting import is_forgotten
from domain.contacts.model import Consent, ConsentEvent, ConsentSource, Contact
from domain.contacts.ports import ImportedRow
from domain.contacts.stop_words import Heard, Vocabulary
from domain.conversations.model import Conversation
from domain.delivery.ports import ReplyNews
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import WorkspaceId
from domain.scheduler.auto_answers import follow_rules
from domain.scheduler.confirming import CAME_BACK, confirm_stop, has_stopped_elsewhere
from domain.scheduler.events import Announcer, ReplyReceived
from domain.scheduler.unit import Unit

_THEIRS: Final = frozenset({ConsentSource.STOP_REPLY, ConsentSource.START_REPLY})


async def take_reply(
    unit: Unit, announcer: Announcer, account: Account, news: ReplyNews, *, at: datetime, now: datetime
) -> None:
    """Once a message, however often it is told. `at`: when they wrote; `now`: when it is read."""
    reply = await unit.delivery.reply(account.id, news)
    if reply is None:
        return
    talk = await unit.conversations.wrote(account.id, reply, at=at)
    words = await unit.words.of(reply.workspace_id)
    heard = words.heard(news.text)
    stopped = counts = heard is Heard.STOP
    if not reply.number.startswith("+"):
        pass  # a person of the official channel who hides a number that nobody here knows: no contact of ours
    elif stopped:
        name = reply.name or reply.called
        if await said_stop(unit, reply.workspace_id, reply.number, name, news.event, at=at):
            await _confirm(unit, account, talk, words, news.text, at=at, now=now)
    elif heard is Heard.START:
        counts = await said_start(unit, reply.workspace_id, reply.number, news.event, at=at, wrote=True)
    if heard is not None and counts:
        await unit.tellings.heard(reply.id, heard)
    done = Decision()
    if heard is None:
        done = await follow_rules(unit, account, talk, reply, news.event, at=at, now=now)
    told = ReplyReceived(
        account=account, event=news.event, reply=reply, conversation=talk, stopped=stopped or done.opt_out,
        handed=done.hand_over,
    )  # fmt: skip
    await announcer.announce(unit, told)


async def said_stop(
    unit: Unit, space: WorkspaceId, number: str, name: str, evidence: str, *, at: datetime
) -> bool:
    """A person's own "stop" holds from this moment, in whatever state a campaign is. Somebody who is no
    contact becomes one, or else a file that brings their number later would find no "stop". Returns whether
    it changed where they stand: not where it was known, or they have come back since. Whoever was forgotten
    stays so, and gets nothing anyway."""
    known = await _contact(unit, space, number, name, at)
    if known is None:
        await unit.contacts.stay_forgotten(space, number, stopped_at=at)
        return False
    said = await unit.contacts.consent_events(known.id)
    if any(one.source in _THEIRS and (one.at > at or one.evidence == evidence) for one in said):
        return False
    event = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence=evidence, at=at)
    await unit.contacts.record_consent(known.id, event)
    return known.consent is not Consent.REVOKED


async def _confirm(
    unit: Unit,
    account: Account,
    talk: Conversation,
    words: Vocabulary,
    text: str,
    *,
    at: datetime,
    now: datetime,
) -> None:
    """Once a person: who has two numbers on the official channel may have said it at the other."""
    if await has_stopped_elsewhere(unit, account, talk.number):
        return
    space = await unit.operators.workspace(account.workspace_id)
    language = words.language_of(text, rather=space.language)
    await confirm_stop(unit, account, talk.id, talk.number, language, wrote_at=at, now=now)


async def said_start(
    unit: Unit, space: WorkspaceId, number: str, evidence: str, *, at: datetime, wrote: bool = False
) -> bool:
    """Only their own word undoes a stop, and only one that is later: what was written to another number, or
    while we were away, is read later than it was written. So it is kept of whoever agreed too, against a stop
    from before it that is yet to be read. Of anybody who never agreed it says nothing. `wrote`: to us, at
    this number; that alone makes whoever was forgotten a contact again. False: not kept."""
    known = await unit.contacts.by_number(space, number, held=True)
    if known is None and wrote and await unit.contacts.remember(space, number, wrote_at=at):
        return await _came_back(unit, space, number, evidence, at)
    if known is None or known.consent is Consent.UNRECORDED:
        return False
    said = await unit.contacts.consent_events(known.id)
    if any(one.evidence == evidence if one.granted else one.at >= at for one in said):
        return False
    event = ConsentEvent(granted=True, source=ConsentSource.START_REPLY, evidence=evidence, at=at)
    await unit.contacts.record_consent(known.id, event)
    await unit.delivery.drop_directs(space, [number], purpose=DirectPurpose.CONFIRM, reason=CAME_BACK)
    return True


async def _came_back(unit: Unit, space: WorkspaceId, number: str, evidence: str, at: datetime) -> bool:
    known = await _contact(unit, space, number, "", at)
    if known is not None:
        event = ConsentEvent(granted=True, source=ConsentSource.START_REPLY, evidence=evidence, at=at)
        await unit.contacts.record_consent(known.id, event)
    return known is not None


async def _contact(unit: Unit, space: WorkspaceId, number: str, name: str, at: datetime) -> Contact | None:
    """None for somebody who was forgotten. Held: what they said is about to be weighed."""
    known = await unit.contacts.by_number(space, number, held=True)
    if known is None and not is_forgotten(number):
        row = ImportedRow(number=number, name=name, attributes={})
        await unit.contacts.save_rows(space, None, [row], at=at)
        known = await unit.contacts.by_number(space, number, held=True)
        if known is not None:
            await unit.conversations.met(space, number, known.id)
    return known
