"""One unit of work, with every store it can reach."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio.engine import AsyncConnection

from storage.accounts import SqlAccounts
from storage.activity import SqlActivity
from storage.campaigns import SqlCampaigns
from storage.chat import SqlChat
from storage.checks import SqlChecks
from storage.cloud import SqlCloud
from storage.contacts import SqlContacts
from storage.conversations import SqlConversations
from storage.delivery import SqlDelivery
from storage.desk_copies import SqlDeskCopies
from storage.groups import SqlGroups
from storage.hours import SqlHours
from storage.imports import SqlImports
from storage.linkings import SqlLinkings
from storage.operators import SqlOperators
from storage.orders import SqlOrders
from storage.overview import SqlOverview
from storage.rounds import SqlRounds
from storage.rules import SqlRules
from storage.tellings import SqlTellings
from storage.topics import SqlTopics
from storage.wakes import WorkWakes, noted
from storage.wallet import SqlWallet
from storage.words import SqlWords

if TYPE_CHECKING:
    from domain.scheduler import unit as asked


class Unit:
    """Stores over one connection; they see each other's changes. Nothing stays without `commit()`."""

    def __init__(self, connection: AsyncConnection, wakes: WorkWakes | None = None) -> None:
        self._db, self._wakes = connection, wakes or WorkWakes()
        self._then: list[Callable[[], object]] = []

    @cached_property
    def operators(self) -> SqlOperators:
        return SqlOperators(self._db)

    @cached_property
    def chat(self) -> SqlChat:
        return SqlChat(self._db)

    @cached_property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self._db)

    @cached_property
    def linkings(self) -> SqlLinkings:
        return SqlLinkings(self._db)

    @cached_property
    def contacts(self) -> SqlContacts:
        return SqlContacts(self._db)

    @cached_property
    def words(self) -> SqlWords:
        return SqlWords(self._db)

    @cached_property
    def checks(self) -> SqlChecks:
        return SqlChecks(self._db)

    @cached_property
    def groups(self) -> SqlGroups:
        return SqlGroups(self._db)

    @cached_property
    def imports(self) -> SqlImports:
        return SqlImports(self._db)

    @cached_property
    def campaigns(self) -> SqlCampaigns:
        return SqlCampaigns(self._db)

    @cached_property
    def delivery(self) -> SqlDelivery:
        return SqlDelivery(self._db)

    @cached_property
    def conversations(self) -> SqlConversations:
        return SqlConversations(self._db)

    @cached_property
    def hours(self) -> SqlHours:
        return SqlHours(self._db)

    @cached_property
    def rules(self) -> SqlRules:
        return SqlRules(self._db)

    @cached_property
    def tellings(self) -> SqlTellings:
        return SqlTellings(self._db)

    @cached_property
    def topics(self) -> SqlTopics:
        return SqlTopics(self._db)

    @cached_property
    def cloud(self) -> SqlCloud:
        return SqlCloud(self._db)

    @cached_property
    def wallet(self) -> SqlWallet:
        return SqlWallet(self._db, self.delivery.spent)

    @cached_property
    def copies(self) -> SqlDeskCopies:
        return SqlDeskCopies(self._db)

    @cached_property
    def rounds(self) -> SqlRounds:
        return SqlRounds(self._db)

    @cached_property
    def activity(self) -> SqlActivity:
        return SqlActivity(self._db)

    @cached_property
    def orders(self) -> SqlOrders:
        return SqlOrders(self._db)

    @cached_property
    def overview(self) -> SqlOverview:
        return SqlOverview(self._db)

    async def commit(self) -> None:
        """Make everything done so far durable, together."""
        await self.tellings.keep()
        await self.wallet.enter_spent()
        works = noted(self._db)
        if works and self._db.dialect.name == "postgresql":
            await self._wakes.notify(self._db, works)
        await self._db.commit()
        self._wakes.ring(works)
        then, self._then = self._then, []
        for one in then:
            one()

    def after_commit(self, then: Callable[[], object]) -> None:
        """For what is held in memory beside the store: it follows what is durable, never what was undone."""
        self._then.append(then)


if TYPE_CHECKING:

    def _is_what_the_domain_asks_for(unit: Unit) -> asked.Unit:
        return unit
