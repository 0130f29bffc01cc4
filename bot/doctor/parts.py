"""What composition hands over to the doctor."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.settings import Settings
from domain.accounts.web import WebSessions
from domain.delivery.cloud_account import CloudDirectory
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.copies import CopyKeeper
from domain.operators.findings import DatabaseFindings
from domain.scheduler.unit import Unit


def free_room(folder: Path) -> int:
    """In bytes."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, kw_only=True)
class DoctorParts:
    """`workers`: those that the settings name; None where MassSender starts its own. `unreachable`: what
    `examine` raises when the database cannot be opened, each with a reason that may be shown."""

    settings: Settings
    clock: Clock
    client: httpx.AsyncClient
    examine: Callable[[], Awaitable[DatabaseFindings]]
    unreachable: tuple[type[Exception], ...]
    store: Store[Unit]
    directory: Callable[[str, Callable[[], str]], CloudDirectory]
    workers: WebSessions | None
    copies: CopyKeeper | None
    free: Callable[[Path], int] = free_room
