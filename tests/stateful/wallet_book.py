"""What a wallet must come to, kept in plain Python: it knows nothing of ledgers, holds or settling.

It looks at what people got and at what was given and taken, and at nothing else. That this decides every
figure is the claim under test.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GOT_IT = {"sent", "delivered", "read"}
NOT_KNOWN_YET = {"waiting", "claimed", "unknown"}


@dataclass(frozen=True)
class Person:
    """Somebody in a campaign, as they stand now."""

    campaign: int
    number: str
    state: str
    reason: str | None


@dataclass
class Book:
    given: int = 0
    plan_until: datetime | None = None
    suspended: bool = False
    stopped: set[str] = field(default_factory=set)
    #: What was agreed for each campaign when it started.
    prices: dict[int, int] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)
    #: What each key stands for.
    posted: dict[str, tuple[str, int]] = field(default_factory=dict)
    plans: dict[str, int] = field(default_factory=dict)

    def cost(self, recipient: int) -> int:
        person = self.people[recipient]
        return self.prices[person.campaign] if person.state in GOT_IT else 0

    def set_aside(self, recipient: int) -> int:
        person = self.people[recipient]
        return self.prices[person.campaign] if person.state in NOT_KNOWN_YET else 0

    @property
    def left(self) -> int:
        """Below zero, so much is owed: messages arrived that were thought not to."""
        return self.given - sum(self.cost(one) + self.set_aside(one) for one in self.people)

    @property
    def held(self) -> int:
        return sum(self.set_aside(one) for one in self.people)

    @property
    def available(self) -> int:
        return max(0, self.left)

    @property
    def owed(self) -> int:
        return max(0, -self.left)

    def figures(self) -> tuple[int, int, int]:
        """Balance, held, owed."""
        return self.available + self.held, self.held, self.owed

    def why_not(self, now: datetime) -> str | None:
        """Why not, by the code of the refusal."""
        if self.suspended:
            return "workspace.suspended"
        return None if self.plan_until is not None and now < self.plan_until else "plan.ended"

    def why_no_start(self, now: datetime, people: int, needs: int, left: int) -> str | None:
        refused = self.why_not(now)
        if refused is None and people == 0:
            refused = "campaign.nobody"
        return refused or ("wallet.not_enough" if needs > max(0, left) else None)

    def plan_after(self, days: int, now: datetime) -> datetime | None:
        """None: there is nothing to take days from."""
        runs = self.plan_until is not None and self.plan_until > now
        begins = self.plan_until if runs and self.plan_until is not None else now
        if days < 0 and not runs:
            return None
        return max(now, begins + timedelta(days=days))

    def states(self) -> set[str]:
        return {one.state for one in self.people.values()}

    def included(self, campaign: int) -> int:
        return sum(one.campaign == campaign and one.state != "excluded" for one in self.people.values())

    def of(self, campaign: int, states: Collection[str]) -> list[Person]:
        """Those of a campaign in one of these states who may be sent to and are in no later campaign. Who is
        not on WhatsApp is not tried again."""
        return [
            person
            for person in self.people.values()
            if person.campaign == campaign
            and person.state in states
            and person.reason not in {"sent_again", "not_on_whatsapp"}
            and person.number not in self.stopped
        ]

    def any_of(self, states: Collection[str]) -> bool:
        return any(self.of(campaign, states) for campaign in self.prices)
