"""What a start takes in points, and for how many people there are enough."""

from dataclasses import dataclass

from bot.screens.base import Scene
from bot.screens.plan_words import points
from bot.texts import Html, say
from domain.campaigns.model import AudienceKind, Campaign, CampaignState
from domain.kernel.errors import NotFound
from domain.kernel.ids import CampaignId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """In points. `back`: what each person gives back as the campaign starts, because an earlier one, whose
    unknown ones it takes over, still holds it for them."""

    price: int = 0
    available: int = 0
    held: int = 0
    back: int = 0

    @property
    def each(self) -> int:
        """What is taken from the available points for one person."""
        return max(0, self.price - self.back)

    def needs(self, people: int) -> int:
        return people * self.each

    def affords(self, people: int) -> int:
        """To how many of so many people it can be sent."""
        return people if self.needs(people) <= self.available else self.available // self.each


async def cost_of(scene: Scene, campaign: Campaign) -> Cost:
    wallet = await scene.unit.wallet.wallet(scene.workspace.id)
    return Cost(
        price=price_of(scene, campaign), available=wallet.available, held=wallet.held,
        back=await _held_each(scene, campaign),
    )  # fmt: skip


def price_of(scene: Scene, campaign: Campaign) -> int:
    """For each success: what it was scheduled at, or else what the desk asks now."""
    if campaign.state is CampaignState.SCHEDULED:
        return campaign.price
    return scene.desk.tariff.points_per_recipient


async def _held_each(scene: Scene, campaign: Campaign) -> int:
    audience = campaign.audience
    if audience is None or audience.kind is not AudienceKind.UNKNOWN_OF:
        return 0
    try:
        earlier = await scene.unit.campaigns.campaign(scene.workspace.id, CampaignId(int(audience.ref)))
    except NotFound:
        return 0
    return earlier.price


def cost_lines(
    cost: Cost, *, people: int, cap: int, scheduled: bool, lang: str, reached: int | None = None
) -> list[Html]:
    """For the review; nothing where sending is free. Over the cap, for the first of them and for all; one
    that starts by itself takes the first. `reached`: how many of them can get it."""
    if cost.price == 0 or people == 0 or reached == 0:
        return []
    first = min(people, cap)
    available = f"{cost.available:,}"
    if cost.each == 0:
        return [say("review.cost.held", lang, cost=points(first * cost.price))]
    if reached is not None and reached < first:
        cost_words = points(cost.needs(reached))
        line = say("review.cost.window", lang, cost=cost_words, held=cost.needs(first), available=available)
    elif people > cap and not scheduled:
        line = say(
            "review.cost.over", lang, first=points(cost.needs(first)), cap=cap, all=f"{cost.needs(people):,}",
            available=available,
        )  # fmt: skip
    else:
        line = say("review.cost", lang, cost=points(cost.needs(first)), available=available)
    if cost.affords(first) == first:
        return [line]
    return [line, say("review.cost.later", lang) if scheduled else say("review.cost.short", lang)]
