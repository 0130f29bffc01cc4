"""Promises of LinkingStore, and of what accounts gained by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import link_service
from domain.accounts.linking import BeingLinked, Leftover, Linking, LinkingPhase, LinkingState, LinkMode
from domain.accounts.model import Account, AccountState, Channel
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, LinkingId
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace

S = LinkingState


async def begin(
    unit: Unit,
    bakery: Bakery,
    *,
    account: Account | None = None,
    mode: LinkMode = LinkMode.QR,
    number: str | None = None,
    chat_id: int = 7,
) -> Linking:
    return await link_service.begin(
        unit.linkings, unit.accounts, workspace_id=bakery.space, account=account, mode=mode, number=number,
        chat_id=chat_id, telegram_id=chat_id, name=lambda id: f"d-{id}", at=NOW,
    )  # fmt: skip


async def unlinked(unit: Unit, bakery: Bakery, *, remote: str = "web-1") -> Account:
    id = await unit.accounts.create(
        workspace_id=bakery.space, channel=Channel.WEB, number="+905321234567", name="Bakery", remote=remote,
        state=AccountState.CONNECTED, at=NOW,
    )  # fmt: skip
    await unit.accounts.set_state(id, AccountState.UNLINKED, reason="unlinked", at=NOW)
    return await unit.accounts.account(id)


async def test_a_linking_is_named_after_itself_and_every_change_is_kept(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        made = await begin(unit, bakery, mode=LinkMode.CODE, number="+905321234567")
        assert made.remote == f"d-{made.id}" and made.ends_at == NOW + timedelta(minutes=3)
        shown = await unit.linkings.update(
            replace(made, phase=LinkingPhase.SHOWN, reason="r", other="o"), expected=made.version
        )
        await unit.linkings.set_message(made.id, 2**40, shown="code:")
        await unit.commit()
    async with other_process.read() as unit:
        kept = await unit.linkings.linking(bakery.space, made.id)
        assert kept == replace(shown, message_id=2**40, shown="code:")
        assert await unit.linkings.unfinished() == [kept] == await unit.linkings.open_in(7)
        with pytest.raises(NotFound):
            await unit.linkings.any(LinkingId(777))


async def test_of_two_who_change_it_one_loses(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        made = await begin(unit, bakery)
        await unit.linkings.update(replace(made, state=S.LINKED), expected=made.version)
        with pytest.raises(Conflict):
            await unit.linkings.update(replace(made, state=S.CANCELLED), expected=made.version)


async def test_another_workspace_does_not_find_it(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        made, florist = await begin(unit, bakery), await a_workspace(unit, name="Florist")
        with pytest.raises(NotFound):
            await unit.linkings.linking(florist, made.id)
        assert await unit.linkings.open_of(florist) == []


async def test_an_ended_one_is_finished_once_its_message_is_gone(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        made = await begin(unit, bakery)
        await unit.linkings.set_message(made.id, 5, shown="qr:x")
        ended = await link_service.close(unit.linkings, unit.accounts, made, S.ENDED, at=NOW)
        assert [one.id for one in await unit.linkings.unfinished()] == [ended.id]
        assert await unit.linkings.leftovers(now=NOW) == [(made.remote, Leftover.DELETE)]
        await unit.linkings.set_message(made.id, None, shown="")
        assert await unit.linkings.unfinished() == []


async def test_a_second_wish_in_the_same_chat_changes_the_mode_of_the_first(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        first = await begin(unit, bakery)
        assert await begin(unit, bakery) == first
        code = await begin(unit, bakery, mode=LinkMode.CODE, number="+905321234567")
        assert (code.id, code.remote, code.mode) == (first.id, first.remote, LinkMode.CODE)
        account = await unlinked(unit, bakery)
        other = await begin(unit, bakery, account=account)
        assert other.id != first.id and other.remote == "web-1"
        assert (await unit.linkings.any(first.id)).state is S.CANCELLED
        assert await unit.linkings.leftovers(now=NOW) == [(first.remote, Leftover.DELETE)]


async def test_one_number_is_linked_again_by_one_chat_at_a_time(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await unlinked(unit, bakery)
        mine = await begin(unit, bakery, account=account)
        with pytest.raises(BeingLinked):
            await begin(unit, bakery, account=account, chat_id=8)
        theirs = await unit.linkings.create(
            workspace_id=bakery.space, account_id=account.id, mode=LinkMode.QR, number=None, chat_id=8,
            telegram_id=8, at=NOW,
        )  # fmt: skip
        made = await unit.linkings.any(theirs)
        await unit.commit()
    async with store.write() as unit:
        with pytest.raises(Conflict):
            await unit.linkings.update(replace(made, remote=mine.remote), expected=made.version)


async def test_wanting_a_session_again_keeps_it_from_being_taken_back(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await unlinked(unit, bakery)
        made = await begin(unit, bakery, account=account)
        await link_service.close(unit.linkings, unit.accounts, made, S.ENDED, at=NOW)
        assert await unit.linkings.leftover("web-1") is Leftover.LOGOUT
        await begin(unit, bakery, account=account)
        assert await unit.linkings.leftover("web-1") is None


async def test_a_restricted_number_keeps_its_link_when_nothing_comes_of_linking_it_again(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await unlinked(unit, bakery)
        await unit.accounts.set_state(account.id, AccountState.RESTRICTED, reason="restricted", at=NOW)
        made = await begin(unit, bakery, account=account)
        await link_service.close(unit.linkings, unit.accounts, made, S.FAILED, reason="restricted", at=NOW)
        assert await unit.linkings.leftovers(now=NOW) == []


async def test_to_delete_outdoes_to_log_out_and_waits_for_its_time(store: Database) -> None:
    async with store.write() as unit:
        of = unit.linkings
        await of.leave("a", Leftover.LOGOUT, at=NOW)
        await of.leave("a", Leftover.DELETE, at=NOW)
        await of.leave("a", Leftover.LOGOUT, at=NOW)
        await of.leftover_later("a", due_at=NOW + timedelta(seconds=15))
        assert await of.leftovers(now=NOW) == []
        assert await of.leftovers(now=NOW + timedelta(seconds=15)) == [("a", Leftover.DELETE)]
        await of.wanted_again("a")
        assert await of.leftover("a") is None


async def test_news_that_are_left_to_be_read_are_known_by_their_account_and_since_when(
    store: Database, bakery: Bakery
) -> None:
    """It counts from when they were left, though the session was to be logged out for long."""
    before, later = NOW - timedelta(days=2), NOW + timedelta(hours=12)
    async with store.write() as unit:
        of, account = unit.linkings, await unlinked(unit, bakery)
        await of.leave("a", Leftover.LOGOUT, at=before)
        assert await of.news_left("a") is None
        await of.leave("a", Leftover.DELETE, at=NOW, news_of=account.id)
        assert await of.news_left("a") == (account.id, NOW)
        assert await of.has_news_left(account.id, since=before)
        assert not await of.has_news_left(account.id, since=later)
        assert not await of.has_news_left(AccountId(777), since=before)
        await of.news_taken_in("a")
        assert await of.news_left("a") is None and await of.leftover("a") is Leftover.DELETE
        assert not await of.has_news_left(account.id, since=before)


async def test_a_removed_number_leaves_its_news_to_be_read_and_is_still_to_be_found(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await unlinked(unit, bakery)
        await link_service.forget(unit.linkings, unit.accounts, account, at=NOW)
        await unit.accounts.remove(account.id)
        assert await unit.linkings.news_left(account.remote) == (account.id, NOW)
        assert await unit.accounts.known(account.id) is None
        found = await unit.accounts.ever(account.id)
        assert found is not None and found.number == account.number
        await unit.operators.wipe(bakery.space)
        assert await unit.accounts.ever(account.id) is None


async def test_an_account_linked_under_another_session_reads_its_news_from_the_beginning(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await unlinked(unit, bakery)
        await unit.accounts.set_news_cursor(account.id, 9)
        await unit.accounts.relink(account.id, remote="web-1", name="Bakery", at=NOW, linked_cursor=12)
        same = await unit.accounts.account(account.id)
        assert (same.state, same.news_cursor, same.state_reason) == (AccountState.CONNECTED, 9, None)
        assert same.linked_cursor == 12
        await unit.accounts.relink(account.id, remote="web-2", name="Pier", at=NOW)
        other = await unit.accounts.account(account.id)
        assert (other.remote, other.news_cursor, other.name) == ("web-2", 0, "Pier")
        with pytest.raises(NotFound):
            await unit.accounts.relink(AccountId(777), remote="x", name="", at=NOW)


async def test_whoever_is_wiped_leaves_no_phone_linked(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await unlinked(unit, bakery)
        made = await begin(unit, bakery)
        await link_service.forget_all(unit.linkings, unit.accounts, bakery.space, at=NOW)
        await unit.operators.wipe(bakery.space)
        left = dict(await unit.linkings.leftovers(now=NOW))
        assert left == {"web-1": Leftover.DELETE, made.remote: Leftover.DELETE}
