"""A shop that has been at it for a while: members, a linked number, people who agreed, campaigns."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.model import AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.campaigns.start import Start
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.ids import AccountId, CampaignId, ListId, MemberId, WorkspaceId
from domain.operators.chat import ProgressMessage
from domain.operators.model import TERMS_VERSION, Role
from domain.pacing.rules import Pacing
from domain.scheduler.timers import desk_of
from tests.chat.stage import AYSE, Stage, eventually, stage
from tests.fakes.stores import rich

AT_ONCE = Pacing(shortest=timedelta(0), longest=timedelta(0))
SLOWLY = Pacing(shortest=timedelta(seconds=0.4), longest=timedelta(seconds=0.4))
#: So slow that a running campaign sends once and then waits for the test to put the clock forward.
HALTING = Pacing(shortest=timedelta(minutes=30), longest=timedelta(minutes=30))


def number_of(n: int) -> str:
    """The n-th person's number."""
    return f"+9053{n:08d}"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One workspace, whose people are Person 0, Person 1, …, all of whom agreed."""

    on: Stage
    space: WorkspaceId
    member: MemberId
    account: AccountId
    remote: str
    number: str
    everybody: ListId

    async def draft(
        self, *, text: str = "Hello {name}", pacing: Pacing = AT_ONCE, name: str = "Spring"
    ) -> Campaign:
        """Complete and not started."""
        at = self.on.clock.now()
        audience = Audience(kind=AudienceKind.LIST, ref=str(self.everybody))
        async with self.on.store.write() as unit:
            made = await service.create(
                desk_of(unit), self.space, self.member, name=name, at=at, audience=audience
            )
            saved = await unit.campaigns.save(replace(made, text=text, pacing=pacing), expected=made.version)
            await unit.commit()
        return saved

    async def start(
        self,
        *,
        text: str = "Hello {name}",
        pacing: Pacing = AT_ONCE,
        media: Media | None = None,
        name: str = "Spring",
    ) -> CampaignId:
        """A campaign to everybody, under way, with its live message in Ayşe's chat."""
        draft = await self.draft(text=text, pacing=pacing, name=name)
        async with self.on.store.write() as unit:
            if media is not None:
                draft = await unit.campaigns.save(replace(draft, media=media), expected=draft.version)
            settings = self.on.settings
            start = Start(caps=settings.caps, price=settings.points_per_recipient)
            at = self.on.clock.now()
            await start.run(desk_of(unit), draft, expected=draft.version, at=at)
            await unit.chat.save_progress_message(
                ProgressMessage(
                    campaign_id=draft.id, chat_id=AYSE, message_id=None, shown="", edited_at=None, edits=0
                )
            )
            await unit.commit()
        return draft.id

    async def campaign(self, id: CampaignId) -> Campaign:
        async with self.on.store.read() as unit:
            return await unit.campaigns.any(id)

    async def tally(self, id: CampaignId) -> Tally:
        async with self.on.store.read() as unit:
            return await unit.delivery.tally(id)

    async def states(self, id: CampaignId) -> Counter[RecipientState]:
        async with self.on.store.read() as unit:
            rows = await unit.delivery.recipients(id, limit=1000)
        return Counter(row.state for row in rows)

    async def until(self, id: CampaignId, state: CampaignState) -> Campaign:
        """The campaign once it is in that state."""

        async def reached() -> bool:
            return (await self.campaign(id)).state is state

        await eventually(reached, f"campaign {id} is {state}")
        return await self.campaign(id)

    async def until_got(self, messages: int) -> None:
        """Until the phones hold so many."""

        async def reached() -> bool:
            return len(self.on.world.received) >= messages

        await eventually(reached, f"{messages} messages on the phones")

    async def until_tried(self, id: CampaignId, number: str, tries: int) -> None:
        """Until so many attempts to reach that person were made and answered."""

        async def reached() -> bool:
            async with self.on.store.read() as unit:
                rows = await unit.delivery.recipients(id, limit=1000)
            one = next(row for row in rows if row.number == number)
            return one.attempts >= tries and one.state is not RecipientState.CLAIMED

        await eventually(reached, f"{tries} attempts to reach {number}")

    def got(self) -> Sequence[tuple[str, str]]:
        """What the phones got: number and text, in order of number."""
        return sorted((one.number, one.text) for one in self.on.world.received)


async def open_shop(on: Stage, people: int = 3, *, members: Sequence[int] = (AYSE,)) -> Shop:
    """All of it in the database, as if done long ago. The bot need not run."""
    at = on.clock.now()
    linked = await on.world.link(link_key="desk-1-0")
    async with on.store.write() as unit:
        space = await unit.operators.create_workspace(
            name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, space)
        ids = []
        for telegram_id in members:
            member = await unit.operators.create_member(
                workspace_id=space, telegram_id=telegram_id, name="Ayşe", role=Role.OWNER, at=at
            )
            await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
            ids.append(member)
        account = await unit.accounts.create(
            workspace_id=space, channel=Channel.SIMULATED, number=linked.number, name="Simulated",
            remote=linked.id, state=AccountState.CONNECTED, at=at,
        )  # fmt: skip
        everybody = await unit.contacts.create_list(space, "everybody", at=at)
        rows = [ImportedRow(number=number_of(n), name=f"Person {n}", attributes={}) for n in range(people)]
        await unit.contacts.save_rows(space, everybody, rows, at=at)
        agreed = ConsentEvent(granted=True, source=ConsentSource.SIGNED_UP, evidence="a form", at=at)
        await unit.contacts.record_list_consent(everybody, agreed)
        await unit.commit()
    return Shop(
        on=on, space=space, member=ids[0], account=account, remote=linked.id, number=linked.number,
        everybody=everybody,
    )  # fmt: skip


@asynccontextmanager
async def entered(folder: Path) -> AsyncIterator[tuple[Stage, SandboxChat]]:
    """A desk at work, its shop open, and Ayşe at home in her chat."""
    async with stage(folder) as on, on.running():
        await open_shop(on)
        await enter(on.ayse)
        yield on, on.ayse


async def enter(chat: SandboxChat) -> None:
    """Home on screen; from here on the bot may write to this chat."""
    await chat.say("/start")
    await chat.wait_for(lambda m: bool(m.buttons), fresh=True)


async def open_campaign(chat: SandboxChat, name: str = "Spring") -> ShownMessage:
    """The screen of the campaign with that name; the panel that shows it."""
    await chat.say("/campaigns")
    await chat.wait_for(lambda m: any(name in text for text in m.button_texts))
    await chat.tap(name)
    return await chat.wait_for(lambda m: name in m.words and "⬅ Back" in m.button_texts)
