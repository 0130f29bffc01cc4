"""Two workspaces on one desk, and whoever may come to it, at the real ChatDesk: real updates go in, and what
Telegram would be told comes out.

Everything happens inside one transaction that is never committed. Each deed is undone before the next, and
triggers note which tables it changed, so that thousands of deeds take seconds.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, cast

from telegram import Bot, Update

from bot.chat.codec import Press, encode
from bot.chat.desk import ChatDesk
from bot.chat.work import ROW
from bot.screens.base import Desk
from bot.screens.words import number_of
from bot.senders import Hints
from domain.campaigns.model import Campaign
from domain.contacts.stop_words import OWN, Heard
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Panel, Prompt
from domain.pacing.rules import Caps
from storage.unit import Unit
from tests.architecture.bakery import MARK, TAG, THEIR_TEMPLATE
from tests.architecture.neighbours import ADMIN, FLORIST, the_bakery, the_florist
from tests.architecture.stand_ins import (
    NoTasks,
    Official,
    OneTransaction,
    Outside,
    Rows,
    Seen,
    SilentBot,
    notice_changes,
    rows_of,
    without_a_thread,
)
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store

#: What some screens need beside the number of what they show.
ARGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "contacts.ask": {"kind": "contacts.search", "leave": "contacts", "values": {}},
    "cloud.people": {"template": THEIR_TEMPLATE},
    "cloud.sample": {"template": THEIR_TEMPLATE, "list": 1},
    "cloud.template": {"template": THEIR_TEMPLATE},
    "contacts.search": {"text": "Rose"},
    "draft.move": {"to": 1},
    "hours.day": {"day": 0},
    "hours.save": {"hours": None, "from": None},
    "inbox.found": {"text": "Rose"},
    "import.column": {"what": "number"},
    "points.short": {"way": 0},
    "tag": {"tag": TAG},
    "unknown.ask": {"way": 0},
    "words.list": {"list": number_of(Heard.STOP, OWN)},
}
#: What every update changes: its own mark, and what its chat shows.
OF_THE_CHAT: Final = frozenset({"chat_inbox", "panels", "prompts"})


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a deed: what was seen, and which tables it changed beside the chat's own."""

    seen: Seen
    changed: frozenset[str]
    screen: str
    prompt: Prompt | None


@dataclass(kw_only=True)
class TwoDesks:
    """`async with` `two_desks(folder)`; then `tap`, `write`, `send`, `look` as anybody."""

    store: OneTransaction
    bakery: WorkspaceId
    florist: WorkspaceId
    seq: int
    #: All that stood before the florist came, and so is none of hers.
    their_rows: Rows
    outside: Outside = field(default_factory=Outside)
    bot: SilentBot = field(default_factory=SilentBot)

    def __post_init__(self) -> None:
        desk = Desk(
            store=cast(Any, self.store), clock=FakeClock(NOW), rng=Random(1), caps=Caps(a_campaign=3),
            watcher=Hints(), linker=self.outside, files=self.outside, admin_ids=frozenset({ADMIN}),
            environment="development", desk_id="desk", cloud=Official(self.outside.asked),
        )  # fmt: skip
        self.chat = ChatDesk(desk, cast(Bot, self.bot), NoTasks())

    # -- deeds, each undone when it has been looked at ---------------------------------------------------

    async def tap(self, who: int, press: Press, *, at: Panel | None = None, watch: bool = False) -> Done:
        """A button on the panel (an old one, a forged one: whatever `press` says)."""
        query = {
            "id": "1", "from": _person(who), "chat_instance": "1", "data": encode(press),
            "message": {"message_id": 50, "date": 1, "chat": _chat(who), "text": "panel"},
        }  # fmt: skip
        return await self._done(who, self.chat.on_tap, {"callback_query": query}, at=at, watch=watch)

    async def write(self, who: int, text: str, *, prompt: Prompt | None = None) -> Done:
        """A text, while that question is open; a command when it begins with a slash."""
        handler = self.chat.on_command if text.startswith("/") else self.chat.on_text
        return await self._done(who, handler, {"message": _message(who, text=text)}, prompt=prompt)

    async def send(self, who: int, what: str, *, prompt: Prompt | None = None) -> Done:
        """A photo, a document or a contact card."""
        file = {"file_id": "f", "file_unique_id": "u", "file_size": 10}
        parts: dict[str, dict[str, Any]] = {
            "photo": {"photo": [{**file, "width": 1, "height": 1}]},
            "document": {"document": {**file, "file_name": "people.xlsx"}},
            "card": {"contact": {"phone_number": "+905321112233", "first_name": "Can"}},
            "place": {"location": {"longitude": 1.0, "latitude": 1.0}},
        }
        handler = {"card": self.chat.on_contact, "place": self.chat.on_other}.get(what, self.chat.on_file)
        return await self._done(who, handler, {"message": _message(who, **parts[what])}, prompt=prompt)

    async def look(self, who: int, screen: str, id: int = 0) -> Done:
        """What is drawn where that screen, of the thing with that number, stands in the chat."""

        async def nothing(_update: Update, _: object) -> None:
            return None

        args = {"id": id, **ARGS.get(screen, {})}
        at = Panel(chat_id=who, telegram_id=who, screen=screen, args=args, message_id=50)
        return await self._done(who, nothing, {}, at=at)

    async def _done(
        self, who: int, handler: Callable[[Update, object], Awaitable[None]], update: dict[str, Any], *,
        at: Panel | None = None, prompt: Prompt | None = None, watch: bool = False,
    ) -> Done:  # fmt: skip
        """With `watch`, and for the florist always, nothing of other workspaces may have changed."""
        token = ROW.set(self.seq)
        self.bot.toast, self.bot.alert, self.bot.text, self.bot.markup = None, False, "", None
        async with self.store.part() as undo:
            unit = Unit(self.store.connection)
            await unit.chat.save_panel(
                at or Panel(chat_id=who, telegram_id=who, screen="help", message_id=50)
            )
            if prompt is not None:
                await unit.chat.save_prompt(prompt)
            await self.store.connection.exec_driver_sql("DELETE FROM temp.changed")
            try:
                await handler(Update.de_json({"update_id": 1, **update}, cast(Bot, self.bot)), None)
                await self.chat.panels.show(who)
            finally:
                ROW.reset(token)
            rows = await self.store.connection.exec_driver_sql("SELECT DISTINCT name FROM temp.changed")
            changed = frozenset(str(name) for (name,) in rows) - OF_THE_CHAT
            if changed and (who == FLORIST or watch):
                await self._nothing_of_theirs(unit, changed | OF_THE_CHAT)
            panel = await unit.chat.panel(who)
            assert panel is not None
            done = Done(
                seen=self.bot.seen(), changed=changed, screen=panel.screen, prompt=await unit.chat.prompt(who)
            )
            await undo()
        return done

    async def draft_of(self, workspace: WorkspaceId) -> Campaign:
        [draft], _ = await Unit(self.store.connection).campaigns.of_workspace(workspace)
        return draft

    async def _nothing_of_theirs(self, unit: Unit, tables: frozenset[str]) -> None:
        """Whatever the florist changed: nothing of others is gone or different, and nothing new names it."""
        for table, now in (await rows_of(unit, tables)).items():
            rows = self.their_rows[table]
            assert rows <= now, f"{table} of another workspace has changed"
            fresh = now - rows
            assert not any(MARK in value for row in fresh for value in row), f"{table} took from another"


def _person(who: int) -> dict[str, Any]:
    return {"id": who, "is_bot": False, "first_name": f"P{who}"}


def _chat(who: int) -> dict[str, Any]:
    return {"id": who, "type": "private"}


def _message(who: int, **what: Any) -> dict[str, Any]:
    return {"message_id": 60, "date": 1, "chat": _chat(who), "from": _person(who), **what}


# -- the two of them -------------------------------------------------------------------------------------


@asynccontextmanager
async def two_desks(folder: Path) -> AsyncIterator[TwoDesks]:
    async with open_store(folder) as store, store.connection() as connection:
        await without_a_thread(connection)
        unit = Unit(connection)
        theirs = await the_bakery(unit)
        [row] = await unit.chat.add_updates(1, [(1, 1, {})], at=NOW)
        of_the_chat = dict.fromkeys(OF_THE_CHAT, frozenset[tuple[str, ...]]())
        their_rows = {**await rows_of(unit), **of_the_chat}
        hers = await the_florist(unit)
        await notice_changes(connection)
        yield TwoDesks(
            store=OneTransaction(connection), bakery=theirs, florist=hers, seq=row.seq,
            their_rows=their_rows,
        )  # fmt: skip
        await connection.rollback()
