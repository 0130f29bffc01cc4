"""New campaign, step 5 over the official channel: how many messages a second."""

import re
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args
from bot.screens.draft_parsing import LONGEST_ANSWER
from bot.screens.draft_steps import back_row, next_button, packed
from bot.texts import plain, say
from domain.campaigns.model import Campaign
from domain.campaigns.official import RateRefused
from domain.campaigns.pace import USUAL
from domain.delivery.cloud_accounts import CloudAccount
from domain.kernel.errors import DomainError
from domain.pacing.rules import Pacing

#: What a button's choice carries: the usual rate, and as fast as the number may.
USUAL_CHOICE, HIGHEST_CHOICE = 0, 1
RATE: Final = re.compile(r"(\d{1,9})\s*(?:/|a|per)?\s*(?:s|sec|second)?", re.IGNORECASE)


class RateUnreadable(DomainError):
    """`text` as typed."""

    code = "rate.unreadable"


def highest_of(cloud: CloudAccount) -> int:
    return max(1, int(cloud.ceiling))


def pacing_of(choice: int, cloud: CloudAccount) -> Pacing | None:
    """What a tapped choice means; None for one that is not offered."""
    highest = highest_of(cloud)
    rates = {USUAL_CHOICE: min(round(USUAL.rate), highest), HIGHEST_CHOICE: highest}
    return Pacing.at(rates[choice]) if choice in rates else None


def parse_rate(text: str, cloud: CloudAccount) -> Pacing:
    """`20`, `50/s`. Raises RateUnreadable or RateRefused."""
    typed = text.strip()
    match = RATE.fullmatch(typed) if len(typed) <= LONGEST_ANSWER else None
    if match is None:
        raise RateUnreadable(text=typed[:LONGEST_ANSWER])
    rate, highest = int(match[1]), highest_of(cloud)
    if not 1 <= rate <= highest:
        raise RateRefused(highest=highest)
    return Pacing.at(rate)


def rate_view(args: Args, campaign: Campaign, cloud: CloudAccount, lang: str) -> View:
    highest = highest_of(cloud)
    key = "draft.rate.ask" if args.get("ask") else "draft.rate"
    text = say(key, lang, highest=highest, now=words.speed(campaign.pacing, lang))
    offered = {USUAL_CHOICE: "rate.usual"} if highest > round(USUAL.rate) else {}
    rows: list[tuple[Button, ...]] = []
    for choice, label in {**offered, HIGHEST_CHOICE: "rate.highest"}.items():
        pacing = pacing_of(choice, cloud)
        chosen = "✓ " if pacing == campaign.pacing else ""
        rate = round(pacing.rate) if pacing is not None else highest
        shown = chosen + plain(label, lang, rate=rate)
        rows.append((button(shown, "dr.pace", campaign.id, campaign.version, packed(choice, args)),))
    custom = button(plain("speed.custom", lang), "dr.pacex", campaign.id, x=packed(0, args))
    rows += [(custom,), (next_button("speed", args, lang),), back_row("speed", args, lang)]
    return View(text=text, rows=tuple(rows))
