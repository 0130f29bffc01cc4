"""Everything one unit of work can reach. Use cases below ask for less."""

from collections.abc import Callable
from typing import Protocol

from domain.accounts.checks import CheckStore
from domain.accounts.linking import LinkingStore
from domain.accounts.ports import AccountStore
from domain.automation.ports import RuleStore
from domain.campaigns.ports import CampaignStore
from domain.contacts.groups import GroupStore
from domain.contacts.ports import ContactStore, ImportStore, WordStore
from domain.conversations.ports import ConversationStore
from domain.conversations.tellings import TellingStore
from domain.conversations.topics import TopicStore
from domain.delivery.cloud_accounts import CloudStore
from domain.delivery.store import DeliveryStore
from domain.hours.ports import HoursStore
from domain.operators.activity import ActivityStore
from domain.operators.chat import ChatStore
from domain.operators.copies import CopyStore
from domain.operators.ports import OperatorStore
from domain.reports.overview import OverviewStore
from domain.scheduler.standing import RoundStore
from domain.wallet.orders import OrderStore
from domain.wallet.ports import WalletStore


class Unit(Protocol):
    @property
    def operators(self) -> OperatorStore: ...

    @property
    def chat(self) -> ChatStore: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def linkings(self) -> LinkingStore: ...

    @property
    def contacts(self) -> ContactStore: ...

    @property
    def words(self) -> WordStore: ...

    @property
    def checks(self) -> CheckStore: ...

    @property
    def groups(self) -> GroupStore: ...

    @property
    def imports(self) -> ImportStore: ...

    @property
    def campaigns(self) -> CampaignStore: ...

    @property
    def delivery(self) -> DeliveryStore: ...

    @property
    def conversations(self) -> ConversationStore: ...

    @property
    def tellings(self) -> TellingStore: ...

    @property
    def topics(self) -> TopicStore: ...

    @property
    def hours(self) -> HoursStore: ...

    @property
    def rules(self) -> RuleStore: ...

    @property
    def cloud(self) -> CloudStore: ...

    @property
    def wallet(self) -> WalletStore: ...

    @property
    def orders(self) -> OrderStore: ...

    @property
    def copies(self) -> CopyStore: ...

    @property
    def rounds(self) -> RoundStore: ...

    @property
    def activity(self) -> ActivityStore: ...

    @property
    def overview(self) -> OverviewStore: ...

    async def commit(self) -> None: ...

    def after_commit(self, then: Callable[[], object]) -> None:
        """`then` is called at once when all this is durable, and not at all when it is undone."""
        ...
