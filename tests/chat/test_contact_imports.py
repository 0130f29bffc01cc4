"""The screen of an import in every state, and what its buttons do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.screens.base import ACTIONS
from domain.contacts.ports import ImportState
from storage.database import Database
from tests.chat.contact_chat import AYSE, HOSTILE, JOHN, NOW, TELEGRAM, Chat
from tests.chat.drawn import labels
from tests.chat.import_parts import (
    LONG,
    MONSTER,
    SHOP,
    asking,
    choosing,
    job_in,
    now,
    sheet,
)
from tests.fakes.stores import open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        yield database


@pytest.fixture
async def chat(store: Database) -> Chat:
    return await Chat.begin(store)


# -- every state --------------------------------------------------------------------------------------

REFUSED = {"code": "import.not_what_it_says", "data": {"says": LONG, "is_": LONG}}


@pytest.mark.parametrize("state", ImportState)
@pytest.mark.parametrize("filename", ["customers.xlsx", LONG, "علي.csv", "<b>.csv", "x"])
async def test_every_state_fits_telegram_whatever_the_file_is_called(
    chat: Chat, state: ImportState, filename: str
) -> None:
    sheets = [MONSTER, *({**SHOP, "name": f"{n}{HOSTILE}"[:60]} for n in range(99))]
    job = await job_in(
        chat, state, filename=filename, inspection={"kind": "xlsx", "sheets": sheets}, plan=MONSTER["plan"],
        done_rows=200_000, total_rows=200_000, refusal=REFUSED, error_key="k", list_id=None,
        counts={"rows": 200_000, "ready": 199_000, "duplicates": 500, "bad": 400, "stopped": 100},
    )  # fmt: skip
    view = await chat.look()
    for button in [button for row in view.rows for button in row]:
        assert button.press.rev in (0, job.version)
        assert button.press.action in ACTIONS
    await chat.open("im.stop", id=job.id)
    for x in (0, 1, 2, 99):
        await chat.open("im.columns", id=job.id, x=x)
    await chat.open("im.open", id=job.id, x=50)
    await chat.open("contacts")


@pytest.mark.parametrize("state", ImportState)
async def test_an_old_button_changes_nothing_in_any_state(chat: Chat, state: ImportState) -> None:
    job = await choosing(chat) if state is ImportState.CHOOSE_COLUMNS else await job_in(
        chat, state, inspection={"kind": "xlsx", "sheets": [SHOP]}, plan=SHOP["plan"]
    )  # fmt: skip
    for name in [name for name in ACTIONS if name.startswith("im.")]:
        press = replace((await chat.button("Back")).press, action=name, id=int(job.id), rev=job.version - 1)
        await chat.press(press)
        assert await now(chat, job.id) == job, name


async def test_an_import_of_another_workspace_is_not_there(store: Database, chat: Chat) -> None:
    job = await asking(chat)
    other = await Chat.begin(store, telegram_id=TELEGRAM + 1)
    for name in ("im.agree", "im.cancel", "im.errors", "im.none", "im.other"):
        press = replace((await chat.button("Back")).press, action=name, id=int(job.id), rev=job.version)
        await other.press(press)
        assert other.note is not None
        assert "not there" in other.note
    assert await now(chat, job.id) == job


# -- receiving ----------------------------------------------------------------------------------------


async def test_a_file_is_received_and_can_be_cancelled_at_once(chat: Chat) -> None:
    view = await chat.send("customers.xlsx", 1_300_000)
    assert "customers.xlsx" in view.text
    assert "1.2 MB" in view.text
    view = await chat.tap("Cancel")
    assert "was cancelled" in view.text


@pytest.mark.parametrize(
    ("filename", "size", "words"),
    [("big.xlsx", 20 * 1024 * 1024 + 1, "20.1 MB"), ("photo.jpg", 10, "xlsx"), (LONG, 10, "xlsx")],
)
async def test_a_file_too_big_or_of_a_wrong_type_is_refused_before_it_is_fetched(
    chat: Chat, filename: str, size: int, words: str
) -> None:
    await chat.send(filename, size)
    assert chat.note is not None
    assert words in chat.note
    async with chat.store.read() as unit:
        assert await unit.imports.latest(chat.workspace.id) is None


async def test_contacts_lead_back_to_an_import_that_waits(chat: Chat) -> None:
    await choosing(chat)
    view = await chat.open("contacts")
    assert "Go on with customers.xlsx" in labels(view)[0]
    view = await chat.tap("Go on with")
    assert "That's right" in labels(view)[0]


# -- columns ------------------------------------------------------------------------------------------


async def test_the_guess_is_shown_with_sample_rows_as_they_would_be_read(chat: Chat) -> None:
    await choosing(chat)
    view = await chat.look()
    for words in ("<b>Phone</b>", "<b>Name</b>", "Turkey (TR)", "City", AYSE, "Ayşe", "Broken", "1,203 rows"):
        assert words in view.text, words
    assert "12 · Broken (not a number I can use)" in view.text


async def test_a_file_of_nothing_but_a_header_holds_nobody(chat: Chat) -> None:
    await choosing(chat, {**SHOP, "rows": 1, "sample": []})
    view = await chat.look()
    assert "There are no people in this file" in view.text and "first ones" not in view.text
    assert "✅ That's right" not in labels(view) and "No header row?" in labels(view)


async def test_another_number_column_can_be_picked_and_the_rest_become_attributes(chat: Chat) -> None:
    job = await choosing(chat)
    await chat.tap("Change number column")
    await chat.tap("City: İzmir")
    plan = (await now(chat, job.id)).plan
    assert plan is not None
    assert (plan["number_column"], plan["name_column"], plan["attributes"]) == (2, 1, {"0": "Phone"})
    await chat.tap("Change name column")
    await chat.tap("Phone")
    plan = (await now(chat, job.id)).plan
    assert plan is not None
    assert (plan["name_column"], plan["attributes"]) == (0, {"1": "Name 2"})


async def test_the_name_column_can_be_none(chat: Chat) -> None:
    job = await choosing(chat)
    await chat.tap("Change name column")
    view = await chat.tap("No name column")
    assert "Name: none" in view.text
    plan = (await now(chat, job.id)).plan
    assert plan is not None
    assert plan["name_column"] is None


async def test_without_a_guess_the_column_has_to_be_picked_first(chat: Chat) -> None:
    job = await choosing(chat, sheet("A", ["x", "y"], [["a", AYSE]], number=None))
    view = await chat.look()
    assert "can't tell which column" in view.text
    assert not any("That's right" in label for label in labels(view))
    await chat.press(replace((await chat.button("Cancel")).press, action="im.ok"))
    assert chat.note is not None
    assert "Pick the column" in chat.note
    await chat.tap("Change number column")
    await chat.tap("y: +90")
    await chat.tap("That's right")
    assert (await now(chat, job.id)).state is ImportState.STORING


async def test_the_header_row_can_be_made_a_person_and_back(chat: Chat) -> None:
    job = await choosing(chat, sheet("A", [JOHN, "John"], [[AYSE, "Ayşe"]], number=0, name_column=1))
    assert JOHN not in (await chat.look()).text.split("The first ones")[1]
    view = await chat.tap("No header row?")
    assert JOHN in view.text.split("The first ones")[1]
    assert "column A" in view.text
    view = await chat.tap("First row is a header")
    assert JOHN not in view.text.split("The first ones")[1]
    plan = (await now(chat, job.id)).plan
    assert plan is not None
    assert plan["header_row"] == 1


async def test_the_first_row_can_be_made_a_header(chat: Chat) -> None:
    one = sheet("A", ["", ""], [["Tel", "Who"], [AYSE, "Ayşe"]], number=0, name_column=1, header_row=None)
    await choosing(chat, one)
    view = await chat.tap("First row is a header")
    assert "<b>Tel</b>" in view.text
    assert "Who" not in view.text.split("The first ones")[1]


async def test_the_country_is_typed_and_an_unknown_one_refused(chat: Chat) -> None:
    job = await choosing(chat)
    view = await chat.tap("Change country")
    assert "Turkey (TR)" in view.text
    await chat.type("Atlantis")
    assert chat.note is not None
    view = await chat.type("+49")
    assert "Germany (DE)" in view.text
    plan = (await now(chat, job.id)).plan
    assert plan is not None
    assert plan["country"] == "DE"


async def test_a_typed_country_comes_too_late_after_the_yes(chat: Chat) -> None:
    job = await choosing(chat)
    ok = (await chat.button("That's right")).press
    await chat.tap("Change country")
    async with chat.store.write() as unit:
        await unit.imports.update(replace(job, state=ImportState.STORING), expected=job.version, at=NOW)
        await unit.commit()
    await chat.type("Germany")
    assert chat.note is not None
    await chat.press(ok)
    assert chat.note is not None
    assert (await now(chat, job.id)).version == job.version + 1


async def test_columns_of_a_wide_sheet_are_paged(chat: Chat) -> None:
    await choosing(chat, MONSTER)
    view = await chat.tap("Change name column")
    assert "1 of 8" in labels(view)
    view = await chat.tap("▶")
    assert "2 of 8" in labels(view)
    await chat.tap("9<b>")
    assert "9&lt;b&gt;" in (await chat.look()).text.split("Name: ")[1]
