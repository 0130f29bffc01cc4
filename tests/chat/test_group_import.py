"""Groups of a linked number become contacts, with consent not recorded."""

from dataclasses import replace
from pathlib import Path

from bot.app import App
from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.web import WebMember
from domain.contacts.groups import GroupImportState
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.kernel.ids import WorkspaceId
from domain.operators.model import Role
from tests.chat.link_parts import BAKERY, PIER, linked_before
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import STRANGER, Stage, eventually, stage
from tests.chat.team_chat import add

CLASS, CHOIR, BROKEN = "1201@g.us", "1202@g.us", "1203@g.us"
REMOTE = "web-1"


def people(first: int, last: int) -> list[WebMember]:
    return [WebMember(number=number_of(n), name=f"Member {n}") for n in range(first, last)]


async def a_shop_with_groups(on: Stage) -> Shop:
    """Of the class's five members two are hidden and one is a contact already; the bakery is in it too."""
    shop = await open_shop(on)
    await linked_before(shop)
    hidden = [WebMember(number=None, name=None)] * 2
    itself = WebMember(number=BAKERY, name="Bakery")
    on.web.add_group(REMOTE, CLASS, "Class 3B parents", [*people(2, 5), *hidden, itself])
    on.web.add_group(REMOTE, CHOIR, "Choir", people(4, 7))
    on.web.add_group(REMOTE, BROKEN, "Old club", error="query_failed")
    return shop


async def to_the_groups(chat: SandboxChat) -> ShownMessage:
    await chat.say("/contacts")
    await chat.tap("Import WhatsApp groups")
    return await chat.wait_for("Tap those whose people", fresh=False)


async def standings(on: Stage, space: WorkspaceId) -> dict[str, Consent]:
    async with on.store.read() as unit:
        found, _ = await unit.contacts.search(space, "", limit=2000)
    return {contact.number: contact.consent for contact in found}


async def state_of(on: Stage, space: WorkspaceId) -> GroupImportState | None:
    async with on.store.read() as unit:
        job = await unit.groups.latest(space)
    return job.state if job is not None else None


def later(on: Stage, app: App, **span: float) -> None:
    on.clock.advance(**span)
    app.group_importer.poke()


async def test_chosen_groups_arrive_as_not_recorded_and_hidden_members_are_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        shown = await to_the_groups(chat)
        assert "experimental" in shown.words and "being in a group is no consent" in shown.words
        assert "1 cannot be read just now" in shown.words
        assert shown.button_texts[:4] == [
            "☐ Class 3B parents · 6", "☐ Choir · 3", "⚠️ Old club", "📥 Import (0)"
        ]  # fmt: skip
        await chat.tap("☐ Class 3B parents")
        await chat.wait_for(lambda m: "☑ Class 3B parents · 6" in m.button_texts)
        await chat.tap("⚠️ Old club")
        await chat.wait_for(lambda m: "📥 Import (1)" in m.button_texts, fresh=False)
        await chat.tap("📥 Import (1)")
        asked = await chat.wait_for("Together:", fresh=False)
        line = "Class 3B parents: 5 members, 3 with a known number, 2 hidden, 1 already contacts"
        assert line in asked.words and "2 are left out: WhatsApp hides their number (@lid)" in asked.words
        before = await standings(on, shop.space)
        assert len(before) == 3
        await chat.tap("✅ Import 3 people")
        done = await chat.wait_for("Imported", fresh=False)
        assert (
            "3 with a known number; 1 were in your contacts already, 0 of them have said stop" in done.words
        )
        now = await standings(on, shop.space)
        assert BAKERY not in now
        assert now == {**before, number_of(3): Consent.UNRECORDED, number_of(4): Consent.UNRECORDED}
        async with on.store.read() as unit:
            lists = {one.name: one.size for one in await unit.contacts.lists(shop.space)}
            log, _ = await unit.activity.list(shop.space)
        assert lists == {"everybody": 3, "Class 3B parents": 3}
        assert {"groups.begun", "groups.imported"} <= {line.what for line in log}


async def test_the_result_leads_to_saying_how_they_agreed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        await chat.tap("☐ Choir")
        await chat.tap("📥 Import (1)")
        await chat.tap("✅ Import 3 people")
        await chat.wait_for("Imported", fresh=False)
        await chat.tap("Choir: record consent")
        await chat.wait_for("agree")
        await chat.tap("Customers who agreed")
        await chat.wait_for_toast("Recorded")
        now = await standings(on, shop.space)
        assert [now[number_of(n)] for n in (4, 5, 6)] == [Consent.GRANTED] * 3


async def test_importing_again_changes_nothing_and_uses_the_same_lists(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        for round in range(2):
            await to_the_groups(chat)
            for name in ("☐ Class 3B parents", "☐ Choir"):
                await chat.tap(name)
                ticked = name.replace("☐", "☑")
                await chat.wait_for(lambda m, t=ticked: any(t in b for b in m.button_texts))  # type: ignore[misc]
            await chat.tap("📥 Import (2)")
            asked = await chat.wait_for("Together:", fresh=False)
            assert "Somebody in two groups counts in both" in asked.words
            await chat.tap("✅ Import 6 people")
            await chat.wait_for("Imported", fresh=False)
            if round == 0:
                first = await standings(on, shop.space)
        assert await standings(on, shop.space) == first
        async with on.store.read() as unit:
            lists = {one.name: one.size for one in await unit.contacts.lists(shop.space)}
        assert lists == {"everybody": 3, "Class 3B parents": 3, "Choir": 3}


async def test_a_stop_stays_whatever_group_they_are_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        async with on.store.write() as unit:
            them = await unit.contacts.by_number(shop.space, number_of(2))
            assert them is not None
            stop = ConsentEvent(
                granted=False, source=ConsentSource.STOP_REPLY, evidence="x", at=on.clock.now()
            )
            await unit.contacts.record_consent(them.id, stop)
            await unit.commit()
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        await chat.tap("☐ Class 3B parents")
        await chat.tap("📥 Import (1)")
        await chat.tap("✅ Import 3 people")
        await chat.wait_for("1 of them have said stop", fresh=False)
        assert (await standings(on, shop.space))[number_of(2)] is Consent.REVOKED


async def test_nothing_chosen_is_said_and_many_groups_are_paged(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await linked_before(shop)
        for n in range(60):
            on.web.add_group(REMOTE, f"{n}@g.us", f"Group {n}", people(n, n + 2))
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        await chat.tap("📥 Import (0)")
        await chat.wait_for_toast("Choose at least one group")
        await chat.tap("▶")
        await chat.wait_for(lambda m: "☐ Group 8 · 2" in m.button_texts)
        await chat.tap("☐ Group 8")
        await chat.wait_for(lambda m: "☑ Group 8 · 2" in m.button_texts and "2 of 8" in m.button_texts)


async def test_fifty_groups_of_a_thousand_come_in_with_progress(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        await linked_before(shop)
        for n in range(50):
            on.web.add_group(REMOTE, f"{n}@g.us", f"Group {n}", people(n * 1024, (n + 1) * 1024))
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        async with on.store.write() as unit:
            job = await unit.groups.latest(shop.space)
            assert job is not None
            everything = replace(job, chosen=[group.id for group in job.groups])
            await unit.groups.update(everything, expected=job.version)
            await unit.commit()
        await chat.say("/contacts")
        await chat.tap("Import WhatsApp groups")
        await chat.tap("📥 Import (50)")
        await chat.wait_for("and 35 more", fresh=False, timeout=60)
        await chat.tap("✅ Import 51,200 people")
        await chat.wait_for(lambda m: "Importing:" in m.words and "of 50 groups" in m.words, fresh=False)
        await chat.wait_for("51,200 with a known number; 3 were", fresh=False, timeout=120)
        async with on.store.read() as unit:
            assert sum((await unit.contacts.count(shop.space)).values()) == 51_200


async def test_a_list_that_is_still_being_read_grows_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        await a_shop_with_groups(on)
        on.web.reading_groups(REMOTE, on=True)
        chat = on.ayse
        await enter(chat)
        shown = await to_the_groups(chat)
        assert "More are being read" in shown.words
        on.web.add_group(REMOTE, "1204@g.us", "Bakers", people(10, 11))
        on.web.reading_groups(REMOTE, on=False)
        later(on, app, seconds=3)
        await chat.wait_for(lambda m: "☐ Bakers · 1" in m.button_texts and "Read at" in m.words, fresh=False)


async def test_a_group_that_fails_is_told_and_the_others_come_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        for name in ("☐ Class 3B parents", "☐ Choir"):
            await chat.tap(name)
            await chat.wait_for(lambda m: any("☑" in b for b in m.button_texts))
        await chat.wait_for(lambda m: "📥 Import (2)" in m.button_texts, fresh=False)
        del on.web.kept[REMOTE].groups[CHOIR]
        await chat.tap("📥 Import (2)")
        asked = await chat.wait_for("Together:", fresh=False)
        assert "Choir: could not be read (it is not there any more)" in asked.words
        await chat.tap("✅ Import 3 people")
        await chat.wait_for("Imported", fresh=False)


async def test_a_restart_in_the_middle_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        async with on.running():
            await enter(chat)
            await to_the_groups(chat)
            await chat.tap("☐ Choir")
            await chat.tap("📥 Import (1)")
            await chat.wait_for("Together:", fresh=False)
        with on.web.down():
            async with on.running():
                await chat.tap("✅ Import 3 people")
                await chat.wait_for("Importing: 0 of 1 groups", fresh=False)
        on.clock.advance(seconds=10)
        async with on.running():
            await chat.wait_for("Imported", fresh=False)
        assert len(await standings(on, shop.space)) == 6


async def test_a_worker_that_stays_away_is_told_to_whoever_has_gone_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app:
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        with on.web.down():
            await chat.say("/contacts")
            await chat.tap("Import WhatsApp groups")
            await chat.wait_for("Reading the groups", fresh=False)
            await chat.say("/campaigns")
            await chat.wait_for("There is none yet")

            async def tried() -> bool:
                return bool(app.group_importer._stuck)

            await eventually(tried, "it has been tried")
            later(on, app, minutes=3)
            await chat.wait_for("The groups could not be read", fresh=False)
        assert await state_of(on, shop.space) is GroupImportState.FAILED


async def test_cancel_leaves_what_had_arrived(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        chat = on.ayse
        await enter(chat)
        await to_the_groups(chat)
        await chat.tap("Cancel")
        await chat.wait_for("Cancelled")
        assert await state_of(on, shop.space) is GroupImportState.CANCELLED
        await chat.tap("Try again")
        await chat.wait_for("Tap those whose people", fresh=False)


async def test_of_two_numbers_it_is_asked_which(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await a_shop_with_groups(on)
        await linked_before(shop, PIER, remote="web-2")
        on.web.add_group("web-2", "9@g.us", "Sailors", people(20, 22))
        chat = on.ayse
        await enter(chat)
        await chat.say("/contacts")
        await chat.tap("Import WhatsApp groups")
        await chat.wait_for("Of which number?")
        await chat.tap(PIER)
        shown = await chat.wait_for(lambda m: "☐ Sailors · 2" in m.button_texts, fresh=False)
        assert PIER in shown.words


async def test_without_a_linked_number_and_for_viewers_there_is_no_such_button(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        shop = await open_shop(on)
        chat = on.ayse
        await enter(chat)
        await chat.say("/contacts")
        shown = await chat.wait_for("can be messaged")
        assert "👪 Import WhatsApp groups" not in shown.button_texts
        await linked_before(shop)
        await add(on, shop.space, STRANGER, Role.VIEWER)
        viewer = on.client.chat(STRANGER)
        await enter(viewer)
        await viewer.say("/contacts")
        shown = await viewer.wait_for("can be messaged")
        assert "👪 Import WhatsApp groups" not in shown.button_texts
