"""What drives accounts, put together: alike in the process of the chat and in those that only send."""

from dataclasses import dataclass

from bot.channels import Ways
from bot.lines import Lines
from bot.ops.metered import metered
from bot.ops.moments import Moments
from bot.parts import Parts
from bot.senders import Drivers, Hints, NewsReaders, Senders, SharedSenders
from bot.tasks import TaskOwner
from domain.kernel.ids import AccountId
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.events import Announcer
from domain.scheduler.news import ReadNews
from domain.scheduler.slices import AccountSlices
from domain.scheduler.turns import begin_turn


@dataclass(frozen=True, kw_only=True)
class Driving:
    readers: NewsReaders
    senders: Senders


def driving_of(
    parts: Parts, *, news: ReadNews, ways: Ways, pace: CloudPace, announcer: Announcer, hints: Hints,
    tasks: TaskOwner,
) -> Driving:  # fmt: skip
    """Not yet running."""
    store, clock, channels = parts.store, parts.clock, parts.channels
    readers = NewsReaders(news, store, tasks, channels.with_news)
    moments = Moments(parts.meters.sends, clock)
    slices = AccountSlices(
        store=store, gateway_for=metered(ways.gateway_for, parts.meters.sends, moments), announcer=announcer,
        watcher=hints, clock=clock, rng=parts.rng, caps=parts.settings.caps, owner=parts.owner,
        desk=parts.desk_id, pace=pace,
        line_of=Lines(channels.web, channels.journal_for, readers.has_heard, clock).of,
    )  # fmt: skip
    drivers = Drivers(slices, clock, moments)
    if parts.turns is None:
        return Driving(readers=readers, senders=Senders(drivers, store, clock, tasks))

    async def before(id: AccountId) -> None:
        await begin_turn(store, id, owner=parts.owner)
        await ways.prepare(id)
        await readers.read_up(id)

    shared = SharedSenders(drivers, store, clock, tasks, turns=parts.turns, before=before)
    return Driving(readers=readers, senders=shared)
