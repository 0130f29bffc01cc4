"""Everything one unit of work can reach. Use cases below ask for less."""

from typing import Protocol

from domain.accounts.ports import AccountStore
from domain.campaigns.ports import CampaignStore
from domain.contacts.ports import ContactStore, ImportStore
from domain.delivery.store import DeliveryStore
from domain.operators.chat import ChatStore
from domain.operators.ports import OperatorStore


class Unit(Protocol):
    @property
    def operators(self) -> OperatorStore: ...

    @property
    def chat(self) -> ChatStore: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def contacts(self) -> ContactStore: ...

    @property
    def imports(self) -> ImportStore: ...

    @property
    def campaigns(self) -> CampaignStore: ...

    @property
    def delivery(self) -> DeliveryStore: ...

    async def commit(self) -> None: ...
