"""How fast a draft goes over a channel, until somebody says otherwise."""

from typing import Final

from domain.accounts.model import MINIMUM_GAP, Channel
from domain.pacing.bucket import DEFAULT_RATE
from domain.pacing.rules import NORMAL, Pacing

#: Of the official channel.
USUAL: Final = Pacing.at(DEFAULT_RATE)


def pace_on(channel: Channel, pacing: Pacing) -> Pacing:
    """As it was, where that is possible there. The official channel counts messages a second, the others wait
    between two."""
    if channel is Channel.CLOUD:
        return pacing if pacing.shortest == pacing.longest and not pacing.is_batched else USUAL
    return pacing if pacing.shortest >= MINIMUM_GAP[channel] and pacing != USUAL else NORMAL
