"""Under the message about what somebody wrote stands what fits them as they stand then."""

from collections.abc import Sequence
from pathlib import Path

from bot.screens.talk_parts import our_numbers
from domain.kernel.ids import ContactId
from domain.scheduler.forgetting import forget_person
from tests.fakes.stores import an_account, number_of
from tests.unit.bot.told_chats import Told, told_chats

#: Beside the shop's people.
STRANGER = 77


async def told_of(told: Told, *messages: tuple[int, str], name: str = "") -> Sequence[str]:
    """The buttons under the last message that came of it."""
    told.clock.advance(minutes=1)
    await told.write(*messages, name=name)
    await told.tell_all(told.teller())
    return told.telegram.sent[-1].buttons


async def test_who_has_said_stop_is_not_opted_out_again_and_who_came_back_can_be(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        assert await told_of(told, (1, "hello")) == ["🛑 Opt out", "🔕 Mute", "👤 Contact"]
        assert await told_of(told, (1, "STOP")) == ["🔕 Mute", "👤 Contact"]
        assert await told_of(told, (1, "why do you write?")) == ["🔕 Mute", "👤 Contact"]
        assert await told_of(told, (1, "START")) == ["🛑 Opt out", "🔕 Mute", "👤 Contact"]


async def test_a_stranger_can_be_added_or_opted_out_until_they_are_a_contact(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        assert await told_of(told, (STRANGER, "hello")) == ["➕ Add", "🛑 Opt out", "🔕 Mute"]
        # By their own STOP they become one, to be known by whatever file brings them.
        assert await told_of(told, (STRANGER, "STOP")) == ["🔕 Mute", "👤 Contact"]
        assert await told_of(told, (STRANGER, "START")) == ["🛑 Opt out", "🔕 Mute", "👤 Contact"]


async def test_a_stranger_is_called_as_they_call_themselves_at_whatsapp(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told_of(told, (STRANGER, "hello"), name="Zoë\u202e <b>")
        assert "Zoë &lt;b&gt;" in told.telegram.texts()[-1]
        await told_of(told, (STRANGER, "again"))
        assert "Zoë" in told.telegram.texts()[-1], "a message that does not say so takes no name away"
        await told_of(told, (1, "hello"), name="Somebody")
        assert "Person 1" in told.telegram.texts()[-1] and "Somebody" not in told.telegram.texts()[-1]
        async with told.store.read() as unit:
            found = await unit.conversations.search(told.space, "zoe", offset=0, limit=5)
        assert [one.number for one in found] == [number_of(STRANGER)]


async def test_of_whoever_was_forgotten_there_is_nothing_to_open_or_add(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told_of(told, (1, "hello"))
        async with told.store.write() as unit:
            contact = await unit.contacts.by_number(told.space, number_of(1))
            assert contact is not None
            [member] = await unit.operators.members(told.space)
            await forget_person(
                unit, told.space, ContactId(contact.id), by=member.id, called="-", at=told.clock.now()
            )
            await unit.commit()
        assert await told_of(told, (1, "hello again"), name="Ayşe") == ["🔕 Mute"]
        assert "Ayşe" not in told.telegram.texts()[-1], "nothing is kept of them anew"


async def test_our_number_is_named_where_there_are_several(tmp_path: Path) -> None:
    async with told_chats(tmp_path) as told:
        await told_of(told, (1, "to the only one"))
        assert "your number" not in told.telegram.texts()[-1]
        async with told.store.write() as unit:
            other = await an_account(unit, told.space, number="+447700900002", remote="sim-2")
            second = await unit.accounts.account(other)
            await unit.commit()
        first = told.account
        for account in (first, second):
            told.account = account
            await told_of(told, (1, "which one?"))
            assert f"at your number {account.number}" in told.telegram.texts()[-1]
            await told_of(told, (1, "STOP"))
            assert f"at your number {account.number}" in told.telegram.texts()[-1]
            told.clock.advance(days=1)
            await told_of(told, (1, "START"))
        # Also where one of them was taken out since.
        async with told.store.write() as unit:
            await unit.accounts.remove(second.id)
            talks, _ = await unit.conversations.page(told.space, None, offset=0, limit=5)
            shown = await our_numbers(unit, told.space, talks)
            assert sorted(shown.values()) == sorted([first.number, second.number])
            assert (
                await our_numbers(unit, told.space, [one for one in talks if one.account_id == first.id])
                == {}
            )
