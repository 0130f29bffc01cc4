"""What people do on the official channel: they write, stop marketing, come back, change their number."""

from collections.abc import Sequence
from datetime import datetime

from domain.accounts.model import Account
from domain.contacts.model import AT_WHATSAPP
from domain.delivery.cloud_accounts import Named
from domain.delivery.cloud_news import InboundMessage, Person, PersonChanged, PreferenceNews, reply_of
from domain.scheduler.auto_answers import by_a_rule, opt_out
from domain.scheduler.events import Announcer
from domain.scheduler.replies import said_start, said_stop, take_reply
from domain.scheduler.unit import Unit


async def take_message(
    unit: Unit, announcer: Announcer, account: Account, news: InboundMessage, *, now: datetime
) -> Sequence[str]:
    """A reply like any other. Returns at which numbers they may be answered freely for a day from then on;
    those of many are written down in one statement (`CloudStore.people_wrote`)."""
    number, numbers = await _written_to(unit, account, news.person)
    await take_reply(unit, announcer, account, reply_of(news, sender=number), at=news.at, now=now)
    if number is None:
        return []
    if await _learn(unit, account, number, news.person):
        numbers = await unit.cloud.same_person(account.id, number)
    if len(numbers) > 1:
        await _as_said(unit, account, number, news)
    return numbers


async def take_preference(unit: Unit, account: Account, news: PreferenceNews) -> None:
    """They stopped marketing in WhatsApp's settings, or took that back: as good as their word to us."""
    number, _ = await _written_to(unit, account, news.person)
    if number is None:
        return  # somebody we never wrote to, and know no number of
    await _learn(unit, account, number, news.person)
    evidence = f"{AT_WHATSAPP}{news.word}:{news.at.timestamp():.0f}"
    if news.wants:
        await _start_person(unit, account, news.person, number, evidence, at=news.at)
    else:
        await stop_person(unit, account, number, news.person.name, evidence, at=news.at)


async def _learn(unit: Unit, account: Account, number: str, person: Person) -> bool:
    """They may hide their number tomorrow: then their id is what is left to know them by. Whether there was
    something to learn."""
    if person.user_id is None:
        return False
    named = Named(number=number, wa_id=person.wa_id, user_id=person.user_id)
    await unit.cloud.name_people(account.id, [named])
    return True


async def stop_person(
    unit: Unit, account: Account, number: str, name: str, evidence: str, *, at: datetime
) -> None:
    """At every number that is known to reach them: a list may hold one person twice, as they were dialled and
    as WhatsApp calls them (521 and 52 in Mexico, with and without Brazil's ninth digit)."""
    for one in await unit.cloud.same_person(account.id, number):
        await said_stop(unit, account.workspace_id, one, name, evidence, at=at)


async def _start_person(
    unit: Unit, account: Account, person: Person, number: str, evidence: str, *, at: datetime
) -> None:
    """At the number they are written to, and at the one they speak from, which is theirs beyond doubt. Not at
    others that reached them once: where such a number has passed to somebody else, the stop there is theirs,
    and being wrong about it would write to a person who said stop. One number is enough to be written to."""
    for one in sorted({number, number if person.wa_id is None else f"+{person.wa_id}"}):
        await said_start(unit, account.workspace_id, one, evidence, at=at)


async def _as_said(unit: Unit, account: Account, number: str, news: InboundMessage) -> None:
    """What their message meant at `number`, where it counts already, counts for the person."""
    known = await unit.contacts.by_number(account.workspace_id, number)
    said = [] if known is None else await unit.contacts.consent_events(known.id)
    for event in [one for one in said if one.evidence == news.message_id]:
        if event.granted:
            await _start_person(unit, account, news.person, number, news.message_id, at=news.at)
        else:
            await stop_person(unit, account, number, news.person.name, news.message_id, at=news.at)
    for event in [one for one in said if by_a_rule(one, news.message_id)]:
        await opt_out(unit, account, number, event.evidence, at=news.at, now=news.at)


async def take_change(unit: Unit, account: Account, news: PersonChanged) -> None:
    """Whoever has another number or id now is still who they were to us: what they write is theirs."""
    number = await number_of(unit, account, news.before)
    if number is not None:
        named = Named(number=number, wa_id=news.after.wa_id, user_id=news.after.user_id)
        await unit.cloud.name_people(account.id, [named])


async def _written_to(unit: Unit, account: Account, person: Person) -> tuple[str | None, Sequence[str]]:
    """The one of their numbers that a message reached last, or else the one their name is kept with: what
    they say is an answer to that, and stands with that contact. And all of their numbers."""
    number = await number_of(unit, account, person)
    if number is None:
        return None, []
    numbers = await unit.cloud.same_person(account.id, number)
    if len(numbers) > 1:
        number = await unit.delivery.last_sent(account.id, numbers) or number
    return number, numbers


async def number_of(unit: Unit, account: Account, person: Person) -> str | None:
    """The number as contacts have it, by what WhatsApp calls them; None where they hide it and nobody here
    knows it."""
    wa_ids = [person.wa_id] if person.wa_id is not None else []
    user_ids = [person.user_id] if person.user_id is not None else []
    known = await unit.cloud.numbers_of(account.id, wa_ids=wa_ids, user_ids=user_ids)
    for name in (*wa_ids, *user_ids):
        if name in known:
            return known[name]
    return f"+{person.wa_id}" if person.wa_id is not None else None
