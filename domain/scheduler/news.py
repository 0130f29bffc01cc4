"""News from a channel: receipts, replies, and what became of the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.accounts.model import Account, AccountState
from domain.contacts.model import Consent, ConsentEvent, ConsentSource, means_start, means_stop
from domain.contacts.ports import ImportedRow
from domain.delivery.ports import AccountNews, NewsItem, NewsSource, ReceiptNews, ReplyNews
from domain.delivery.store import Replied
from domain.kernel.clock import Clock
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.scheduler.events import AccountChanged, Announcer, ReplyReceived, Watcher
from domain.scheduler.slices import stop_account
from domain.scheduler.unit import Unit

LONG_POLL_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNews:
    """Reads an account's news and applies it; the cursor moves in the same transaction."""

    store: Store[Unit]
    source_for: Callable[[Account], NewsSource]
    announcer: Announcer
    watcher: Watcher
    clock: Clock

    async def once(self, account_id: AccountId, *, wait_seconds: float = LONG_POLL_SECONDS) -> int:
        """Wait for news and apply it. Returns how many items there were. Raises ChannelDown."""
        async with self.store.read() as unit:
            account = await unit.accounts.account(account_id)
        items = await self.source_for(account).after(account.news_cursor, wait_seconds=wait_seconds)
        if items:
            await self.apply(account, items)
        return len(items)

    async def apply(self, account: Account, items: Sequence[NewsItem]) -> None:
        async with self.store.write() as unit:
            receipts = [item.news for item in items if isinstance(item.news, ReceiptNews)]
            touched = await unit.delivery.receipts(receipts)
            for item in items:
                if isinstance(item.news, ReplyNews):
                    await self._reply(unit, account, item.news)
                elif isinstance(item.news, AccountNews):
                    await self._account(unit, account, item.news)
            await unit.accounts.set_news_cursor(account.id, items[-1].cursor)
            await unit.commit()
        for campaign_id in touched:
            self.watcher.campaign_changed(campaign_id, at_once=False)

    async def _reply(self, unit: Unit, account: Account, news: ReplyNews) -> None:
        reply = await unit.delivery.reply(account.id, news)
        if reply is None:
            return
        stopped = means_stop(news.text)
        if stopped:
            await self._stop(unit, reply, news)
        elif means_start(news.text):
            await self._start_again(unit, reply, news)
        told = ReplyReceived(account=account, event=news.event, reply=reply, stopped=stopped)
        await self.announcer.announce(unit, told)

    async def _stop(self, unit: Unit, reply: Replied, news: ReplyNews) -> None:
        """A person's own "stop" holds from this moment, in whatever state a campaign is. Somebody who is no
        contact becomes one, or else a file that brings their number later would find no "stop"."""
        id = reply.contact_id
        if id is None:
            person = ImportedRow(number=reply.number, name=reply.name, attributes={})
            await unit.contacts.save_rows(reply.workspace_id, None, [person], at=self.clock.now())
            saved = await unit.contacts.by_number(reply.workspace_id, reply.number)
            if saved is None:
                raise NotFound(what="contact")
            id = saved.id
        event = ConsentEvent(
            granted=False, source=ConsentSource.STOP_REPLY, evidence=news.event, at=self.clock.now()
        )
        await unit.contacts.record_consent(id, event)

    async def _start_again(self, unit: Unit, reply: Replied, news: ReplyNews) -> None:
        """Only their own message undoes a stop; for anybody else the word is just a reply."""
        known = await unit.contacts.by_number(reply.workspace_id, reply.number)
        if known is None or known.consent is not Consent.REVOKED:
            return
        event = ConsentEvent(
            granted=True, source=ConsentSource.START_REPLY, evidence=news.event, at=self.clock.now()
        )
        await unit.contacts.record_consent(known.id, event)

    async def _account(self, unit: Unit, account: Account, news: AccountNews) -> None:
        now = self.clock.now()
        if news.state != AccountState.CONNECTED:
            unlinked = news.state == AccountState.UNLINKED
            await stop_account(unit, self.announcer, account, unlinked=unlinked, now=now)
            return
        known = await unit.accounts.account(account.id)
        if known.state is not AccountState.CONNECTED:
            await unit.accounts.set_state(account.id, AccountState.CONNECTED, reason=None, at=now)
            fresh = replace(known, state=AccountState.CONNECTED, state_reason=None, state_at=now)
            await self.announcer.announce(unit, AccountChanged(account=fresh, paused=()))
            self.watcher.account_has_work(account.id)
