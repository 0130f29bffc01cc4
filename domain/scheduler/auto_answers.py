"""What automation rules make of a message, in the transaction that stores it: all of it or nothing. See
docs/decisions/0027 and 0028."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.accounts.model import Account
from domain.automation.decide import decide
from domain.automation.model import Decision, Facts, Message
from domain.automation.ports import Talk
from domain.campaigns import template
from domain.campaigns.model import PauseReason
from domain.contacts.model import MAY_END_A_STOP, Consent, ConsentEvent, ConsentSource, Contact
from domain.contacts.ports import ImportedRow
from domain.conversations.model import Conversation
from domain.delivery.store import Direct, DirectPurpose, Replied
from domain.kernel.ids import WorkspaceId
from domain.scheduler import licence
from domain.scheduler.confirming import TOO_LATE, confirm_stop, has_stopped_elsewhere
from domain.scheduler.own_words import queue_own
from domain.scheduler.unit import Unit

#: What was written longer ago, when it is read, is not answered by a machine any more; nor does an answer
#: leave that has waited for so long.
ANSWERED_WITHIN: Final = timedelta(hours=12)
PLAN_ENDED: Final = "plan_ended"


async def follow_rules(
    unit: Unit,
    account: Account,
    talk: Conversation,
    reply: Replied,
    event: str,
    *,
    at: datetime,
    now: datetime,
) -> Decision:
    """For a message that is neither STOP nor START, when it is stored. `event`: the channel's name for it;
    `at`: when they wrote."""
    if not talk.number.startswith("+") or not (reply.text.strip() or reply.media):
        return Decision()  # no number to answer to; a reaction that was taken back
    rules = await unit.rules.of(account.workspace_id)
    if not any(rule.is_on for rule in rules):
        return Decision()
    ours = {one.number for one in await unit.accounts.of_workspace(account.workspace_id)}
    known = await _contacts(unit, account, talk.number)
    facts = await _facts(unit, account, talk, reply, known, at=at, now=now)
    decision = decide(rules, Message(text=reply.text, is_ours=talk.number in ours), facts)
    await unit.rules.hit(decision.hits, talk.id, at=now)
    if decision.tags:
        await _tag(unit, talk, known[0] if known else None, decision.tags, now)
    if decision.opt_out:
        evidence = f"rule {decision.hits[-1]}: {_message(event)}"
        was_told = await has_stopped_elsewhere(unit, account, talk.number)
        if await opt_out(unit, account, talk.number, evidence, at=at, now=now) and not was_told:
            language = (await unit.operators.workspace(account.workspace_id)).language
            await confirm_stop(unit, account, talk.id, talk.number, language, wrote_at=at, now=now)
    for answer in decision.answers:
        await queue_own(
            unit, account, DirectPurpose.AUTO, talk.number, answer.text, media=answer.media,
            conversation_id=talk.id, now=now,
        )  # fmt: skip
    if decision.hand_over:
        await unit.conversations.hand_over(talk.id, at=now)
    return decision


def why_unanswered(direct: Direct, stands: PauseReason | None, now: datetime) -> str | None:
    """Why a single message that was claimed, if it is an automatic answer, does not leave. `stands`: what
    stands against sending."""
    if direct.purpose is not DirectPurpose.AUTO:
        return None
    if stands is not None:
        return PLAN_ENDED
    return TOO_LATE if now - direct.queued_at > ANSWERED_WITHIN else None


async def _facts(
    unit: Unit,
    account: Account,
    talk: Conversation,
    reply: Replied,
    known: Sequence[Contact],
    *,
    at: datetime,
    now: datetime,
) -> Facts:
    space = await unit.operators.workspace(account.workspace_id)
    hours = await unit.hours.of(account.id)
    said = await unit.rules.talk(talk, reply.id, now=now)
    fields = fields_of(known[0] if known else None, talk.number)
    stopped = any(one.consent is Consent.REVOKED for one in known)
    # Whoever asked to be forgotten is no contact, and gets nothing either.
    gone = not known and talk.number in await unit.contacts.forgotten(space.id, [talk.number])
    return Facts(
        at=now, today=now.astimezone(ZoneInfo(hours.zones[0] if hours else space.zone)).date(),
        is_open=hours is None or hours.is_open(now), is_late=now - at > ANSWERED_WITHIN,
        plan_runs=await licence.why_not(unit, space.id, now) is None,
        has_stopped=stopped or gone, is_first=said.is_first,
        fields=fields, served=said.served, answered=said.answered,
        sent=await _sent(unit, talk, said, fields), heard=said.heard,
    )  # fmt: skip


def fields_of(person: Contact | None, number: str) -> Mapping[str, str]:
    """What may stand in the blanks of an answer. Of a stranger only the number is known."""
    known = {} if person is None else {**person.attributes, "name": person.name}
    return {**known, "number": number}


async def _contacts(unit: Unit, account: Account, number: str) -> Sequence[Contact]:
    """Who they are here, the one they write to first, then at other numbers that are known to reach them."""
    others = await unit.cloud.same_person(account.id, number)
    met = [
        await unit.contacts.by_number(account.workspace_id, one)
        for one in [number, *(other for other in others if other != number)]
    ]
    return [one for one in met if one is not None]


async def _sent(unit: Unit, talk: Conversation, said: Talk, fields: Mapping[str, str]) -> Sequence[str]:
    """Single messages, and the text of the campaign that they answer last, as they got it."""
    campaign = None if talk.campaign_id is None else await unit.campaigns.any(talk.campaign_id)
    if campaign is None or not campaign.text:
        return said.sent
    return [*said.sent, template.fill(campaign.text, fields)]


async def _tag(
    unit: Unit, talk: Conversation, person: Contact | None, tags: Sequence[str], now: datetime
) -> None:
    """Whoever is no contact yet becomes one. A number that somebody asked to be forgotten stays unknown."""
    known = person or await _met(unit, talk.workspace_id, talk.number, now, name=talk.name)
    if known is None:
        return
    for tag in tags:
        await unit.contacts.tag_contact(talk.workspace_id, known.id, tag, on=True)


async def _met(
    unit: Unit, space: WorkspaceId, number: str, now: datetime, *, name: str = ""
) -> Contact | None:
    row = ImportedRow(number=number, name=name, attributes={})
    await unit.contacts.save_rows(space, None, [row], at=now)
    known = await unit.contacts.by_number(space, number, held=True)
    if known is not None:
        await unit.conversations.met(space, number, known.id)
    return known


async def opt_out(
    unit: Unit, account: Account, number: str, evidence: str, *, at: datetime, now: datetime
) -> bool:
    """It holds as their own STOP would: at every number that is known to reach them, and against a START that
    they wrote before it. Returns whether it changed where they stand at the number itself."""
    space, changed = account.workspace_id, False
    for theirs in await unit.cloud.same_person(account.id, number):
        person = await unit.contacts.by_number(space, theirs, held=True)
        person = person or await _met(unit, space, theirs, now)
        if person is None:
            continue
        said = await unit.contacts.consent_events(person.id)
        if any(one.granted and one.source in MAY_END_A_STOP and one.at > at for one in said):
            continue
        # Said again later, it stands against a START from in between that is yet to be read.
        if any(not one.granted and one.at >= at for one in said):
            continue
        event = ConsentEvent(granted=False, source=ConsentSource.RULE, evidence=evidence, at=at)
        await unit.contacts.record_consent(person.id, event)
        if theirs == number:
            changed = person.consent is not Consent.REVOKED
    return changed


def by_a_rule(event: ConsentEvent, message: str) -> bool:
    """Whether a rule took somebody's consent back because of that message."""
    return event.source is ConsentSource.RULE and event.evidence.endswith(f": {_message(message)}")


def _message(event: str) -> str:
    return f"message {event}"


__all__ = [
    "ANSWERED_WITHIN", "PLAN_ENDED", "by_a_rule", "fields_of", "follow_rules", "opt_out", "why_unanswered",
]  # fmt: skip
