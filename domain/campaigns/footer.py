"""The line below a campaign's text that says how to stop."""

import re
from typing import Final

from domain.accounts.model import Channel
from domain.campaigns.model import Campaign
from domain.contacts.folding import words
from domain.contacts.stop_texts import FOOTERS
from domain.delivery.content import MediaKind

#: Templates of the official channel have footers of their own, and simulated phones need none.
CHANNELS_WITH_FOOTER: Final = frozenset({Channel.WEB})
#: What carries no text below it.
_WITHOUT_TEXT: Final = frozenset({MediaKind.AUDIO, MediaKind.VOICE})
#: A line that tells people to write STOP, however it puts that.
_SAYS_STOP: Final = re.compile(r"(?<![\w-])STOP(?![\w-])")


def may_have_footer(campaign: Campaign, channel: Channel) -> bool:
    """Whether there is anything to choose."""
    is_silent = campaign.media is not None and campaign.media.kind in _WITHOUT_TEXT
    return channel in CHANNELS_WITH_FOOTER and campaign.template is None and not is_silent


def footer_of(campaign: Campaign, channel: Channel, language: str) -> str:
    """The line in the workspace's language; empty where there is none, or where the text says it already."""
    if not campaign.footer or not may_have_footer(campaign, channel):
        return ""
    footer = FOOTERS.get(language, FOOTERS["en"])
    says_it = _SAYS_STOP.search(campaign.text) or words(footer) in words(campaign.text)
    return "" if says_it else footer


def with_footer(text: str, footer: str) -> str:
    return "\n\n".join(part for part in (text, footer) if part)


def room_of(footer: str) -> int:
    """Characters that it takes from a text's limit."""
    return len(with_footer("-", footer)) - 1
