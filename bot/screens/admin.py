"""The desk's admins: which workspaces there are and how they stand; suspending one; the desk's own log."""

from bot.chat.view import Button, Rows, View, button
from bot.screens.admin_parts import (
    ask,
    log_both,
    moment,
    reason_in,
    space_of,
    tell_everybody,
    zone_name,
)
from bot.screens.base import Args, Go, Scene, action, command, screen, text_answer
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, pages, said, short
from bot.screens.log import page_of_log
from bot.texts import Html, count, plain, say
from domain.campaigns.model import CampaignState, PauseReason
from domain.kernel.errors import Conflict
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right, Role, Workspace
from domain.scheduler.licence import stop_workspace


@command("admin", needs=Right.ADMIN)
async def admin_command(scene: Scene) -> Go:
    return Go(screen="admin")


@action("admin", needs=Right.ADMIN)
async def go_admin(scene: Scene) -> Go:
    return Go(screen="admin", args={"page": scene.press.x})


@screen("admin", needs=Right.ADMIN)
async def admin_screen(scene: Scene, args: Args) -> View:
    """Every workspace, with what an admin is asked about."""
    lang = scene.language
    every = await scene.unit.operators.workspaces()
    page = page_of(args, len(every))
    shown = every[page * A_PAGE : (page + 1) * A_PAGE]
    latest = await scene.unit.activity.latest([space.id for space in shown])
    lines = []
    for space in shown:
        wallet = await scene.unit.wallet.wallet(space.id)
        numbers = len(await scene.unit.accounts.of_workspace(space.id))
        line = say(
            "admin.line", lang, name=short(space.name, 40), points=wallet.available,
            plan=moment(scene, wallet.plan_until), numbers=count(numbers, "number", "numbers"),
            latest=moment(scene, latest.get(space.id)), mark=_mark(space, lang),
        )  # fmt: skip
        lines.append(line)
    _, strays = await scene.unit.orders.payments(None, limit=1)
    text = say(
        "admin", lang, workspaces=count(len(every), "workspace", "workspaces"), lines=Html("\n".join(lines))
    )
    buttons = [button(label(_mark(space, lang) + space.name), "admin.ws", id=space.id) for space in shown]
    rows: list[tuple[Button, ...]] = [tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)]
    rows += pages(lang, "admin", page, len(every))
    stray = button(plain("admin.strays", lang, count=strays), "admin.pays")
    rows.append((stray, button(plain("admin.log", lang), "admin.log")))
    return View(text=text, rows=(*rows, back(lang, "home")))


def _mark(space: Workspace, lang: str) -> str:
    return plain("admin.mark.suspended", lang) if space.suspended_at is not None else ""


# -- one workspace -------------------------------------------------------------------------------------


@action("admin.ws", needs=Right.ADMIN)
async def open_space(scene: Scene) -> Go:
    return Go(screen="admin.ws", args={"id": scene.press.id})


@screen("admin.ws", needs=Right.ADMIN)
async def space_screen(scene: Scene, args: Args) -> View:
    lang, space = scene.language, await space_of(scene, int(args["id"]))
    wallet = await scene.unit.wallet.wallet(space.id)
    members = await scene.unit.operators.members(space.id)
    owners = [short(member.name, 30) for member in members if member.role is Role.OWNER][:5]
    latest = await scene.unit.activity.latest([space.id])
    owed = say("admin.ws.owed", lang, owed=wallet.owed) if wallet.owed else Html("")
    text = say(
        "admin.ws", lang, name=short(space.name), id=str(space.id), country=space.country, zone=space.zone,
        members=len(members), owners=", ".join(owners) or "—", numbers=await _numbers(scene, space),
        held=wallet.held, available=wallet.available, owed=owed,
        plan=moment(scene, wallet.plan_until), latest=moment(scene, latest.get(space.id)),
        suspended=_suspended(scene, space),
    )  # fmt: skip
    return View(text=text, rows=_rows(space, len(members), lang))


async def _numbers(scene: Scene, space: Workspace) -> Html:
    lang = scene.language
    accounts = await scene.unit.accounts.of_workspace(space.id)
    shown = [
        say("admin.ws.number", lang, number=one.number, state=plain(f"account.state.{one.state}", lang))
        for one in accounts[:A_PAGE]
    ]
    return Html(", ".join(shown) or "—")


def _suspended(scene: Scene, space: Workspace) -> Html:
    if space.suspended_at is None:
        return Html("")
    since, why = moment(scene, space.suspended_at), short(space.suspended_why or "—", 200)
    return say("admin.ws.suspended", scene.language, since=since, why=why)


def _rows(space: Workspace, members: int, lang: str) -> Rows:
    id = space.id
    lifted = ("admin.lift", "admin.lift") if space.suspended_at is not None else ("admin.suspend",) * 2
    return (
        (
            button(plain("admin.points", lang), "admin.points", id=id),
            button(plain("admin.days", lang), "admin.days", id=id),
        ),
        (
            button(plain("admin.members", lang, count=members), "admin.members", id=id),
            button(plain("admin.pays", lang), "admin.pays", id=id),
        ),
        (button(plain(lifted[0], lang), lifted[1], id=id),),
        back(lang, "admin"),
    )


@action("admin.members", needs=Right.ADMIN)
async def open_members(scene: Scene) -> Go:
    return Go(screen="admin.members", args={"id": scene.press.id, "page": scene.press.x})


@screen("admin.members", needs=Right.ADMIN)
async def members_screen(scene: Scene, args: Args) -> View:
    lang, space = scene.language, await space_of(scene, int(args["id"]))
    members = await scene.unit.operators.members(space.id)
    page = page_of(args, len(members))
    lines = [
        say(
            "admin.member", lang, name=short(member.name), id=str(member.telegram_id),
            role=plain(f"role.{member.role.value}", lang),
        )
        for member in members[page * A_PAGE : (page + 1) * A_PAGE]
    ]  # fmt: skip
    body = Html("\n".join(lines)) if lines else say("admin.members.none", lang)
    text = say("admin.members.text", lang, name=short(space.name), lines=body)
    turn = pages(lang, "admin.members", page, len(members), id=space.id)
    return View(text=text, rows=(*turn, back(lang, "admin.ws", id=space.id)))


# -- suspending ----------------------------------------------------------------------------------------


@action("admin.suspend", needs=Right.ADMIN)
async def ask_suspend(scene: Scene) -> Go:
    space = await space_of(scene, scene.press.id)
    return Go(screen="admin.suspend", args={"id": int(space.id)})


@screen("admin.suspend", needs=Right.ADMIN)
async def suspend_screen(scene: Scene, args: Args) -> View:
    lang, space = scene.language, await space_of(scene, int(args["id"]))
    states = [CampaignState.RUNNING]
    _, running = await scene.unit.campaigns.of_workspace(space.id, states=states, limit=1)
    campaigns = count(running, "running campaign", "running campaigns")
    return View(
        text=say("admin.suspend.ask", lang, name=short(space.name), campaigns=campaigns),
        rows=(
            (button(plain("admin.suspend.keep", lang), "admin.ws", id=space.id),),
            (button(plain("admin.suspend.do", lang), "admin.suspend.do", id=space.id),),
            back(lang, "admin.ws", id=space.id),
        ),
    )


@action("admin.suspend.do", needs=Right.ADMIN)
async def ask_why(scene: Scene) -> Go:
    space = await space_of(scene, scene.press.id)
    if space.suspended_at is not None:
        raise Conflict()
    return ask(scene, "why", space)


@text_answer("admin.why", needs=Right.ADMIN)
async def suspend(scene: Scene, prompt: Prompt, text: str) -> Go:
    """Nothing leaves from now on, in the same transaction; whoever works there is told by the announcer."""
    why = reason_in(text)
    space = await space_of(scene, prompt.args["id"])
    if space.suspended_at is not None:
        raise Conflict()
    await scene.unit.operators.suspend(space.id, why=why, at=scene.now)
    paused = await stop_workspace(
        scene.unit, scene.desk.announcer, scene.desk.watcher, space.id, PauseReason.SUSPENDED, scene.now
    )
    names = [campaign.name for campaign in paused]
    await log_both(
        scene, space, Topic.SETTINGS, "workspace.suspended", after={"reason": why, "paused": names}
    )
    note = say(
        "admin.suspended", scene.language, name=short(space.name),
        campaigns=count(len(paused), "campaign", "campaigns"),
    )  # fmt: skip
    return Go(screen="admin.ws", args=said({"id": int(space.id)}, note))


@action("admin.lift", needs=Right.ADMIN)
async def lift(scene: Scene) -> Go:
    """Campaigns stay paused: their own people resume what they still want to send."""
    space = await space_of(scene, scene.press.id)
    if space.suspended_at is None:
        raise Conflict()
    await scene.unit.operators.suspend(space.id, why=None, at=None)
    before = {"reason": space.suspended_why}
    await log_both(scene, space, Topic.SETTINGS, "workspace.lifted", before=before)
    key = f"lifted:{space.id}:{int(scene.now.timestamp())}"
    await tell_everybody(scene, space, key, "notice.suspension.lifted")
    return Go(screen="admin.ws", args={"id": int(space.id)}, toast=plain("admin.lifted", scene.language))


# -- the desk's own log ----------------------------------------------------------------------------------


@action("admin.log", needs=Right.ADMIN)
async def open_log(scene: Scene) -> Go:
    return Go(screen="admin.log", args={"page": scene.press.x})


@screen("admin.log", needs=Right.ADMIN)
async def log_screen(scene: Scene, args: Args) -> View:
    """What admins did, whichever workspace it was about."""
    lang = scene.language
    shown, page, total = await page_of_log(scene, None, args, zone=zone_name(scene))
    body = Html("\n\n".join(shown)) if shown else say("log.none", lang)
    text = say("admin.log.text", lang, lines=body, zone=zone_name(scene))
    return View(text=text, rows=(*pages(lang, "admin.log", page, total), back(lang, "admin")))
