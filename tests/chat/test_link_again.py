"""Numbers of WhatsApp Web that are known: linked again, scanned by the wrong phone, removed; and those of
somebody else."""

from pathlib import Path

from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState
from domain.delivery.ports import AccountNews
from domain.kernel.ids import AccountId
from domain.operators.model import TERMS_VERSION, Role
from tests.chat.link_parts import (
    BAKERY,
    PIER,
    a_web_shop,
    accounts,
    ask_for_qr,
    gone,
    linked_before,
    linkings,
    the_code,
    the_qr,
    until_deleted,
    waiting,
)
from tests.chat.shop import HALTING, enter, entered, open_shop
from tests.chat.stage import DENIZ, Stage, eventually, stage

UNLINKED, CONNECTED = AccountState.UNLINKED, AccountState.CONNECTED


async def state_of(on: Stage, id: AccountId) -> AccountState:
    async with on.store.read() as unit:
        return (await unit.accounts.account(id)).state


async def until_state(on: Stage, id: AccountId, state: AccountState) -> None:
    async def is_so() -> bool:
        return await state_of(on, id) is state

    await eventually(is_so, f"account {id} is {state}")


async def test_an_unlinked_phone_pauses_campaigns_by_name_and_is_linked_again_from_the_notice(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_web_shop(on)
        chat = on.ayse
        await enter(chat)
        id = await shop.start(pacing=HALTING)
        await shop.until_got(1)
        on.web.unlink(shop.remote)
        await on.world.turn(shop.remote, "unlinked")
        await shop.until(id, CampaignState.PAUSED)
        notice = await chat.wait_for("📵", fresh=False)
        assert "Paused: Spring" in notice.words and "🔁 Link again" in notice.button_texts
        await chat.tap("Link again", message=notice)
        await chat.wait_for(f"Link {shop.number} again")
        await chat.tap("Show QR")
        picture = await the_qr(chat)
        assert on.web.waiting == [shop.remote]
        on.web.scan(shop.remote, shop.number, "Bakery")
        await gone(chat, picture)
        await chat.wait_for("Paused campaigns wait for your Resume", fresh=False)
        assert await state_of(on, shop.account) is CONNECTED
        assert (await shop.campaign(id)).state is CampaignState.PAUSED
        async with on.store.read() as unit:
            log, _ = await unit.activity.list(shop.space)
        assert "account.again" in {line.what for line in log}


async def test_news_that_an_unlinked_number_is_back_waits_for_the_chat_to_see_whose_it_is(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_web_shop(on)
        await enter(on.ayse)
        await on.world.turn(shop.remote, "unlinked")
        await until_state(on, shop.account, UNLINKED)
        await on.world.turn(shop.remote, "connected")

        async def read() -> bool:
            async with on.store.read() as unit:
                return (await unit.accounts.account(shop.account)).news_cursor >= 2

        await eventually(read, "both news are read")
        assert await state_of(on, shop.account) is UNLINKED


async def test_the_code_of_a_known_number_needs_no_typing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        id = await linked_before(shop, state=UNLINKED)
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap(f"Link {BAKERY} again")
        await chat.tap("Use a code")
        assert BAKERY in (await the_code(chat)).words
        on.web.tell("web-1", AccountNews(state="unlinked", at=on.clock.now()))
        on.web.enter_code("web-1", on.web.code_of("web-1") or "")
        await until_state(on, id, CONNECTED)
        async with on.store.read() as unit:
            account = await unit.accounts.account(id)
        assert account.linked_cursor == 1, "what was told before it was linked is of before"


async def test_another_phone_than_the_one_to_be_linked_again_is_refused_with_both_numbers(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        id = await linked_before(shop, state=UNLINKED)
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap(f"Link {BAKERY} again")
        await chat.tap("Show QR")
        picture = await the_qr(chat)
        on.web.scan("web-1", PIER, "The pier")
        told = await chat.wait_for("You scanned with", fresh=False)
        assert PIER in told.words and BAKERY in told.words
        await gone(chat, picture)
        number, since = on.web.wishes["web-1"]
        assert number == BAKERY and since is not None, "its worker unlinks any other phone"

        async def logged_out() -> bool:
            return "web-1" in on.web.logged_out

        await eventually(logged_out, "the stranger's phone is unlinked")
        assert await state_of(on, id) is UNLINKED
        assert {a.number for a in await accounts(on)} == {shop.number, BAKERY}
        assert on.web.deleted == []
        await chat.tap("Show a new QR")
        again = await the_qr(chat)
        assert again.message_id != picture.message_id
        on.web.scan("web-1", BAKERY)
        await until_state(on, id, CONNECTED)


async def test_a_second_link_of_a_connected_number_is_taken_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        id = await linked_before(shop)
        chat = on.ayse
        await enter(chat)
        await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.scan(remote, BAKERY)
        await chat.wait_for("is linked here already", fresh=False)
        await until_deleted(on, remote)
        assert await state_of(on, id) is CONNECTED and len(await accounts(on)) == 2


async def test_scanning_an_unlinked_number_as_a_new_one_brings_it_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        id = await linked_before(shop, state=UNLINKED)
        chat = on.ayse
        await enter(chat)
        await ask_for_qr(chat)
        remote = await waiting(on)
        on.web.scan(remote, BAKERY, "Bakery")
        await until_state(on, id, CONNECTED)
        async with on.store.read() as unit:
            account = await unit.accounts.account(id)
        assert account.remote == remote
        await until_deleted(on, "web-1")


async def test_a_number_of_another_workspace_is_refused_without_saying_whose(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await open_shop(on)
        at = on.clock.now()
        async with on.store.write() as unit:
            florist = await unit.operators.create_workspace(
                name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=at
            )
            member = await unit.operators.create_member(
                workspace_id=florist, telegram_id=DENIZ, name="Deniz", role=Role.OWNER, at=at
            )
            await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
            await unit.commit()
        theirs = on.client.chat(DENIZ)
        await enter(theirs)
        await ask_for_qr(theirs)
        first = await waiting(on)
        on.web.scan(first, BAKERY, "Florist's phone")
        await theirs.wait_for("Your messages can leave from it now", fresh=False)
        chat = on.ayse
        await enter(chat)
        picture = await ask_for_qr(chat)
        second = await waiting(on)
        on.web.scan(second, BAKERY, "Florist's phone")
        told = await chat.wait_for("cannot be linked here", fresh=False)
        assert "Florist" not in told.words
        await gone(chat, picture)
        await until_deleted(on, second)
        [theirs_still] = [a for a in await accounts(on) if a.number == BAKERY]
        assert (theirs_still.workspace_id, theirs_still.remote) == (florist, first)


async def test_two_numbers_are_linked_and_each_is_shown_with_how_it_is_doing(tmp_path: Path) -> None:
    async with entered(tmp_path) as (on, chat):
        for number, name in ((BAKERY, "Bakery"), (PIER, "Pier")):
            picture = await ask_for_qr(chat)
            on.web.scan(await waiting(on), number, name)
            await gone(chat, picture)
            await chat.wait_for(f"{number} · {name} · WhatsApp Web · connected", fresh=False)
        remote = next(a.remote for a in await accounts(on) if a.number == PIER)
        on.web.phone_offline(remote)
        shown = await chat.wait_for(f"{PIER} · Pier · WhatsApp Web · phone or network away", fresh=False)
        assert f"{BAKERY} · Bakery · WhatsApp Web · connected" in shown.words
        with on.web.down():
            await chat.wait_for("its worker does not answer", fresh=False)
        on.web.phone_offline(remote, offline=False)
        await chat.wait_for(f"{PIER} · Pier · WhatsApp Web · connected", fresh=False)


async def test_removing_a_number_unlinks_its_phone_even_when_the_worker_is_away_just_then(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        await linked_before(shop)
        chat = on.ayse
        with on.web.down():
            async with on.running():
                await enter(chat)
                await chat.say("/link")
                await chat.tap(f"Remove {BAKERY}")
                await chat.wait_for("It is also unlinked from its phone")
                await chat.tap("Remove it")
                await chat.wait_for_toast("is removed")
        assert "web-1" in on.web.kept
        on.clock.advance(minutes=1)

        async def nothing_is_left() -> bool:
            async with on.store.read() as unit:
                return await unit.linkings.leftovers(now=on.clock.now()) == []

        async with on.running():
            await until_deleted(on, "web-1")
            await eventually(nothing_is_left, "nothing is left to be taken back")


async def test_removing_a_number_that_somebody_is_linking_again_ends_that_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await linked_before(shop, state=UNLINKED)
        chat = on.ayse
        await enter(chat)
        await chat.say("/link")
        await chat.tap(f"Link {BAKERY} again")
        await chat.tap("Show QR")
        picture = await the_qr(chat)
        await chat.say("/link")
        await chat.tap(f"Remove {BAKERY}")
        await chat.tap("Remove it")
        await gone(chat, picture)
        await until_deleted(on, "web-1")
        assert await linkings(on, shop.space) == []


async def test_two_people_do_not_link_the_same_number_again_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(1001, DENIZ))
        await linked_before(shop, state=UNLINKED)
        chat, deniz = on.ayse, on.client.chat(DENIZ)
        await enter(chat)
        await enter(deniz)
        await chat.say("/link")
        await chat.tap(f"Link {BAKERY} again")
        await chat.tap("Show QR")
        await the_qr(chat)
        await deniz.say("/link")
        await deniz.tap(f"Link {BAKERY} again")
        await deniz.tap("Show QR")
        await deniz.wait_for_toast("Somebody else of your team is linking")


async def test_whoever_may_no_longer_link_when_the_phone_scans_links_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(1001, DENIZ))
        deniz = on.client.chat(DENIZ)
        await enter(deniz)
        await ask_for_qr(deniz)
        remote = await waiting(on)
        async with on.store.write() as unit:
            [member] = await unit.operators.members_of(DENIZ)
            await unit.operators.set_role(member.id, Role.VIEWER)
            await unit.commit()
        on.web.scan(remote, BAKERY)
        await until_deleted(on, remote)
        assert [a.number for a in await accounts(on)] == [shop.number]


async def test_a_viewer_sees_the_numbers_and_no_way_to_link(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on, members=(1001, DENIZ))
        await linked_before(shop, state=UNLINKED)
        async with on.store.write() as unit:
            [member] = await unit.operators.members_of(DENIZ)
            await unit.operators.set_role(member.id, Role.VIEWER)
            await unit.commit()
        deniz = on.client.chat(DENIZ)
        await enter(deniz)
        await deniz.say("/link")
        shown = await deniz.wait_for("not linked any more")
        *hours, back = shown.button_texts
        assert all(text.startswith("🕘 Hours of") for text in hours) and back == "⬅ Back"
