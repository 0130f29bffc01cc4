"""Imports in the states that tests of their screen begin from."""

from dataclasses import replace
from typing import Any

from domain.contacts.importing.rows import ImportPlan
from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow, ImportJob, ImportState
from domain.kernel.ids import ImportId
from tests.chat.contact_chat import AYSE, HOSTILE, JOHN, NOW, Chat

LONG = HOSTILE * 2
COLUMNS = 64


def sheet(
    name: str,
    headers: list[str],
    rows: list[list[str]],
    *,
    number: int | None,
    name_column: int | None = None,
    header_row: int | None = 1,
) -> dict[str, Any]:
    """A sheet as an inspection keeps it."""
    attributes = {n: headers[n] for n in range(len(headers)) if n not in (number, name_column)}
    plan = ImportPlan(
        sheet=name, header_row=header_row, number_column=number, name_column=name_column,
        attributes=attributes, country="TR",
    )  # fmt: skip
    return {
        "name": name, "rows": 1204, "columns": len(headers), "plan": plan.to_json(), "headers": headers,
        "sample": rows,
    }  # fmt: skip


SHOP = sheet(
    "People", ["Phone", "Name", "City"], [[AYSE, "Ayşe", "İzmir"], ["12", "Broken", ""]],
    number=0, name_column=1,
)  # fmt: skip
MONSTER = sheet(
    HOSTILE[:60], [f"{n}{HOSTILE}"[:60] for n in range(COLUMNS)], [[HOSTILE[:60]] * COLUMNS] * 5, number=0
)  # fmt: skip


async def job_in(chat: Chat, state: ImportState, **changes: Any) -> ImportJob:
    """An import in that state, looked at."""
    async with chat.store.write() as unit:
        id = await unit.imports.create(
            workspace_id=chat.workspace.id, member_id=chat.member.id, chat_id=chat.chat_id,
            filename=changes.pop("filename", "customers.xlsx"), telegram_file="f", size=1_300_000,
            campaign_id=changes.pop("campaign_id", None), at=NOW,
        )  # fmt: skip
        job = await unit.imports.job(chat.workspace.id, id)
        job = await unit.imports.update(replace(job, state=state, **changes), expected=job.version, at=NOW)
        await unit.commit()
    await chat.open("im.open", id=id)
    return job


async def now(chat: Chat, id: ImportId) -> ImportJob:
    async with chat.store.read() as unit:
        return await unit.imports.job(chat.workspace.id, id)


async def choosing(chat: Chat, one: dict[str, Any] = SHOP, **changes: Any) -> ImportJob:
    inspection = {"kind": "xlsx", "sheets": [one]}
    return await job_in(chat, ImportState.CHOOSE_COLUMNS, inspection=inspection, plan=one["plan"], **changes)


async def asking(chat: Chat, **changes: Any) -> ImportJob:
    """Stored already: two people on a list."""
    async with chat.store.write() as unit:
        list_id = await unit.contacts.create_list(chat.workspace.id, "customers", at=NOW)
        rows = [ImportedRow(number=number, name="", attributes={}) for number in (AYSE, JOHN)]
        await unit.contacts.save_rows(chat.workspace.id, list_id, rows, at=NOW)
        await unit.commit()
    counts = {"rows": 1204, "ready": 1150, "duplicates": 31, "bad": 18, "stopped": 5}
    return await job_in(
        chat, ImportState.ASK_CONSENT, list_id=list_id, counts=counts, error_key="k" * 64, **changes
    )


async def standing(chat: Chat) -> dict[str, Consent]:
    async with chat.store.read() as unit:
        people, _ = await unit.contacts.search(chat.workspace.id, "")
    return {person.number: person.consent for person in people}
