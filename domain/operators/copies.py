"""Copies of a desk, and a desk that was put back to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from domain.kernel.ids import CampaignId


class CopyTrouble(StrEnum):
    """Why there is no copy. NO_DESK: there is no database yet; UNDER_WAY: another is being made just now."""

    NO_ROOM = "no_room"
    NOT_WRITABLE = "not_writable"
    DAMAGED = "damaged"
    UNDER_WAY = "under_way"
    NO_DESK = "no_desk"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A copy that was read through and found whole. `size` in bytes; `removed`: older ones."""

    path: Path
    at: datetime
    size: int
    seconds: float
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMade:
    """`detail`: the system's own reason."""

    why: CopyTrouble
    folder: Path
    detail: str


class RestoreTrouble(StrEnum):
    """Why a copy was not put back; the desk is as it was."""

    NOT_HERE = "not_here"
    DAMAGED = "damaged"
    NEWER = "newer"
    ITSELF = "itself"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """`made_at`: when the copy was made. `aside`: the folder in which what was there before lies; None where
    there was nothing. `stops`: how many people had said stop since, and are marked; None: what was there
    cannot be asked."""

    made_at: datetime
    aside: Path | None
    stops: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRestored:
    why: RestoreTrouble
    detail: str


class CopyKeeper(Protocol):
    """Where copies of this desk are kept."""

    async def make(self) -> Made | NotMade:
        """A copy of this moment, while the desk goes on. Cancelled, it leaves nothing."""
        ...

    async def newest(self) -> datetime | None:
        """When the newest was made; None: there is none. Raises OSError."""
        ...


class CopyStore(Protocol):
    async def made_at(self) -> datetime | None:
        """When this was copied from a desk that went on. None: it is no copy, or was taken over."""
        ...

    async def doubt_everything(self, *, at: datetime) -> Mapping[CampaignId, int]:
        """Whatever was still to be sent may have been sent since the copy was made, by the desk that went on.
        People who wait in a campaign that has begun, or are claimed, become `unknown` (reason "restored"), as
        tries under the keys that desk would have used, so that receipts and journals of that time are heard.
        Single messages that have not left become `unknown` too; chat updates that were not worked yet are
        done, but for those that move money. What names things for good goes on far beyond what that desk
        can have used. Returns how many people of which campaign are in doubt by this."""
        ...

    async def settled(self) -> None:
        """It is a desk of its own here from now on; copies of it are told by that."""
        ...
