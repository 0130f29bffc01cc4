"""What stands around a ChatDesk that is tried: Telegram, the network, and a store that is one transaction."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cloud_desk import CheckedNumber, WebhookAddress
from bot.screens.base import Upload
from bot.tasks import TaskOwner
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.cloud_account import NumberInfo, Throughput
from domain.delivery.content import Media
from domain.kernel.ids import AccountId, WorkspaceId
from domain.pacing.channel_limits import Quality
from storage.tables import metadata
from storage.unit import Unit
from tests.architecture.bakery import PHOTO
from tests.fakes.cloud import a_cloud_account

Rows = Mapping[str, frozenset[tuple[str, ...]]]


async def rows_of(unit: Unit, names: Iterable[str] = metadata.tables) -> Rows:
    return {
        name: frozenset(
            tuple(map(str, row)) for row in await unit.chat._db.execute(select(metadata.tables[name]))
        )
        for name in names
    }


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that whoever did it can see: the tap's answer and the panel. `screen` is where the chat is now."""

    toast: str | None
    alert: bool
    text: str
    buttons: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def everything(self) -> str:
        labels = [label for row in self.buttons for label, _ in row]
        return " ".join([self.toast or "", self.text, *labels])


class SilentBot:
    """Takes what Telegram would be told and keeps the last of it."""

    username = "some_bot"

    def __init__(self) -> None:
        self.toast: str | None = None
        self.alert = False
        self.text = ""
        self.markup: Any = None

    async def answer_callback_query(self, text: str | None = None, **more: Any) -> bool:
        self.toast, self.alert = text, bool(more.get("show_alert"))
        return True

    async def send_message(self, _chat: int, text: str, reply_markup: Any = None, **_: Any) -> Any:
        self.text, self.markup = text, reply_markup
        return SimpleNamespace(message_id=99)

    async def edit_message_text(self, text: str, *, reply_markup: Any = None, **_: Any) -> None:
        self.text, self.markup = text, reply_markup

    async def delete_message(self, *_: Any) -> bool:
        return True

    def seen(self) -> Seen:
        rows = self.markup.inline_keyboard if self.markup is not None else ()
        buttons = tuple(tuple((b.text, str(b.callback_data)) for b in row) for row in rows)
        return Seen(toast=self.toast, alert=self.alert, text=self.text, buttons=buttons)


class NoTasks(TaskOwner):
    """What would be drawn soon is drawn by the test, when it looks."""

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> Any:
        work.close()


class Kept(Unit):
    """Part of a transaction that goes on; `commit` keeps this part."""

    kept = False

    async def commit(self) -> None:
        self.kept = True


class OneTransaction:
    """A store whose units are parts of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def write(self, **_: bool) -> AsyncIterator[Kept]:
        unit = Kept(self.connection)
        async with self.part() as undo:
            yield unit
            if not unit.kept:
                await undo()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Kept]:
        yield Kept(self.connection)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A part that is undone when it fails, or when it is asked for."""
        name = f"part{next(_numbers)}"
        await self.connection.exec_driver_sql(f"SAVEPOINT {name}")

        async def undo() -> None:
            await self.connection.exec_driver_sql(f"ROLLBACK TO {name}")

        try:
            yield undo
        except BaseException:
            await undo()
            raise
        finally:
            await self.connection.exec_driver_sql(f"RELEASE {name}")


_numbers = itertools.count(1)


@dataclass
class Outside:
    """Everything that an action may ask of the network before its transaction; remembers that it was."""

    asked: list[str] = field(default_factory=list)

    async def link(self, name: str) -> tuple[str, str]:
        self.asked.append(name)
        return f"sim-new-{len(self.asked)}", "+447700900077"

    async def link_again(self, remote: str) -> None:
        self.asked.append(remote)

    async def fetch(self, upload: Upload) -> Media:
        self.asked.append(upload.filename)
        return PHOTO


class Official:
    """`CloudNumbers` that finds nothing wrong; remembers what it was asked."""

    webhook = WebhookAddress(
        url="https://desk.example/hooks", path="/webhooks/whatsapp", verify_token="word", takes=False
    )  # fmt: skip

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    async def check(self, phone_number_id: str, token: str) -> CheckedNumber:
        self.asked.append(phone_number_id)
        info = NumberInfo(
            id=phone_number_id, number="+447700900088", name="Shop", quality=Quality.GREEN,
            throughput=Throughput.STANDARD, people=None,
        )  # fmt: skip
        return CheckedNumber(info=info, token="sealed", templates=None)

    def seal(self, token: str) -> str:
        return f"sealed {token}"

    def unseal(self, sealed: str) -> str:
        return sealed.removeprefix("sealed ")

    async def keep(
        self, unit: Any, workspace_id: WorkspaceId, checked: CheckedNumber, *, at: datetime
    ) -> Account:
        remote = checked.info.id
        account = await unit.accounts.by_remote(Channel.CLOUD, remote)
        if account is None:
            id = await a_cloud_account(
                unit, workspace_id, number=checked.info.number, remote=remote, waba_id=""
            )
        else:
            id = account.id
            await unit.accounts.set_state(id, AccountState.CONNECTED, reason=None, at=at)
        found: Account = await unit.accounts.account(id)
        return found

    async def refresh(self, id: AccountId) -> None:
        self.asked.append(str(id))

    async def use_business_account(self, id: AccountId, waba_id: str) -> None:
        self.asked.append(waba_id)

    async def use_app_secret(self, unit: Any, id: AccountId, app_secret: str) -> None:
        cloud = await unit.cloud.account(id)
        await unit.cloud.save(replace(cloud, app_secret=b"sealed"))


async def without_a_thread(connection: AsyncConnection) -> None:
    """A statement would hop to the driver's thread and back five times, which takes longer than the rest."""

    async def at_once(do: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return do(*args, **named)

    driver: Any = (await connection.get_raw_connection()).driver_connection
    driver._execute = at_once


async def notice_changes(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TEMP TABLE changed (name TEXT NOT NULL)")
    for table, verb in itertools.product(metadata.tables, ("INSERT", "UPDATE", "DELETE")):
        note = f"INSERT INTO changed VALUES ('{table}')"  # noqa: S608
        await connection.exec_driver_sql(
            f"CREATE TEMP TRIGGER {verb}_{table} AFTER {verb} ON main.{table} BEGIN {note}; END"
        )
