"""How fast a draft goes over a channel, until somebody says otherwise."""

from typing import Final

from domain.accounts.model import MINIMUM_GAP, Channel
from domain.pacing.bucket import DEFAULT_RATE
from domain.pacing.rules import NORMAL, Pacing

#: Of the official channel.
USUAL: Final = Pacing.at(DEFAULT_RATE)


def is_a_rate(pacing: Pacing) -> bool:
    """Whether that is so many messages a second, one or more, and not a pause between two."""
    return pacing.shortest == pacing.longest and not pacing.is_batched and pacing.rate >= 1


def pace_on(channel: Channel, pacing: Pacing) -> Pacing:
    """As it was, where that is possible there. The official channel counts messages a second, the others wait
    between two: what was chosen for the one is never taken along to the other."""
    if channel is Channel.CLOUD:
        return pacing if is_a_rate(pacing) else USUAL
    return pacing if pacing.shortest >= MINIMUM_GAP[channel] and not is_a_rate(pacing) else NORMAL
