"""Official numbers put to use and looked after: `desk.cloud`, and what is due by the clock."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.cloud_desk import CheckedNumber, CloudNumberTaken, CloudSecretRefused, WebhookAddress
from bot.cloud_kept import KeptNumbers, newly, official, with_token
from bot.cloud_preset import Preset, PresetNumber, TellRefused
from bot.cloud_secrets import CloudSecrets
from bot.tasks import Bell
from bot.vault import SealedOtherwise
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.cloud_account import (
    CloudDirectory,
    CloudPermissionMissing,
    CloudTokenRefused,
    NumberInfo,
    check_id,
    check_token,
)
from domain.delivery.cloud_accounts import UNVOUCHED
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, DomainError
from domain.kernel.ids import AccountId, WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.cloud_standing import number_is_now
from domain.scheduler.events import Announcer, Watcher
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: How often WhatsApp is asked about a number by itself.
REFRESH_EVERY: Final = timedelta(hours=1)
#: How often it is looked for numbers that are due.
LOOK_EVERY: Final = 60.0
#: An app's secret, as Meta shows it.
_SECRET: Final = re.compile(r"[0-9a-fA-F]{32}")

#: Why a number is stopped.
REFUSED: Final = "token_refused"
LACKS_PERMISSION: Final = "permission_missing"


class OfficialNumbers:
    """Implements `bot.cloud_desk.CloudNumbers`, and `Refreshing` for webhooks. `tell`: that WhatsApp refuses
    the preset one."""

    def __init__(
        self,
        *,
        store: Store[Unit],
        secrets: CloudSecrets,
        directory_for: Callable[[str, Callable[[], str]], CloudDirectory],
        announcer: Announcer,
        watcher: Watcher,
        clock: Clock,
        webhook: WebhookAddress,
        preset: Preset | None = None,
        tell: TellRefused | None = None,
    ) -> None:
        self._secrets, self._directory_for = secrets, directory_for
        self._store, self._announcer, self._watcher, self._clock = store, announcer, watcher, clock
        self._webhook = webhook
        self._kept = KeptNumbers(store=store, announcer=announcer, watcher=watcher, clock=clock)
        self._preset = PresetNumber(
            preset, store=store, secrets=secrets, numbers=self, check=self._check, clock=clock, tell=tell
        )
        self._due: set[AccountId] = set()
        self._bell = Bell()

    @property
    def webhook(self) -> WebhookAddress:
        return replace(self._webhook, takes=self._secrets.for_all)

    # -- for the chat ------------------------------------------------------------------------------------

    async def check(self, phone_number_id: str, token: str) -> CheckedNumber:
        return await self._check(phone_number_id, token)

    def seal(self, token: str) -> str:
        return self._secrets.seal_waiting(token)

    def unseal(self, sealed: str) -> str:
        return self._secrets.open_waiting(sealed)

    async def _check(self, phone_number_id: str, token: str, waba_id: str = "") -> CheckedNumber:
        id, good = check_id(phone_number_id), check_token(token)
        directory = self._directory_for(id, lambda: good)
        info = await directory.number()
        await directory.check_permissions()
        business = info.waba_id or waba_id
        templates = await directory.templates(business) if business else None
        if business:
            await directory.subscribe(business)
        sealed = self._secrets.seal_token(id, good)
        return CheckedNumber(
            info=replace(info, id=id, waba_id=business or None), token=sealed, templates=templates
        )

    async def keep(
        self, unit: Unit, workspace_id: WorkspaceId, checked: CheckedNumber, *, at: datetime
    ) -> Account:
        info = checked.info
        account = await unit.accounts.by_remote(Channel.CLOUD, info.id)
        if account is not None and account.workspace_id != workspace_id:
            raise CloudNumberTaken(number=info.number)
        if account is None:
            account = await self._added(unit, workspace_id, info, at)
        elif not account.is_connected:
            await unit.accounts.set_state(account.id, AccountState.CONNECTED, reason=None, at=at)
        known = await unit.cloud.account(account.id, lock=True)
        cloud = with_token(known or newly(account.id, info, at), checked.token).read(info, at=at)
        if known is None:
            await unit.cloud.save(cloud)
        else:
            await number_is_now(unit, self._announcer, account, known, cloud)
        if checked.templates is not None:
            await self._kept.templates(unit, cloud.waba_id, checked.templates, at)
        unit.after_commit(lambda: self._secrets.take(cloud))
        self._watcher.account_has_work(account.id)
        return await unit.accounts.account(account.id)

    async def _added(self, unit: Unit, workspace_id: WorkspaceId, info: NumberInfo, at: datetime) -> Account:
        try:
            id = await unit.accounts.create(
                workspace_id=workspace_id, channel=Channel.CLOUD, number=info.number, name=info.name,
                remote=info.id, state=AccountState.CONNECTED, at=at,
            )  # fmt: skip
        except Conflict:
            raise CloudNumberTaken(number=info.number) from None
        return await unit.accounts.account(id)

    async def refresh(self, id: AccountId) -> None:
        account, cloud = await self._kept.one(id)
        directory = self._directory_of(account)
        try:
            info = await directory.number()
            await directory.check_permissions()
            waba_id = info.waba_id or cloud.waba_id
            templates = await directory.templates(waba_id) if waba_id else None
        except CloudTokenRefused:
            await self._kept.stop(id, REFUSED)
            raise
        except CloudPermissionMissing:
            await self._kept.stop(id, LACKS_PERMISSION)
            raise
        await self._kept.learn(id, replace(info, waba_id=waba_id or None), templates)

    def _directory_of(self, account: Account) -> CloudDirectory:
        """Raises SealedOtherwise where there is no token that opens: it is not WhatsApp who refuses it."""
        if not self._secrets.token(account.remote):
            raise SealedOtherwise()
        return self._directory_for(account.remote, lambda: self._secrets.token(account.remote))

    async def use_business_account(self, id: AccountId, waba_id: str) -> None:
        account, _ = await self._kept.one(id)
        business = check_id(waba_id)
        directory = self._directory_of(account)
        templates = await directory.templates(business)
        await directory.subscribe(business)
        async with self._store.write() as unit:
            _, cloud = await official(unit, id, lock=True)
            await unit.cloud.save(replace(cloud, waba_id=business))
            await self._kept.templates(unit, business, templates, self._clock.now())
            await unit.commit()

    async def use_app_secret(self, unit: Unit, id: AccountId, app_secret: str) -> None:
        secret = app_secret.strip()
        if not _SECRET.fullmatch(secret):
            raise CloudSecretRefused()
        _, before = await official(unit, id, lock=True)
        sealed = self._secrets.seal_secret(before.phone_number_id, secret)
        cloud = replace(before, app_secret=sealed.encode())
        await unit.cloud.save(cloud)
        unit.after_commit(lambda: self._secrets.take(cloud))
        # What came of this number before could not be told from a stranger's.
        await unit.cloud.reopen_webhooks(why=UNVOUCHED)

    # -- by the clock ------------------------------------------------------------------------------------

    def soon(self, ids: Sequence[AccountId]) -> None:
        self._due.update(ids)
        self._bell.ring()

    async def start(self) -> None:
        """Before anything is sent: open what is sealed. A token that another SECRET_KEY sealed has to be
        given again, and its workspace is told."""
        for id in await self._secrets.load():
            log.warning("a token was sealed with another SECRET_KEY; it has to be given again", account=id)
            await self._kept.stop(id, REFUSED)

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                log.error("looking after official numbers", exc_info=error)
            await self._bell.wait(LOOK_EVERY)

    async def look(self) -> None:
        """Ask about every number that is due."""
        await self._secrets.load()
        await self._preset.settle()
        due, self._due = self._due, set()
        old = self._clock.now() - REFRESH_EVERY
        for one in await self._kept.all():
            # A clock that was set back must not keep it from being asked.
            if one.account_id in due or not old < one.checked_at <= self._clock.now():
                await self._refreshed(one.account_id)
            await self._kept.tell_if_silent(one)

    async def _refreshed(self, id: AccountId) -> None:
        try:
            await self.refresh(id)
        except DomainError as refusal:
            log.info("an official number could not be looked at", account=id, code=refusal.code)
