"""News from a channel: receipts, replies, and what became of the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.accounts.model import Account, AccountState, Channel
from domain.contacts.stop_words import Heard
from domain.delivery.ports import AccountNews, NewsItem, NewsSource, ReceiptNews, ReplyNews
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.scheduler.events import AccountChanged, AccountInTrouble, Announcer, Watcher
from domain.scheduler.replies import take_reply
from domain.scheduler.stopping import stop_account
from domain.scheduler.unit import Unit

#: A far side's word for what it has tried often in vain, and goes on trying.
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNews:
    """Reads an account's news and applies it; the cursor moves in the same transaction."""

    store: Store[Unit]
    source_for: Callable[[Account], NewsSource]
    announcer: Announcer
    watcher: Watcher
    clock: Clock

    async def once(self, account: Account, *, wait_seconds: float = 0) -> int:
        """Read its news after the cursor and apply it, waiting for the first so long. Returns how many items
        there were. Raises ChannelDown."""
        items = await self.source_for(account).after(account.news_cursor, wait_seconds=wait_seconds)
        if items:
            await self.apply(account, items)
        return len(items)

    async def apply(self, account: Account, items: Sequence[NewsItem]) -> None:
        async with self.store.write() as unit:
            if (await unit.accounts.account(account.id)).remote != account.remote:
                return  # linked anew meanwhile: these are numbered by a session that is gone
            touched = await self._receipts(unit, account, items)
            for item in items:
                if isinstance(item.news, ReplyNews):
                    await self._reply(unit, account, item.news)
                elif isinstance(item.news, AccountNews):
                    await self._account(unit, account, item.cursor, item.news)
            await unit.accounts.set_news_cursor(account.id, items[-1].cursor)
            await self._settled(unit, touched)

    async def to_the_end(self, account: Account, remote: str) -> None:
        """Whatever is left in another session than the account has now. Raises ChannelDown.

        What was said there is of before: it changes nothing about the account.
        """
        source, cursor = self.source_for(replace(account, remote=remote)), 0
        while items := await source.after(cursor, wait_seconds=0):
            async with self.store.write() as unit:
                touched = await self._receipts(unit, account, items)
                for item in items:
                    if isinstance(item.news, ReplyNews):
                        await self._reply(unit, account, item.news)
                await self._settled(unit, touched)
            cursor = items[-1].cursor

    async def _reply(self, unit: Unit, account: Account, news: ReplyNews) -> None:
        """A far side whose clock is ahead has nobody write in the future: a later STOP would seem older.

        A phone that is linked for the first time brings what its owner was written before: no answers to
        anything of ours, and nothing that the team should read. Only the STOP of somebody known counts.
        """
        if account.channel is Channel.WEB and account.is_from_before(news.at):
            known = await unit.contacts.by_number(account.workspace_id, news.sender)
            words = await unit.words.of(account.workspace_id)
            if known is None or words.heard(news.text) is not Heard.STOP:
                return
        now = self.clock.now()
        await take_reply(unit, self.announcer, account, news, at=min(news.at, now), now=now)

    async def _receipts(
        self, unit: Unit, account: Account, items: Sequence[NewsItem]
    ) -> Sequence[CampaignId]:
        receipts = [item.news for item in items if isinstance(item.news, ReceiptNews)]
        return await unit.delivery.receipts(account.id, receipts)

    async def _settled(self, unit: Unit, touched: Sequence[CampaignId]) -> None:
        """Ends the unit of work; last, because it locks the wallet."""
        await unit.wallet.settle(touched, at=self.clock.now())
        await unit.commit()
        for campaign_id in touched:
            self.watcher.campaign_changed(campaign_id, at_once=False)

    async def _account(self, unit: Unit, account: Account, cursor: int, news: AccountNews) -> None:
        """Unlinked and restricted stop the account. What else it meets on its way the far side gets over by
        itself: a phone in a tunnel must not pause a campaign. What lasts ("failed") is told."""
        now = self.clock.now()
        known = await unit.accounts.account(account.id)
        if is_old_news(known, cursor, news):
            return
        if news.state in {AccountState.UNLINKED, AccountState.RESTRICTED}:
            at = min(news.at, now)
            await stop_account(unit, self.announcer, account, reason=news.state, now=now, since=at)
        elif news.state == FAILED and known.is_connected:
            await self._trouble(unit, known, news.reason or FAILED)
        elif news.state == AccountState.CONNECTED and known.is_connected:
            await self._trouble(unit, known, None)
        elif news.state == AccountState.CONNECTED:
            await unit.accounts.set_state(account.id, AccountState.CONNECTED, reason=None, at=now)
            fresh = replace(known, state=AccountState.CONNECTED, state_reason=None, state_at=now)
            await self.announcer.announce(unit, AccountChanged(account=fresh, paused=()))
            self.watcher.account_has_work(account.id)

    async def _trouble(self, unit: Unit, known: Account, reason: str | None) -> None:
        """A connected number that does not come up, or is up again: told once, until the other."""
        if (known.state_reason is None) == (reason is None):
            return
        await unit.accounts.set_state(known.id, known.state, reason=reason, at=known.state_at)
        changed = AccountInTrouble(account=replace(known, state_reason=reason), at=self.clock.now())
        await self.announcer.announce(unit, changed)


def is_old_news(account: Account, cursor: int, news: AccountNews) -> bool:
    """Of WhatsApp Web: what was before the number was linked as it is now. And an unlinked number is back
    only once the chat has seen whose phone was scanned (bot/chat/linked.py)."""
    if account.channel is not Channel.WEB:
        return False
    back = news.state == AccountState.CONNECTED and account.state is AccountState.UNLINKED
    return back or cursor <= account.linked_cursor
