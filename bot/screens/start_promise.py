"""What a Start button promised, so that nothing else is done on it: the old message still lies in the chat
when the bot comes back with other prices."""

from dataclasses import dataclass
from typing import Final

from bot.screens.base import Go, Scene
from bot.screens.start_cost import price_of
from bot.screens.start_review import PLAIN
from bot.texts import Html, say
from domain.campaigns.model import Campaign, CampaignState

#: A button's `x` holds all of it, the way lowest: two bits, then these.
WAY_BITS: Final = 2
PRICE_BITS: Final = 10
CAP_BITS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`way` of starting, at `price` points a person; `cap` is how many one campaign takes, `people` to how
    many it goes at most (0: whoever stands in the review)."""

    way: int
    price: int
    cap: int
    people: int = 0

    @property
    def x(self) -> int:
        """As it travels in a button."""
        packed = (self.people << CAP_BITS) | (self.cap & ((1 << CAP_BITS) - 1))
        packed = (packed << PRICE_BITS) | (self.price & ((1 << PRICE_BITS) - 1))
        return (packed << WAY_BITS) | self.way


def promised(x: int) -> Promise:
    """The other way round."""
    way, x = x & ((1 << WAY_BITS) - 1), x >> WAY_BITS
    price, x = x & ((1 << PRICE_BITS) - 1), x >> PRICE_BITS
    return Promise(way=way, price=price, cap=x & ((1 << CAP_BITS) - 1), people=x >> CAP_BITS)


def broken(scene: Scene, campaign: Campaign, promise: Promise) -> Go | None:
    """Where it is asked anew, if what the button said is not what would be done."""
    lang = scene.workspace.language
    if promise.price != price_of(scene, campaign):
        return _anew(campaign, say("start.price_changed", lang))
    if promise.way != PLAIN and promise.cap != scene.desk.caps.a_campaign:
        return _anew(campaign, say("start.cap_changed", lang))
    return None


def _anew(campaign: Campaign, note: Html) -> Go:
    screen = "campaign" if campaign.state is CampaignState.SCHEDULED else "review"
    return Go(screen=screen, args={"id": campaign.id, "note": str(note)})
