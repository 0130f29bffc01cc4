"""/status, for the desk's admins: whether everything that works by itself is at work."""

from datetime import timedelta
from typing import Final

from bot.chat.view import View, button
from bot.machine import LATE
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import back, short
from bot.screens.status_parts import BAD, GOOD, messages, numbers, waiting_here
from bot.texts import Html, has, plain, say
from domain.accounts.linking import LinkingWait
from domain.accounts.model import Channel
from domain.accounts.web import SessionState, WorkerNode, WorkerTrouble
from domain.operators.model import Right

MEGABYTE, GIGABYTE = 1024**2, 1024**3
#: Less free room than that is worth one too.
LITTLE_ROOM: Final = GIGABYTE
MOST_NODES: Final = 20
LACKS: Final = frozenset(
    {
        WorkerTrouble.NODE_MISSING,
        WorkerTrouble.NODE_OLD,
        WorkerTrouble.CHROMIUM_MISSING,
        WorkerTrouble.WORKER_NOT_FOUND,
        WorkerTrouble.WORKER_NOT_INSTALLED,
    }
)


async def ask_workers(scene: Scene) -> None:
    await scene.desk.machine.refresh()


@action("status", needs=Right.ADMIN, before=ask_workers)
async def go_status(scene: Scene) -> Go:
    return Go(screen="status")


@command("status", needs=Right.ADMIN)
async def status_command(scene: Scene) -> Go:
    return Go(screen="status")


@screen("status", needs=Right.ADMIN)
async def status_screen(scene: Scene, args: Args) -> View:
    lang, now = scene.language, scene.now
    machine = scene.desk.machine.look()
    waiting = await scene.unit.chat.backlog()
    polled = now - machine.last_poll if machine.last_poll is not None else None
    oldest = min(
        (at for at in (waiting.oldest_update, waiting.oldest_notice) if at is not None), default=None
    )
    age = now - oldest if oldest is not None else timedelta(0)
    needed = await _web_is_needed(scene)
    nodes = [_node(node, lang, needed=needed) for node in machine.nodes[:MOST_NODES]]
    silent = await _waiting(scene)
    desk = await scene.unit.overview.of_desk(now=now)
    here = await waiting_here(scene)
    theirs = await numbers(scene, desk, here)
    marks = {
        "poll_mark": _mark(polled is not None and polled < LATE),
        "age_mark": _mark(age < LATE),
        "disk_mark": _mark(machine.disk_free is None or machine.disk_free >= LITTLE_ROOM),
    }
    ill = [*marks.values(), *nodes, silent]
    is_well = theirs.is_well and not any(BAD in one for one in ill)
    text = say(
        "status", lang, **marks,
        headline=say("status.well" if is_well else "status.look", lang),
        poll=plain("status.never", lang) if polled is None else _ago(polled, lang),
        lanes=machine.lanes, senders=machine.senders, updates=waiting.updates, notices=waiting.notices,
        age=_span(age), numbers=theirs.text, messages=messages(scene, desk, here),
        nodes=Html("\n".join(nodes)) if nodes else say("status.nodes.none", lang), waiting=silent,
        database=machine.database, size=_bytes(machine.database_bytes), memory=_bytes(machine.memory_bytes),
        free=_bytes(machine.disk_free), total=_bytes(machine.disk_total), version=machine.version,
    )  # fmt: skip
    refresh = button(plain("status.refresh", lang), "status")
    return View(text=text, rows=((refresh,), back(lang, "home")))


async def _web_is_needed(scene: Scene) -> bool:
    """Somebody has a number on WhatsApp Web, or is linking one."""
    accounts = await scene.unit.accounts.all()
    if any(account.channel is Channel.WEB for account in accounts):
        return True
    return any(one.is_open for one in await scene.unit.linkings.unfinished())


def _node(node: WorkerNode, lang: str, *, needed: bool) -> Html:
    """One that is in trouble says what to do about it. What this machine lacks is no trouble before anybody
    needs it."""
    name = short(node.name, 40)
    if node.trouble is not None:
        key = f"refused.worker.{node.trouble}"
        why = say(key, lang) if has(key) else Html(short(node.trouble))
        lacks = node.trouble in LACKS and not needed
        return say("status.node.lacks" if lacks else "status.node.trouble", lang, name=name, why=why)
    if not node.limit:  # nobody needs it yet (`WorkerNode`)
        return say("status.node.idle", lang, name=name)
    return say(
        "status.node", lang, name=name, sessions=node.sessions, limit=node.limit, ready=node.ready,
        memory=_bytes(node.memory_bytes),
    )  # fmt: skip


async def _waiting(scene: Scene) -> Html:
    """Sessions that are up and have nothing from WhatsApp: their worker is well all the same."""
    linkings = await scene.unit.linkings.unfinished()
    silent = sum(one.is_open and one.reason == LinkingWait.SILENT for one in linkings)
    number = silent + sum(word == SessionState.OFFLINE for word in scene.desk.live.values())
    if not number:
        return Html("")
    key = "status.waiting.one" if number == 1 else "status.waiting.more"
    return say(key, scene.language, sessions=number)


def _mark(good: bool) -> str:
    return GOOD if good else BAD


def _ago(span: timedelta, lang: str) -> str:
    return plain("status.ago", lang, span=_span(span))


def _span(span: timedelta) -> str:
    """`12 s`, `5 min`, `3 h`."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 90:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 90 * 60 else f"{seconds // 3600} h"


def _bytes(size: int | None) -> str:
    if size is None:
        return "—"
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE else f"{max(size // MEGABYTE, 1)} MB"
