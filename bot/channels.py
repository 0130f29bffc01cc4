"""How WhatsApp is reached, whichever way an account goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.no_web import NoWeb
from bot.official import Official
from domain.accounts.model import Account, Channel
from domain.accounts.ports import Linker
from domain.accounts.web import WebSessions
from domain.delivery.ports import Attachments, AttemptJournal, ChannelDown, MessageGateway, NewsSource
from domain.delivery.simulators import Simulator
from domain.kernel.ids import AccountId


def _no_journal(account: Account) -> AttemptJournal:
    raise ChannelDown(f"{account.channel} keeps no journal")


def _no_attachments(account: Account) -> Attachments:
    raise ChannelDown(f"{account.channel} tells of no files")


@dataclass(frozen=True, kw_only=True)
class Channels:
    """How WhatsApp is reached, whichever way an account goes."""

    gateway_for: Callable[[Account], MessageGateway]
    source_for: Callable[[Account], NewsSource]
    linker: Linker
    with_news: frozenset[Channel]
    #: Of channels whose far side remembers what it was given to send.
    journal_for: Callable[[Account], AttemptJournal] = field(default=_no_journal)
    with_journal: frozenset[Channel] = frozenset()
    web: WebSessions = field(default_factory=NoWeb)
    #: People who can be made to write, where nobody real is behind a channel.
    simulators: Mapping[Channel, Simulator] = field(default_factory=dict)
    #: What people send along.
    attachments_for: Callable[[Account], Attachments] = field(default=_no_attachments)


@dataclass(frozen=True)
class Ways:
    """Each account's ways, over whichever channel."""

    channels: Channels
    official: Official

    async def prepare(self, id: AccountId) -> None:
        """In whichever process it is to be driven: with what it sends with as it is kept now."""
        await self.official.secrets.refresh(id)

    def gateway_for(self, account: Account) -> MessageGateway:
        if account.channel is Channel.CLOUD:
            return self.official.gateway_for(account)
        return self.channels.gateway_for(account)

    def attachments_for(self, account: Account) -> Attachments:
        if account.channel is Channel.CLOUD:
            return self.official.attachments_for(account)
        return self.channels.attachments_for(account)
