"""What WhatsApp says of official numbers, written down; and that one is stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.accounts.model import Account, AccountState
from domain.delivery.cloud_account import NumberInfo, TemplateList
from domain.delivery.cloud_accounts import CloudAccount, TokenState
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.pacing.rules import DAY
from domain.scheduler.cloud_standing import is_silent, number_is_now, templates_are_now
from domain.scheduler.events import AccountChanged, Announcer, Watcher, WebhookMissing
from domain.scheduler.stopping import stop_account
from domain.scheduler.unit import Unit


@dataclass(kw_only=True)
class KeptNumbers:
    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher
    clock: Clock

    def __post_init__(self) -> None:
        self._told_silent: set[tuple[AccountId, datetime]] = set()

    async def all(self) -> Sequence[CloudAccount]:
        async with self.store.read() as unit:
            return await unit.cloud.accounts()

    async def one(self, id: AccountId) -> tuple[Account, CloudAccount]:
        """Raises NotFound."""
        async with self.store.read() as unit:
            return await official(unit, id)

    async def learn(self, id: AccountId, info: NumberInfo, templates: TemplateList | None) -> None:
        now = self.clock.now()
        async with self.store.write() as unit:
            account, before = await official(unit, id, lock=True)
            after = before.read(info, at=now)
            await number_is_now(unit, self.announcer, account, before, after)
            if templates is not None:
                await self.templates(unit, after.waba_id, templates, now)
            if before.token_state is not TokenState.GOOD and not account.is_connected:
                # It was the token alone that stopped it, and the token is good after all.
                await unit.accounts.set_state(id, AccountState.CONNECTED, reason=None, at=now)
                fresh = await unit.accounts.account(id)
                await self.announcer.announce(unit, AccountChanged(account=fresh, paused=()))
                self.watcher.account_has_work(id)
            await unit.commit()

    async def templates(self, unit: Unit, waba_id: str, templates: TemplateList, at: datetime) -> None:
        numbers = [
            await unit.accounts.account(one.account_id) for one in await unit.cloud.accounts(waba_id=waba_id)
        ]
        await templates_are_now(unit, self.announcer, numbers, waba_id, templates.templates, at=at)

    async def stop(self, id: AccountId, reason: str) -> None:
        """Noticed and told once; the number sends nothing until there is a good token."""
        async with self.store.write() as unit:
            account, _ = await official(unit, id, lock=True)
            await stop_account(unit, self.announcer, account, reason=reason, now=self.clock.now())
            await unit.commit()

    async def tell_if_silent(self, cloud: CloudAccount) -> None:
        """Where WhatsApp brings nothing, nobody's STOP is heard: once for each time it is connected."""
        now = self.clock.now()
        async with self.store.read() as unit:
            account = await unit.accounts.account(cloud.account_id)
            usage = await unit.accounts.usage(account.id, since=now - DAY)
        told = account.id, account.state_at
        if told in self._told_silent:
            return
        if not is_silent(cloud.heard_at, usage, since=account.state_at, now=now):
            return
        async with self.store.write() as unit:
            await self.announcer.announce(unit, WebhookMissing(account=account))
            await unit.commit()
        self._told_silent.add(told)


async def official(unit: Unit, id: AccountId, *, lock: bool = False) -> tuple[Account, CloudAccount]:
    """Raises NotFound."""
    account, cloud = await unit.accounts.account(id), await unit.cloud.account(id, lock=lock)
    if cloud is None:
        raise NotFound(what="account")
    return account, cloud


def with_token(cloud: CloudAccount, sealed: str) -> CloudAccount:
    return replace(cloud, token=sealed.encode())


def newly(id: AccountId, info: NumberInfo, at: datetime) -> CloudAccount:
    """Of a number that is added: no token yet."""
    return CloudAccount(
        account_id=id, phone_number_id=info.id, waba_id=info.waba_id or "", token=b"", app_secret=None,
        verified_name=info.name, quality=info.quality, throughput=info.throughput,
        ceiling=info.ceiling, people=info.people, status=info.status, can_send=info.can_send,
        token_state=TokenState.GOOD, token_state_at=at, checked_at=at,
    )  # fmt: skip
