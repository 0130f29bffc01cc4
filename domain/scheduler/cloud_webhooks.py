"""Works the official channel's webhooks: receipts, replies, consent, what became of numbers and templates.

A group of bodies is worked in one transaction, with which they are done: killed at any moment, either all of
it happened or nothing of it. What is told twice changes nothing more, and no order is expected.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from domain.accounts.model import Account, Channel
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import UNVOUCHED, Webhook
from domain.delivery.cloud_news import (
    AccountUpdate,
    ChannelTrouble,
    InboundMessage,
    NumberNews,
    Opened,
    PersonChanged,
    PreferenceNews,
    StatusNews,
    TemplateNews,
    WebhookReader,
    receipt_of,
)
from domain.delivery.ports import ReceiptNews
from domain.kernel.clock import Clock
from domain.kernel.errors import Interrupted
from domain.kernel.ids import AccountId, CampaignId
from domain.kernel.unit import Store
from domain.scheduler.cloud_people import number_of, take_change, take_message, take_preference
from domain.scheduler.cloud_standing import take_number, take_template
from domain.scheduler.events import Announcer, Watcher
from domain.scheduler.unit import Unit

log = logging.getLogger(__name__)

#: So many bodies are worked in one transaction; fewer where they tell much: others who write wait for it.
A_GROUP: Final = 50
MOST_NEWS: Final = 200
#: What somebody wrote takes as long as so many statuses.
A_MESSAGE: Final = 10
#: Events of a business account after which its numbers are no more.
_REASONS: Final = {
    "ACCOUNT_DELETED": "number_gone", "ACCOUNT_OFFBOARDED": "number_gone",
    "PARTNER_REMOVED": "permission_missing",
}  # fmt: skip

#: So often a body may fail by itself before it is set aside.
TRIES: Final = 3


class Effects(Protocol):
    async def apply(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        """What an error asks for, inside the unit. The same event again changes nothing more."""
        ...


class Refreshing(Protocol):
    def soon(self, ids: Sequence[AccountId]) -> None:
        """WhatsApp should be asked anew about these numbers; losing the hint costs an hour."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A webhook by its id in the inbox. `opened`: None for one that cannot be read, and then `why`."""

    id: int
    opened: Opened | None = None
    why: str = ""


@dataclass(slots=True)
class Group:
    """What one transaction gathers."""

    accounts: dict[str, Account | None] = field(default_factory=dict)
    receipts: dict[AccountId, list[ReceiptNews]] = field(default_factory=lambda: defaultdict(list))
    wrote: dict[AccountId, list[tuple[str, datetime]]] = field(default_factory=lambda: defaultdict(list))
    heard: set[str] = field(default_factory=set)
    stale: set[AccountId] = field(default_factory=set)
    touched: set[CampaignId] = field(default_factory=set)
    done: list[int] = field(default_factory=list)
    unvouched: list[int] = field(default_factory=list)


@dataclass(kw_only=True)
class WorkWebhooks:
    """One in a process."""

    store: Store[Unit]
    reader: WebhookReader
    effects: Effects
    refreshing: Refreshing
    announcer: Announcer
    watcher: Watcher
    clock: Clock
    _failed: dict[int, int] = field(default_factory=dict)
    _heard: dict[str, datetime] = field(default_factory=dict)

    async def some(self) -> int:
        """Work what has waited longest. Returns how many bodies were worked or set aside."""
        async with self.store.read() as unit:
            waiting = await unit.cloud.webhooks(limit=A_GROUP)
        bodies = self._opened(waiting)
        if not bodies:
            return 0
        try:
            await self._work(bodies)
        except Interrupted:
            return len(bodies)  # two stood in each other's way: begun anew
        except Exception as error:
            if len(bodies) == 1:
                await self._failed_alone(bodies[0], error)
            else:
                log.warning("a group of webhooks failed (%s); one by one now", type(error).__name__)
                await self._one_by_one(bodies)
        return len(bodies)

    def _opened(self, waiting: Sequence[Webhook]) -> Sequence[Body]:
        """The first of them, as many as one transaction is to work."""
        bodies: list[Body] = []
        news = 0
        for one in waiting:
            try:
                opened = self.reader.read(one.raw)
            except ValueError as error:
                bodies.append(Body(id=one.id, why=str(error)))
                continue
            bodies.append(Body(id=one.id, opened=opened))
            news += sum(A_MESSAGE if isinstance(one, InboundMessage) else 1 for one in opened.batch.news)
            if news >= MOST_NEWS:
                break
        return bodies

    async def _one_by_one(self, bodies: Sequence[Body]) -> None:
        """One that fails does not hold up the others; its own trouble is told last."""
        trouble: Exception | None = None
        for body in bodies:
            try:
                await self._work([body])
            except Exception as error:
                try:
                    await self._failed_alone(body, error)
                except Exception as again:
                    trouble = again
        if trouble is not None:
            raise trouble

    async def _failed_alone(self, body: Body, error: Exception) -> None:
        """Raises it anew while it may pass; then the body is set aside. Where even that fails, it is no fault
        of the body's."""
        tries = self._failed[body.id] = self._failed.get(body.id, 0) + 1
        if tries < TRIES:
            raise error
        log.error("a webhook is set aside", exc_info=error, extra={"webhook": body.id})
        async with self.store.write() as unit:
            await unit.cloud.set_webhook_aside(body.id, why=type(error).__name__)
            await unit.commit()
        del self._failed[body.id]

    async def _work(self, bodies: Sequence[Body]) -> None:
        group = Group()
        async with self.store.write(bulk=True) as unit:
            for body in bodies:
                if body.opened is None:
                    await unit.cloud.set_webhook_aside(body.id, why=body.why)
                elif await self._apply(unit, group, body.opened):
                    group.done.append(body.id)
                else:
                    await unit.cloud.set_webhook_aside(body.id, why=UNVOUCHED)
                    group.unvouched.append(body.id)
            for account_id, wrote in group.wrote.items():
                await unit.cloud.people_wrote(account_id, wrote)
            for account_id, news in group.receipts.items():
                group.touched |= set(await unit.delivery.receipts(account_id, news))
            if fresh := self._not_heard_this_minute(group.heard):
                await unit.cloud.heard(fresh, at=self.clock.now())
            await unit.cloud.webhooks_done(group.done)
            # Last, because it locks the wallet.
            await unit.wallet.settle(sorted(group.touched), at=self.clock.now())
            await unit.commit()
        self._heard |= dict.fromkeys(group.heard, _minute(self.clock.now()))
        self._tell(group, bodies)

    def _not_heard_this_minute(self, remotes: Iterable[str]) -> Sequence[str]:
        now = _minute(self.clock.now())
        return sorted(one for one in remotes if self._heard.get(one) != now)

    def _tell(self, group: Group, bodies: Sequence[Body]) -> None:
        for campaign_id in group.touched:
            self.watcher.campaign_changed(campaign_id, at_once=False)
        if group.stale:
            self.refreshing.soon(sorted(group.stale))
        for id in group.unvouched:
            log.warning("webhook %d is not signed by who may speak of its number: kept for a secret", id)
        for body in bodies:
            if body.opened is None:
                log.error("webhook %d cannot be read and is set aside: %s", body.id, body.why)
                continue
            for piece in body.opened.batch.aside:
                log.warning("a piece of a webhook is not understood: %s: %s", piece.where, piece.why)

    async def _apply(self, unit: Unit, group: Group, opened: Opened) -> bool:
        """Whether all of it was heard: what a number of ours hears of people is kept until somebody vouches
        for it, as once the secret is given of an app that another number here has too. How numbers and
        templates stand is asked of WhatsApp anyway, and would be out of date by then."""
        all_heard = True
        for news in opened.batch.news:
            match news:
                case NumberNews() | TemplateNews() | AccountUpdate():
                    await self._of_business(unit, group, opened, news)
                case _:
                    account = await self._account(unit, group, news.phone_number_id)
                    if account is None:
                        continue
                    if not opened.vouched(account.remote):
                        all_heard &= isinstance(news, ChannelTrouble)
                        continue
                    group.heard.add(account.remote)
                    await self._of_number(unit, group, account, news)
        return all_heard

    async def _account(self, unit: Unit, group: Group, remote: str) -> Account | None:
        if remote not in group.accounts:
            group.accounts[remote] = await unit.accounts.by_remote(Channel.CLOUD, remote)
        return group.accounts[remote]

    async def _of_number(
        self,
        unit: Unit,
        group: Group,
        account: Account,
        news: StatusNews | InboundMessage | PreferenceNews | PersonChanged | ChannelTrouble,
    ) -> None:
        match news:
            case StatusNews():
                receipt = receipt_of(news)
                if receipt is not None:
                    group.receipts[account.id].append(receipt)
                await self._effect(unit, account, news)
            case InboundMessage():
                numbers = await take_message(unit, self.announcer, account, news, now=self.clock.now())
                group.wrote[account.id].extend((number, news.at) for number in numbers)
            case PreferenceNews():
                await take_preference(unit, account, news)
            case PersonChanged():
                await take_change(unit, account, news)
            case ChannelTrouble():
                await self._effect(unit, account, news)

    async def _effect(self, unit: Unit, account: Account, news: StatusNews | ChannelTrouble) -> None:
        if news.effect is Effect.NONE:
            return
        status = news if isinstance(news, StatusNews) else None
        if status is not None and news.effect is Effect.PAUSE_ACCOUNT and status.at < account.state_at:
            return  # somebody has seen to it since
        person = status.person if status is not None else None
        event = ChannelEvent(
            effect=news.effect, remote=account.remote, code=news.code, reason=news.reason or "",
            key=status.key if status is not None else None,
            to=await number_of(unit, account, person) if person is not None else None,
            at=status.at if status is not None else None,
        )  # fmt: skip
        await self.effects.apply(unit, account, event)

    async def _of_business(
        self, unit: Unit, group: Group, opened: Opened, news: NumberNews | TemplateNews | AccountUpdate
    ) -> None:
        """About all numbers of a business account: those of them that the signature vouches for."""
        theirs = [
            await self._account(unit, group, cloud.phone_number_id)
            for cloud in await unit.cloud.accounts(waba_id=news.waba_id)
        ]
        accounts = [one for one in theirs if one is not None and opened.vouched(one.remote)]
        group.heard |= {one.remote for one in accounts}
        if not accounts:
            return
        stale: Sequence[Account] = ()
        match news:
            case NumberNews():
                stale = [one for one in accounts if await take_number(unit, self.announcer, one, news)]
            case TemplateNews():
                if await take_template(unit, self.announcer, accounts, news, at=self.clock.now()):
                    stale = accounts
            case AccountUpdate():
                stale = accounts
                for account in accounts if news.stops_sending else ():
                    await self.effects.apply(unit, account, _stopped(account, news))
        group.stale |= {one.id for one in stale}


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _stopped(account: Account, news: AccountUpdate) -> ChannelEvent:
    return ChannelEvent(
        effect=Effect.PAUSE_ACCOUNT,
        remote=account.remote,
        code=0,
        reason=_REASONS.get(news.event, "policy_blocked"),
    )
