"""A file leaves for those who may have it at that moment, whoever asked for it and when."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram import Bot

from bot.chat.sending import kinds_of_notice
from bot.tasks import TaskOwner
from domain.delivery.ports import MediaStore
from domain.kernel.ids import MemberId
from domain.operators.model import Right, Role
from storage.database import Database
from tests.architecture.bakery import HOURS
from tests.fakes.clock import FakeClock
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    number_of,
    open_store,
)

CHAT = 1001
#: Every kind of notice that has a file in it, with the least that whoever gets it must be.
FILES = {
    "document": Right.WORK, "contacts_export": Right.WORK, "report": Right.WORK,
    "proof_export": Right.WORK, "activity_export": Right.OWN, "ledger_export": Right.OWN,
    "hours_picture": Right.READ,
}  # fmt: skip
#: Messages, what somebody who is out gets, and what is taken away.
WITHOUT = {"invoice", "farewell", "in_topic", "forget_topic", "forget_files"}


class Files:
    async def get(self, _: str) -> bytes:
        return b"rows"


class CountingBot:
    def __init__(self) -> None:
        self.files = self.texts = 0

    async def send_document(self, *_: Any, **__: Any) -> Any:
        self.files += 1
        return SimpleNamespace(message_id=1)

    send_photo = send_document

    async def send_media_group(self, _chat: int, documents: list[Any], **_: Any) -> None:
        self.files += len(documents)

    async def send_message(self, *_: Any, **__: Any) -> Any:
        self.texts += 1
        return SimpleNamespace(message_id=1)


async def sent(store: Database, kind: str, payload: Mapping[str, Any]) -> CountingBot:
    bot = CountingBot()
    kinds = kinds_of_notice(store, cast(MediaStore, Files()), FakeClock(NOW), TaskOwner())
    await kinds[kind](cast(Bot, bot), CHAT, payload)
    return bot


def test_every_kind_of_notice_is_known_to_have_a_file_or_not() -> None:
    kinds = kinds_of_notice(cast(Any, None), cast(Any, None), FakeClock(NOW), TaskOwner())
    assert set(kinds) == FILES.keys() | WITHOUT


@pytest.mark.parametrize("kind", FILES)
async def test_whoever_lost_the_right_meanwhile_does_not_get_the_file(tmp_path: Path, kind: str) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            space = await a_workspace(unit)
            member: MemberId = await a_member(unit, space, telegram_id=CHAT)
            people = await a_list(unit, space, 2)
            account = await an_account(unit, space)
            campaign = await a_running_campaign(unit, space, member, account, people)
            await unit.hours.save(account, HOURS, expected=None, at=NOW)
            person = await unit.contacts.by_number(space, number_of(0))
            assert person is not None
            await unit.commit()
        payload = {
            "workspace_id": space, "campaign_id": campaign, "media_key": "a" * 64, "filename": "a.xlsx",
            "account_id": account, "contact_id": person.id,
        }  # fmt: skip
        for role in Role:
            async with store.write() as unit:
                await unit.operators.set_role(member, role)
                await unit.commit()
            bot = await sent(store, kind, payload)
            assert (bot.files > 0) == (FILES[kind] in role.rights), role
        async with store.write() as unit:
            await unit.operators.leave(member, at=NOW)
            await unit.commit()
        gone = await sent(store, kind, payload)
        assert (gone.files, gone.texts) == (0, 0)


async def test_a_file_of_another_workspace_does_not_leave(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            theirs, mine = await a_workspace(unit), await a_workspace(unit, name="Florist")
            await a_member(unit, theirs, telegram_id=2002)
            await a_member(unit, mine, telegram_id=CHAT)
            await unit.commit()
        payload = {
            "workspace_id": theirs, "media_key": "a" * 64, "filename": "a.xlsx",
            "account_id": 1, "contact_id": 1,
        }  # fmt: skip
        for kind in FILES.keys() - {"report"}:
            assert (await sent(store, kind, payload)).files == 0
