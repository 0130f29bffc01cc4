"""The official number of the settings: added by itself, with the settings' token."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import structlog

from bot.cloud_desk import CheckedNumber, CloudNumbers
from bot.cloud_secrets import CloudSecrets
from domain.accounts.model import Account, Channel
from domain.delivery.cloud_account import CloudUnreachable
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A number named in the settings. `waba_id`: empty where WhatsApp is to say it."""

    phone_number_id: str
    token: str = field(repr=False)
    waba_id: str = ""

    @property
    def mark(self) -> str:
        """Another one for another token, of which it says nothing."""
        return sha256(f"{self.phone_number_id}:{self.token}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRefused:
    """`account`: the number where it is here already; it goes on with the token it had."""

    preset: Preset
    space: WorkspaceId
    account: Account | None
    error: DomainError


class TellRefused(Protocol):
    async def __call__(self, unit: Unit, refused: PresetRefused) -> None:
        """Once for each token and refusal, however often it is called."""
        ...


class PresetNumber:
    """`check` asks WhatsApp about it; `numbers` keeps it."""

    def __init__(
        self,
        preset: Preset | None,
        *,
        store: Store[Unit],
        secrets: CloudSecrets,
        numbers: CloudNumbers,
        check: Callable[[str, str, str], Awaitable[CheckedNumber]],
        clock: Clock,
        tell: TellRefused | None,
    ) -> None:
        self._preset, self._store, self._secrets, self._numbers = preset, store, secrets, numbers
        self._check, self._clock, self._tell = check, clock, tell
        self._said = ""

    async def settle(self) -> None:
        """It is there, with the settings' token: in the workspace that has it, or in the first of all. Once
        done it is left alone until the next start."""
        preset = self._preset
        if preset is None:
            return
        async with self._store.read() as unit:
            account = await unit.accounts.by_remote(Channel.CLOUD, preset.phone_number_id)
            spaces = await unit.operators.workspaces()
        if account is not None and self._secrets.token(preset.phone_number_id) == preset.token:
            self._preset = None
            return
        if not spaces:
            return  # nobody has opened the desk yet
        space = account.workspace_id if account is not None else min(one.id for one in spaces)
        try:
            checked = await self._check(preset.phone_number_id, preset.token, preset.waba_id)
        except DomainError as refusal:
            await self._refused(PresetRefused(preset=preset, space=space, account=account, error=refusal))
            return
        async with self._store.write() as unit:
            await self._numbers.keep(unit, space, checked, at=self._clock.now())
            await unit.commit()
        self._preset = None

    async def _refused(self, refused: PresetRefused) -> None:
        """WhatsApp goes on being asked: what it refuses now may be put right there."""
        code = refused.error.code
        if code == self._said:
            return
        log.error("the official number of the settings is not taken", code=code)
        if self._tell is not None and not isinstance(refused.error, CloudUnreachable):
            async with self._store.write() as unit:
                await self._tell(unit, refused)
                await unit.commit()
        self._said = code
