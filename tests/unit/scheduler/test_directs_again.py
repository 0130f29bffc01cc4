"""Single messages that are refused for now wait their pause and leave once, or end; and their order."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.contacts import service as people
from domain.contacts.model import Consent
from domain.delivery.direct_retry import TRIED_FOR, pause_after
from domain.delivery.ports import Accepted, Fault, Rejected, SendOutcome, Unknown
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.errors import Interrupted
from domain.kernel.ids import DirectId
from domain.scheduler.events import DirectAnswered
from tests.fakes.stores import number_of
from tests.unit.scheduler.cloud_world import cloud_world
from tests.unit.scheduler.world import World, world

CAN = "+905320000001"
P = DirectPurpose
PAIR = Rejected("pair_too_fast", can_retry=True)
UNREAD = Rejected("news_waiting", can_retry=True, fault=Fault.PERSON)


async def queued(on: World, purpose: DirectPurpose, text: str = "Hello", *, number: str = CAN) -> DirectId:
    async with on.store.write() as unit:
        id = await unit.delivery.queue_direct(
            workspace_id=on.space, account_id=on.account, member_id=None, chat_id=None, purpose=purpose,
            number=number, text=text, media=None, desk="d", campaign_id=None, at=on.clock.now(),
        )  # fmt: skip
        await unit.commit()
    return id


def texts(on: World) -> list[str]:
    return [one.text for one in on.phones.sent]


@pytest.mark.parametrize("purpose", [P.ANSWER, P.AUTO, P.CONFIRM])
async def test_what_is_held_back_on_web_leaves_once_after_its_pauses(
    tmp_path: Path, purpose: DirectPurpose
) -> None:
    async with world(tmp_path) as on:
        if purpose is P.CONFIRM:
            await stopped(on)
        id = await queued(on, purpose)
        on.phones.answers = [UNREAD, UNREAD]
        for pause, tries in ((2, 1), (4, 2)):
            await on.slices().run(on.account)
            told, due = await on.direct(id), on.clock.now() + timedelta(seconds=pause)
            assert (told.state, told.tries) == (DirectState.QUEUED, tries)
            for _ in range(5):
                assert await on.slices().run(on.account) == due
            async with on.store.read() as unit:
                assert await unit.delivery.accounts_with_directs(now=on.clock.now()) == []
            on.clock.advance(seconds=pause)
        await on.slices().run(on.account)
        assert (await on.direct(id)).state is DirectState.SENT
        assert [one.key for one in on.phones.sent] == [f"d-d{id}", f"d-d{id}-2", f"d-d{id}-3"]
        assert len([event for event in on.heard.events if isinstance(event, DirectAnswered)]) == 1


async def stopped(on: World) -> None:
    await on.contact(CAN)
    async with on.store.write() as unit:
        can = await unit.contacts.by_number(on.space, CAN)
        assert can is not None
        await people.opt_out(unit.contacts, can, by=on.ayse, at=on.clock.now())
        again = await unit.contacts.by_number(on.space, CAN)
        assert again is not None and again.consent is Consent.REVOKED
        await unit.commit()


async def test_a_pair_that_was_too_fast_on_the_official_channel_is_waited_out(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        async with on.store.write() as unit:
            await unit.cloud.people_wrote(on.account, [(CAN, on.clock.now())])
            await unit.commit()
        first, second = await queued(on, P.ANSWER, "one"), await queued(on, P.ANSWER, "two")
        on.phones.answers = [PAIR, Accepted("a"), Accepted("b")]
        await on.run()
        for _ in range(4):
            on.clock.advance(seconds=7)
            await on.run()
        assert [(await on.direct(id)).state for id in (first, second)] == [DirectState.SENT] * 2
        assert sorted(texts(on)) == ["one", "one", "two"]


async def test_at_its_bound_it_fails_with_the_last_reason(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await queued(on, P.AUTO)
        on.phones.answers = [UNREAD] * 100
        for _ in range(20):
            await on.slices().run(on.account)
            on.clock.advance(seconds=30)
        told = await on.direct(id)
        assert (told.state, told.reason, len(on.phones.sent)) == (DirectState.FAILED, "news_waiting", 8)


async def test_a_transaction_that_is_undone_between_is_begun_anew(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await queued(on, P.ANSWER)
        undone: list[object] = []

        class Once:
            async def announce(self, unit: object, event: object) -> None:
                if not undone:
                    undone.append(event)
                    raise Interrupted

        await replace(on.slices(), announcer=Once()).run(on.account)
        assert undone and (await on.direct(id)).state is DirectState.SENT
        assert len(on.phones.sent) == 1


async def test_killed_before_the_refusal_is_kept_it_is_unknown_and_not_sent_again(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await queued(on, P.CONFIRM)
        async with on.store.write() as unit:
            await unit.delivery.claim_direct(on.account, owner="dead", lease_until=on.clock.now())
            await unit.delivery.abandon(owner_not="me")
            await unit.commit()
        for _ in range(3):
            await on.slices().run(on.account)
            on.clock.advance(minutes=1)
        assert ((await on.direct(id)).state, texts(on)) == (DirectState.UNKNOWN, [])


async def test_operators_come_before_automatic_answers_and_those_in_turn_with_campaigns(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        await on.running(2)
        for n in range(3):
            await queued(on, P.AUTO, f"auto {n}", number=number_of(50 + n))
        await queued(on, P.ANSWER, "answer")
        slices = on.slices()
        for _ in range(12):
            await slices.run(on.account)
            on.clock.advance(minutes=2)
        sent = ["campaign" if one.to in {number_of(0), number_of(1)} else one.text for one in on.phones.sent]
        assert sent == ["answer", "auto 0", "campaign", "auto 1", "campaign", "auto 2"] or (
            sent == ["answer", "auto 0", "campaign", "campaign", "auto 1", "auto 2"]
        )


@pytest.mark.parametrize("purpose", list(P))
def test_the_pauses_end_in_time_and_nothing_unknown_is_tried_again(purpose: DirectPurpose) -> None:
    for outcome in (PAIR, UNREAD):
        waited, tries = timedelta(), 0
        while (pause := pause_after(purpose, outcome, tries=tries)) is not None:
            waited, tries = waited + pause, tries + 1
        assert TRIED_FOR[purpose] / 2 < waited <= TRIED_FOR[purpose]
    never: list[SendOutcome] = [
        Unknown(), Accepted("x"), Rejected("blocked", can_retry=False),
        Rejected("token_refused", can_retry=True), Rejected("temporary", True, Fault.RESTRICTION),
    ]  # fmt: skip
    assert [pause_after(purpose, outcome, tries=0) for outcome in never] == [None] * 5
