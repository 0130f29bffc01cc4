"""Official numbers put to use and looked after: `desk.cloud`, the preset one, what is due by the clock."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.cloud_desk import CheckedNumber, CloudNumberTaken, CloudSecretRefused, WebhookAddress
from bot.cloud_secrets import CloudSecrets
from bot.tasks import Bell
from bot.vault import SealedOtherwise
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.cloud_account import (
    CloudDirectory,
    CloudPermissionMissing,
    CloudTokenRefused,
    NumberInfo,
    TemplateList,
    check_id,
    check_token,
)
from domain.delivery.cloud_accounts import UNVOUCHED, CloudAccount, TokenState
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, DomainError, NotFound
from domain.kernel.ids import AccountId, WorkspaceId
from domain.kernel.unit import Store
from domain.pacing.rules import DAY
from domain.scheduler.cloud_standing import is_silent, number_is_now, templates_are_now
from domain.scheduler.events import AccountChanged, Announcer, Watcher, WebhookMissing
from domain.scheduler.stopping import stop_account
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A number named in the settings. `waba_id`: empty where WhatsApp is to say it."""

    phone_number_id: str
    token: str
    waba_id: str = ""

    def __repr__(self) -> str:
        return f"Preset({self.phone_number_id})"


class OfficialNumbers:
    """Implements `bot.cloud_desk.CloudNumbers`, and `Refreshing` for webhooks."""

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
    ) -> None:
        self._store, self._secrets, self._directory_for = store, secrets, directory_for
        self._announcer, self._watcher, self._clock = announcer, watcher, clock
        self._webhook, self._preset = webhook, preset
        self._due: set[AccountId] = set()
        self._told_silent: set[tuple[AccountId, datetime]] = set()
        self._bell = Bell()

    @property
    def webhook(self) -> WebhookAddress:
        return replace(self._webhook, takes=self._secrets.for_all)

    # -- for the chat ------------------------------------------------------------------------------------

    async def check(self, phone_number_id: str, token: str) -> CheckedNumber:
        return await self._check(phone_number_id, token)

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
        cloud = _with_token(known or _unknown(account.id, info, at), checked.token).read(info, at=at)
        if known is None:
            await unit.cloud.save(cloud)
        else:
            await number_is_now(unit, self._announcer, account, known, cloud)
        if checked.templates is not None:
            await self._keep_templates(unit, cloud.waba_id, checked.templates, at)
        self._secrets.take(cloud)
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
        async with self._store.read() as unit:
            account, cloud = await _official(unit, id)
        directory = self._directory_of(account)
        try:
            info = await directory.number()
            await directory.check_permissions()
            waba_id = info.waba_id or cloud.waba_id
            templates = await directory.templates(waba_id) if waba_id else None
        except CloudTokenRefused:
            await self._stopped(id, REFUSED)
            raise
        except CloudPermissionMissing:
            await self._stopped(id, LACKS_PERMISSION)
            raise
        await self._learn(id, replace(info, waba_id=waba_id or None), templates)

    def _directory_of(self, account: Account) -> CloudDirectory:
        """Raises SealedOtherwise where there is no token that opens: it is not WhatsApp who refuses it."""
        if not self._secrets.token(account.remote):
            raise SealedOtherwise()
        return self._directory_for(account.remote, lambda: self._secrets.token(account.remote))

    async def use_business_account(self, id: AccountId, waba_id: str) -> None:
        async with self._store.read() as unit:
            account, cloud = await _official(unit, id)
        business = check_id(waba_id)
        directory = self._directory_of(account)
        templates = await directory.templates(business)
        await directory.subscribe(business)
        async with self._store.write() as unit:
            _, cloud = await _official(unit, id, lock=True)
            await unit.cloud.save(replace(cloud, waba_id=business))
            await self._keep_templates(unit, business, templates, self._clock.now())
            await unit.commit()

    async def use_app_secret(self, unit: Unit, id: AccountId, app_secret: str) -> None:
        secret = app_secret.strip()
        if not _SECRET.fullmatch(secret):
            raise CloudSecretRefused()
        _, cloud = await _official(unit, id, lock=True)
        sealed = self._secrets.seal_secret(cloud.phone_number_id, secret)
        cloud = replace(cloud, app_secret=sealed.encode())
        await unit.cloud.save(cloud)
        self._secrets.take(cloud)
        # What came of this number before could not be told from a stranger's.
        await unit.cloud.reopen_webhooks(why=UNVOUCHED)

    # -- what WhatsApp says --------------------------------------------------------------------------------

    async def _learn(self, id: AccountId, info: NumberInfo, templates: TemplateList | None) -> None:
        now = self._clock.now()
        async with self._store.write() as unit:
            account, before = await _official(unit, id, lock=True)
            after = before.read(info, at=now)
            await number_is_now(unit, self._announcer, account, before, after)
            if templates is not None:
                await self._keep_templates(unit, after.waba_id, templates, now)
            if before.token_state is not TokenState.GOOD and not account.is_connected:
                # It was the token alone that stopped it, and the token is good after all.
                await unit.accounts.set_state(id, AccountState.CONNECTED, reason=None, at=now)
                fresh = await unit.accounts.account(id)
                await self._announcer.announce(unit, AccountChanged(account=fresh, paused=()))
                self._watcher.account_has_work(id)
            await unit.commit()

    async def _keep_templates(self, unit: Unit, waba_id: str, templates: TemplateList, at: datetime) -> None:
        numbers = [
            await unit.accounts.account(one.account_id) for one in await unit.cloud.accounts(waba_id=waba_id)
        ]
        await templates_are_now(unit, self._announcer, numbers, waba_id, templates.templates, at=at)

    async def _stopped(self, id: AccountId, reason: str) -> None:
        """Noticed and told once; the number sends nothing until there is a good token."""
        async with self._store.write() as unit:
            account, _ = await _official(unit, id, lock=True)
            await stop_account(unit, self._announcer, account, reason=reason, now=self._clock.now())
            await unit.commit()

    # -- by the clock ------------------------------------------------------------------------------------

    def soon(self, ids: Sequence[AccountId]) -> None:
        self._due.update(ids)
        self._bell.ring()

    async def start(self) -> None:
        """Before anything is sent: open what is sealed. A token that another SECRET_KEY sealed has to be
        given again, and its workspace is told."""
        for id in await self._secrets.load():
            log.warning("a token was sealed with another SECRET_KEY; it has to be given again", account=id)
            await self._stopped(id, REFUSED)

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
        await self._settle_preset()
        due, self._due = self._due, set()
        async with self._store.read() as unit:
            accounts = await unit.cloud.accounts()
        old = self._clock.now() - REFRESH_EVERY
        for one in accounts:
            # A clock that was set back must not keep it from being asked.
            if one.account_id in due or not old < one.checked_at <= self._clock.now():
                await self._refreshed(one.account_id)
            await self._tell_if_silent(one)

    async def _tell_if_silent(self, cloud: CloudAccount) -> None:
        """Where WhatsApp brings nothing, nobody's STOP is heard: once for each time it is connected."""
        now = self._clock.now()
        async with self._store.read() as unit:
            account = await unit.accounts.account(cloud.account_id)
            usage = await unit.accounts.usage(account.id, since=now - DAY)
        told = account.id, account.state_at
        if told in self._told_silent or not is_silent(cloud.heard_at, usage, now=now):
            return
        async with self._store.write() as unit:
            await self._announcer.announce(unit, WebhookMissing(account=account))
            await unit.commit()
        self._told_silent.add(told)

    async def _refreshed(self, id: AccountId) -> None:
        try:
            await self.refresh(id)
        except DomainError as refusal:
            log.info("an official number could not be looked at", account=id, code=refusal.code)

    async def _settle_preset(self) -> None:
        """The number of the settings is there, with the settings' token: in the workspace that has it, or in
        the first of all. Once done it is left alone until the next start."""
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
            log.error("the official number of the settings is not taken", code=refusal.code)
            return
        async with self._store.write() as unit:
            await self.keep(unit, space, checked, at=self._clock.now())
            await unit.commit()
        self._preset = None


def _with_token(cloud: CloudAccount, sealed: str) -> CloudAccount:
    return replace(cloud, token=sealed.encode())


def _unknown(id: AccountId, info: NumberInfo, at: datetime) -> CloudAccount:
    return CloudAccount(
        account_id=id, phone_number_id=info.id, waba_id=info.waba_id or "", token=b"", app_secret=None,
        verified_name=info.name, quality=info.quality, throughput=info.throughput,
        ceiling=info.ceiling, people=info.people, status=info.status, can_send=info.can_send,
        token_state=TokenState.GOOD, token_state_at=at, checked_at=at,
    )  # fmt: skip


async def _official(unit: Unit, id: AccountId, *, lock: bool = False) -> tuple[Account, CloudAccount]:
    """Raises NotFound."""
    account, cloud = await unit.accounts.account(id), await unit.cloud.account(id, lock=lock)
    if cloud is None:
        raise NotFound(what="account")
    return account, cloud
