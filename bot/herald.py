"""Tells other processes on the same database what changed, and passes on what they tell."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

import structlog

from bot.senders import Hints
from bot.tasks import Bell
from domain.kernel.ids import AccountId, CampaignId

log = structlog.get_logger(__name__)

#: Nobody tells another process anything more often than this, in seconds.
GATHER: Final = 0.1
#: Words in one message; PostgreSQL takes 8,000 bytes.
MOST_WORDS: Final = 200


class Herald:
    """Hints, not truth: what is lost is found by looking. `accounts` and `campaigns` hear what others say."""

    def __init__(self, hints: Hints, tell: Callable[[Collection[str]], Awaitable[None]]) -> None:
        self._tell, self._bell = tell, Bell(rest=GATHER)
        #: What is to be told; of a campaign, whether at once.
        self._words: dict[str, bool] = {}
        self.accounts: list[Callable[[AccountId], None]] = []
        self.campaigns: list[Callable[[CampaignId, bool], None]] = []
        hints.on_account.append(lambda id: self._note(f"account:{id}", at_once=False))
        hints.on_campaign.append(lambda id, at_once: self._note(f"campaign:{id}", at_once=at_once))

    def _note(self, word: str, *, at_once: bool) -> None:
        self._words[word] = self._words.get(word, False) or at_once
        self._bell.ring()

    async def run(self) -> None:
        while True:
            await self._bell.wait(60)
            words = [f"{word}:{int(at_once)}" for word, at_once in self._words.items()]
            self._words.clear()
            try:
                for n in range(0, len(words), MOST_WORDS):
                    await self._tell(words[n : n + MOST_WORDS])
            except Exception as error:
                log.warning("other processes are not told", error=type(error).__name__)

    def hear(self, word: str) -> None:
        """What another process told; from a newer version it may be something unknown."""
        kind, _, rest = word.partition(":")
        id, _, at_once = rest.partition(":")
        if not id.isdecimal():
            return
        if kind == "account":
            for poke in self.accounts:
                poke(AccountId(int(id)))
        elif kind == "campaign":
            for changed in self.campaigns:
                changed(CampaignId(int(id)), at_once == "1")
