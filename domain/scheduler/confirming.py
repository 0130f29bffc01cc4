"""The one word to somebody who said stop: that it was heard. See docs/decisions/0031."""

from datetime import datetime, timedelta
from typing import Final

from domain.accounts.model import Account
from domain.contacts.model import MAY_END_A_STOP, Consent, ConsentSource
from domain.contacts.stop_texts import confirmation
from domain.delivery.store import Direct, DirectPurpose
from domain.kernel.ids import ConversationId
from domain.scheduler.own_words import queue_own
from domain.scheduler.unit import Unit

#: A stop that is read later than this after it was written holds like any other, and is not confirmed:
#: whoever has had silence for so long has what they asked for, and did not ask for one message more.
READ_WITHIN: Final = timedelta(hours=6)
#: A confirmation that could not leave for so long does not: its number was unlinked, say.
LEAVES_WITHIN: Final = timedelta(hours=1)

#: Why one did not leave.
CAME_BACK: Final = "came_back"
TOO_LATE: Final = "too_late"


async def confirm_stop(
    unit: Unit,
    account: Account,
    conversation: ConversationId | None,
    number: str,
    language: str,
    *,
    wrote_at: datetime,
    now: datetime,
) -> None:
    """To be called in the transaction in which their stop changed where they stand, and only then: that is
    what makes it once. `language`: of the word they used, or else the workspace's."""
    if now - wrote_at > READ_WITHIN or account.is_from_before(wrote_at):
        return
    space = await unit.operators.workspace(account.workspace_id)
    text = confirmation(space.name, language, await unit.words.of(space.id))
    await queue_own(unit, account, DirectPurpose.CONFIRM, number, text, conversation_id=conversation, now=now)


async def has_stopped_elsewhere(unit: Unit, account: Account, number: str) -> bool:
    """Whether another number that reaches the same person was told the same, and they have not come back at
    this one since."""
    others = [one for one in await unit.cloud.same_person(account.id, number) if one != number]
    if not others:
        return False
    back = await _last(unit, account, number, granted=True)
    for other in others:
        person = await unit.contacts.by_number(account.workspace_id, other)
        if person is None or person.consent is not Consent.REVOKED:
            continue
        stopped = await _last(unit, account, other, granted=False)
        if back is None or (stopped is not None and stopped >= back):
            return True
    return False


async def _last(unit: Unit, account: Account, number: str, *, granted: bool) -> datetime | None:
    """When somebody was last known to stop, or wrote START."""
    person = await unit.contacts.by_number(account.workspace_id, number)
    events = [] if person is None else await unit.contacts.consent_events(person.id)
    sources = MAY_END_A_STOP if granted else frozenset(ConsentSource)
    return max((one.at for one in events if one.granted is granted and one.source in sources), default=None)


async def why_unconfirmed(unit: Unit, direct: Direct, now: datetime) -> str | None:
    """Why a confirmation that was claimed does not leave: they came back or were forgotten since, or it has
    waited too long. Nobody is told."""
    person = await unit.contacts.by_number(direct.workspace_id, direct.number)
    if person is None or person.consent is not Consent.REVOKED:
        return CAME_BACK
    return TOO_LATE if now - direct.queued_at > LEAVES_WITHIN else None
