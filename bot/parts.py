"""What composition hands over to the processes."""

from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot.channels import Channels
from bot.official import CloudLinks
from bot.ops.health import Schema
from bot.ops.meters import Meters
from bot.settings import Settings
from domain.contacts.importing.ports import SheetReader
from domain.delivery.ports import MediaKeeper
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.kernel.work import Wakes
from domain.operators.copies import CopyKeeper
from domain.scheduler.turns import Turns
from domain.scheduler.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What composition hands over."""

    settings: Settings
    store: Store[Unit]
    wakes: Wakes
    #: Passes on, for ever, what other processes write down.
    listen: Callable[[], Coroutine[Any, Any, None]]
    #: Tells other processes; they hear it as words.
    tell: Callable[[Collection[str]], Awaitable[None]]
    media: MediaKeeper
    reader: SheetReader
    channels: Channels
    cloud: CloudLinks
    clock: Clock
    rng: Random
    owner: str
    desk_id: str
    #: The desk's own secret (bot/keys.py), and what signs with it what travels in links.
    key: bytes = field(repr=False)
    sign: Callable[[str], str]
    #: Shared with other processes on the database; None where a lock makes sure that this is the only one.
    turns: Turns | None
    #: None where the database looks after its own copies.
    copies: CopyKeeper | None = None
    #: Whether the database is of the shape that this program works with.
    schema: Callable[[], Awaitable[Schema]]
    meters: Meters = field(default_factory=Meters)
