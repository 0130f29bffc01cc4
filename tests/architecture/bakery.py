"""A bakery with one of everything a button can name, in each state that offers buttons."""

from dataclasses import replace
from typing import Final

from bot.screens.contacts_parts import A_PAGE
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState
from domain.contacts.importing.rows import ImportPlan
from domain.contacts.ports import ImportedRow, ImportState
from domain.delivery.content import Media, MediaKind
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import ListId, MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION
from storage.tables import recipients
from storage.unit import Unit
from tests.fakes.stores import (
    NOW,
    a_campaign,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
)

#: Stands in every name of the bakery, so that a look at it is seen.
MARK: Final = "zzyzx"
TAG: Final = f"{MARK} vip"
THEIR_CHAT: Final = 1001
PHOTO: Final = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="cake.jpg", mime="image/jpeg", size=1000)


async def bakery(unit: Unit) -> WorkspaceId:
    """One of everything that a button can name, in each state that offers buttons."""
    space = await a_workspace(unit, name=MARK)
    owner = await a_member(unit, space, telegram_id=THEIR_CHAT)
    await unit.operators.accept_terms(owner, version=TERMS_VERSION, at=NOW)
    await unit.operators.set_test_number(owner, "+905321112200")
    account = await an_account(unit, space, remote="sim-theirs")
    lost = await an_account(unit, space, number="+447700900002", remote="sim-theirs-2")
    await unit.accounts.set_state(lost, AccountState.UNLINKED, reason="unlinked", at=NOW)
    everybody = await a_list(unit, space, 4, name=f"{MARK} list")
    for n in range(A_PAGE):
        await unit.contacts.create_list(space, f"{MARK} empty {n}", at=NOW)
    people = [
        ImportedRow(number=f"+9055500000{n:02d}", name=f"{MARK} {n}", attributes={})
        for n in range(A_PAGE + 1)
    ]
    await unit.contacts.save_rows(space, everybody, people, at=NOW)
    await unit.contacts.tag_list(space, everybody, TAG)
    for state in CampaignState:
        if state is CampaignState.RUNNING:
            id = await a_running_campaign(unit, space, owner, account, everybody)
            made = await unit.campaigns.any(id)
        else:
            made = await a_campaign(unit, space, owner, account, everybody, state=state)
            if state not in {CampaignState.DRAFT, CampaignState.SCHEDULED} and made.audience is not None:
                await unit.campaigns.freeze([made.id], made.audience, cap=100, at=NOW)
        await unit.campaigns.save(
            replace(made, name=f"{MARK} {state}", text=f"{MARK} text", scheduled_at=NOW),
            expected=made.version,
        )
    draft = await a_campaign(unit, space, owner, account, everybody)
    pictured = replace(draft, name=f"{MARK} picture", text=MARK, media=PHOTO)
    await unit.campaigns.save(pictured, expected=draft.version)
    db = unit.chat._db
    for n, fate in enumerate((RecipientState.UNKNOWN, RecipientState.FAILED)):
        await db.execute(recipients.update().where(recipients.c.id % 4 == n).values(state=fate))
    await _imports(unit, space, owner, everybody)
    return space


async def _imports(unit: Unit, space: WorkspaceId, owner: MemberId, list_id: ListId) -> None:
    plan = ImportPlan(sheet="s", header_row=None, number_column=0, name_column=1, attributes={}, country="TR")
    sheet = {
        "name": "s", "rows": 1, "columns": 2, "plan": plan.to_json(), "headers": [],
        "sample": [["+905321112233", MARK]],
    }  # fmt: skip
    for state in ImportState:
        id = await unit.imports.create(
            workspace_id=space, member_id=owner, chat_id=THEIR_CHAT, filename=f"{MARK}.xlsx",
            telegram_file="file", size=1, campaign_id=None, at=NOW,
        )  # fmt: skip
        job = await unit.imports.job(space, id)
        full = replace(
            job, state=state, inspection={"kind": "xlsx", "sheets": [sheet, sheet]}, plan=plan.to_json(),
            list_id=list_id, error_key="b" * 64, counts={"rows": 1},
        )  # fmt: skip
        await unit.imports.update(full, expected=job.version, at=NOW)
