"""How WhatsApp is reached, whichever way an account goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.no_web import NoWeb
from domain.accounts.model import Account, Channel
from domain.accounts.ports import Linker
from domain.accounts.web import WebSessions
from domain.delivery.ports import Attachments, AttemptJournal, ChannelDown, MessageGateway, NewsSource
from domain.delivery.simulators import Simulator


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
