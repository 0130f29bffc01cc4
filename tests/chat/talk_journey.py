"""One conversation, as an operator and a few people have it, over whichever channel: a campaign, a reply, its
notice, the answer, a rule, a STOP in the middle, and what never comes after it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

import xlsxwriter

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind, CampaignState
from domain.campaigns.start import Start
from domain.delivery.recipients import RecipientState
from domain.delivery.store import RecipientRow
from domain.delivery.template_values import CampaignTemplate
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.timers import desk_of
from storage.database import Database
from tests.chat.stage import eventually

PEOPLE: Final = 8
PATIENCE: Final = 60.0
#: The first and the last of a campaign: there is time to pause it between them.
FIRST, LAST = "+905300000000", f"+9053000000{PEOPLE - 1:02d}"
GONE: Final = "You will get no more messages"


class FarSide(Protocol):
    """The phones of the people, whatever they are made of."""

    async def writes(self, who: str, text: str) -> None: ...

    async def got(self, who: str) -> Sequence[str]:
        """The texts that reached them, in order."""
        ...


def sheet() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Customers")
        page.write_row(0, 0, ["Name", "Phone"])
        for n in range(PEOPLE):
            page.write_row(n + 1, 0, [f"Person {n}", f"+9053000000{n:02d}"])
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class TalkJourney:
    """`chat` is at home, and has one number that is connected. The first campaign leaves at `pacing`, so
    that it can be paused, later ones at `quick`. With `template` they send that."""

    chat: SandboxChat
    store: Database
    far: FarSide
    pacing: Pacing
    quick: Pacing
    template: CampaignTemplate | None = None

    async def play(self) -> None:
        await self._bring_people()
        await self._make_a_rule()
        first = await self._start("Spring", self.pacing)
        await self._until_got(FIRST, 1, "the campaign reaches the first")
        await self._pause("Spring")
        notice = await self._a_reply_is_told()
        await self._it_is_answered(notice)
        await self._a_rule_answers()
        stopped = await self._stop_in_the_middle()
        await self._resume("Spring")
        await self._ended(first)
        await self._left_out(first)
        await self._operators_cannot_undo_it(stopped)
        await self._bring_people(again=True)
        later = await self._start("Summer", self.quick)
        await self._ended(later)
        assert [row.number for row in await self._rows(later) if row.state is RecipientState.EXCLUDED] == [
            LAST
        ]
        assert len(await self.far.got(FIRST)) == 4
        [confirmed] = await self.far.got(LAST)
        assert confirmed.startswith(GONE)
        await self._their_own_word_brings_them_back()

    async def _bring_people(self, *, again: bool = False) -> None:
        chat = self.chat
        await chat.upload(sheet(), "customers.xlsx")
        await chat.tap("That's right", timeout=PATIENCE)
        await self._see("1 opted out" if again else f"{PEOPLE} ready")
        await chat.tap("They signed up")
        await self._see(f"{PEOPLE - again} can be messaged")

    async def _make_a_rule(self) -> None:
        chat = self.chat
        await chat.say("/rules")
        await chat.tap("New rule", timeout=PATIENCE)
        await chat.tap("Contains words")
        await self._see("has to contain")
        await chat.say("price")
        await chat.tap("Answer with a text", timeout=PATIENCE)
        await self._see("Type the answer")
        await chat.say("It is 3 €, {name}.")
        await chat.tap("Turn on", timeout=PATIENCE)
        await self._see("🟢 on")

    async def _start(self, name: str, pacing: Pacing) -> CampaignId:
        """To the newest list."""
        async with self.store.write() as unit:
            [space] = await unit.operators.workspaces()
            [member] = await unit.operators.members(space.id)
            newest, *_ = await unit.contacts.lists(space.id)
            at = datetime.now(UTC)
            audience = Audience(kind=AudienceKind.LIST, ref=str(newest.id))
            made = await service.create(
                desk_of(unit), space.id, member.id, name=name, at=at, audience=audience
            )
            text = "" if self.template else "Hello {name}, spring is here."
            draft = replace(made, text=text, template=self.template, pacing=pacing)
            draft = await unit.campaigns.save(draft, expected=made.version)
            start = Start(caps=Caps(a_campaign=PEOPLE, a_day=500), price=1)
            await start.run(desk_of(unit), draft, expected=draft.version, at=at)
            await unit.commit()
        return made.id

    async def _pause(self, name: str) -> None:
        await self.chat.say("/campaigns")
        await self.chat.tap(name, timeout=PATIENCE)
        await self.chat.tap("Pause", timeout=PATIENCE)
        await self._see("⏸ Spring: paus")  # "pausing", while somebody is on their way

    async def _resume(self, name: str) -> None:
        await self.chat.say("/campaigns")
        await self.chat.tap(name, timeout=PATIENCE)
        await self.chat.tap("Resume", timeout=PATIENCE)

    async def _a_reply_is_told(self) -> ShownMessage:
        await self.far.writes(FIRST, "Lovely! Until when?")
        notice = await self._told("Lovely! Until when?")
        assert "Person 0" in notice.words and FIRST in notice.words and "Spring" in notice.words
        return notice

    async def _it_is_answered(self, notice: ShownMessage) -> None:
        await self.chat.say("Until six.", reply_to=notice)
        await self._until_got(FIRST, 2, "the answer is there")
        assert (await self.far.got(FIRST))[1] == "Until six."
        await self._see("✓")

    async def _a_rule_answers(self) -> None:
        await self.far.writes(FIRST, "And the price?")
        notice = await self._told("And the price?")
        assert "answered by a rule" in notice.words
        await self._until_got(FIRST, 3, "the rule's answer is there")
        assert (await self.far.got(FIRST))[2] == "It is 3 €, Person 0."

    async def _stop_in_the_middle(self) -> ShownMessage:
        """Twice: it is confirmed once."""
        for word in ("Stop!", "STOP"):
            await self.far.writes(LAST, word)
        stopped = await self._told("said stop")
        assert "Person 7" in stopped.words
        await self._until_got(LAST, 1, "the stop is confirmed")
        return stopped

    async def _left_out(self, id: CampaignId) -> None:
        [row] = [row for row in await self._rows(id) if row.number == LAST]
        assert (row.state, row.reason) == (RecipientState.SKIPPED, "stopped")
        others = [row for row in await self._rows(id) if row.number != LAST]
        assert all(row.sent_at is not None for row in others)

    async def _operators_cannot_undo_it(self, stopped: ShownMessage) -> None:
        """Not by a word of theirs, nor by what they record."""
        await self.chat.say("START", reply_to=stopped)
        await self._see("Only they can undo that")
        await self.chat.say("/contacts")
        await self.chat.tap("Search", timeout=PATIENCE)
        await self.chat.say("Person 7")
        await self.chat.tap("Person 7", timeout=PATIENCE)
        card = await self.chat.wait_for(
            lambda m: LAST in m.words and "⬅ Back" in m.button_texts, timeout=PATIENCE, fresh=False
        )
        assert not any("agreed" in text.casefold() for text in card.button_texts)

    async def _their_own_word_brings_them_back(self) -> None:
        await self.far.writes(LAST, "START")
        await self._told("said start")
        last = await self._start("Autumn", self.quick)
        await self._ended(last)
        await self._until_got(LAST, 2, "a campaign reaches them again")

    async def _ended(self, id: CampaignId) -> None:
        async def over() -> bool:
            async with self.store.read() as unit:
                return (await unit.campaigns.any(id)).state is CampaignState.COMPLETED

        await eventually(over, f"campaign {id} is over", seconds=PATIENCE)

    async def _rows(self, id: CampaignId) -> Sequence[RecipientRow]:
        async with self.store.read() as unit:
            return await unit.delivery.recipients(id, limit=100)

    async def _until_got(self, who: str, messages: int, what: str) -> None:
        async def there() -> bool:
            return len(await self.far.got(who)) >= messages

        await eventually(there, what, seconds=PATIENCE)

    async def _see(self, words: str) -> ShownMessage:
        return await self.chat.wait_for(words, timeout=PATIENCE, fresh=False)

    async def _told(self, words: str) -> ShownMessage:
        """A notice, which is no panel."""
        return await self.chat.wait_for(
            lambda m: words in m.words and "⬅ Back" not in m.button_texts, timeout=PATIENCE, fresh=False
        )
