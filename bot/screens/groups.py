"""Groups of a linked number become contacts: pick some, see who is in them, import. Experimental."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, pages, short
from bot.texts import Html, count, has, plain, say
from domain.accounts.model import Account, Channel
from domain.contacts.groups import Group, GroupCount, GroupImport, GroupImportState, NoGroupChosen, toggled
from domain.kernel.errors import Conflict, DomainError, NotFound
from domain.kernel.ids import AccountId, GroupImportId, ListId
from domain.operators.activity import Topic
from domain.operators.model import Right

S = GroupImportState
#: Of many groups so many are named; the buttons of lists likewise.
MOST_LINES: Final = 15
MOST_LISTS: Final = 8
ENDED: Final = frozenset({S.DONE, S.FAILED, S.CANCELLED})
#: Before this, the list of groups can be read anew and chosen from.
BEFORE_COUNTING: Final = frozenset({S.READING, S.CHOOSING, S.CONFIRMING})


class NoNumberWithGroups(DomainError):
    """No number is linked over WhatsApp Web."""

    code = "groups.no_number"


async def web_accounts(scene: Scene) -> Sequence[Account]:
    """Linked ones, whose groups can be read."""
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    return [a for a in accounts if a.channel is Channel.WEB and a.is_connected]


async def _job(scene: Scene, id: int) -> GroupImport:
    return await scene.unit.groups.group_import(scene.workspace.id, GroupImportId(id))


# -- beginning -------------------------------------------------------------------------------------------


@action("gi.start", needs=Right.WORK)
async def start(scene: Scene) -> Go:
    """Of the only number, or of the one that the button names; one that is under way is gone on with."""
    accounts = await web_accounts(scene)
    if not accounts:
        raise NoNumberWithGroups()
    if not scene.press.id and len(accounts) > 1:
        return Go(screen="groups.accounts")
    wanted = AccountId(scene.press.id) if scene.press.id else accounts[0].id
    if wanted not in {account.id for account in accounts}:
        raise NotFound()
    job = await scene.unit.groups.latest(scene.workspace.id)
    if job is not None and job.account_id == wanted and job.state not in ENDED:
        return Go(screen="groups", args={"id": int(job.id)})
    id = await scene.unit.groups.create(
        workspace_id=scene.workspace.id, account_id=wanted, chat_id=scene.chat_id,
        telegram_id=scene.telegram_id, at=scene.now,
    )  # fmt: skip
    return Go(screen="groups", args={"id": int(id)})


@screen("groups.accounts", needs=Right.WORK)
async def accounts_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    rows = tuple(
        (button(label(f"{account.number} {short(account.name, 30)}"), "gi.start", id=account.id),)
        for account in await web_accounts(scene)
    )
    return View(text=say("groups.accounts", lang), rows=(*rows, back(lang, "contacts")))


# -- one import, in whatever state it is -----------------------------------------------------------------


@action("gi.open", needs=Right.WORK)
async def open_(scene: Scene) -> Go:
    job = await _job(scene, scene.press.id)
    return Go(screen="groups", args={"id": int(job.id), "page": scene.press.x})


@screen("groups", needs=Right.WORK)
async def groups_screen(scene: Scene, args: Args) -> View:
    job = await _job(scene, args["id"])
    account = await scene.unit.accounts.known(job.account_id)
    lang = scene.workspace.language
    title = say("groups.title", lang, number=account.number if account is not None else "—")
    match job.state:
        case S.READING:
            body, rows = say("groups.reading", lang), _cancel(job, lang)
        case S.CHOOSING:
            body, rows = _choosing(scene, job, args)
        case S.COUNTING | S.STORING:
            body, rows = _at_work(job, lang), _cancel(job, lang)
        case S.CONFIRMING:
            body, rows = _confirming(job, lang)
        case S.DONE:
            body, rows = await _done(scene, job)
        case S.FAILED:
            body, rows = say("groups.failed", lang, why=why(job, lang)), _again(job, lang)
        case S.CANCELLED:
            body, rows = say("groups.cancelled", lang), _again(job, lang)
    return View(text=f"{title}\n\n{body}", rows=(*rows, back(lang, "contacts")))


def _cancel(job: GroupImport, lang: str) -> Rows:
    return ((button(plain("im.cancel", lang), "gi.cancel", id=job.id),),)


def _again(job: GroupImport, lang: str) -> Rows:
    return ((button(plain("link.retry", lang), "gi.start", id=job.account_id),),)


def _choosing(scene: Scene, job: GroupImport, args: Args) -> tuple[Html, Rows]:
    lang = scene.workspace.language
    if not job.groups and not job.refreshing:
        refresh = button(plain("groups.refresh", lang), "gi.refresh", id=job.id)
        return say("groups.none", lang), ((refresh,), *_cancel(job, lang))
    page = page_of(args, len(job.groups))
    buttons: list[tuple[Button, ...]] = []
    for n in range(page * A_PAGE, min((page + 1) * A_PAGE, len(job.groups))):
        text = _pick_label(job.groups[n], job.groups[n].id in job.chosen, lang)
        buttons.append((button(text, "gi.toggle", id=job.id, rev=page, x=n),))
    lines = [
        say("groups.choose", lang, groups=count(len(job.groups), "group", "groups"), chosen=len(job.chosen))
    ]
    if broken := sum(group.error is not None for group in job.groups):
        lines.append(say("groups.broken", lang, n=broken))
    if job.refreshing:
        lines.append(say("groups.refreshing", lang))
    elif job.read_at is not None:
        at = words.moment(job.read_at, words.zone_of(scene.workspace), scene.now, lang)
        lines.append(say("groups.read", lang, at=at))
    go = button(plain("groups.import", lang, n=len(job.chosen)), "gi.count", id=job.id, rev=job.version)
    refresh = button(plain("groups.refresh", lang), "gi.refresh", id=job.id)
    turn = pages(lang, "gi.open", page, len(job.groups), id=job.id)
    return Html("\n\n".join(lines)), (*buttons, *turn, (go,), (refresh,), *_cancel(job, lang))


def _pick_label(group: Group, chosen: bool, lang: str) -> str:
    name = short(group.name, 40) or "—"
    if group.error is not None:
        return label(plain("groups.pick.broken", lang, name=name))
    size = plain("groups.size", lang, n=group.size) if group.size is not None else ""
    return label(plain("groups.pick.on" if chosen else "groups.pick.off", lang, name=name, size=size))


def _at_work(job: GroupImport, lang: str) -> Html:
    done, total = len(job.counts), len(job.chosen)
    key = "groups.counting" if job.state is S.COUNTING else "groups.storing"
    return say(key, lang, bar=words.bar(done, total), done=done, total=total)


def _lines(job: GroupImport, lang: str) -> Html:
    lines = [_line(one, lang) for one in job.counts[:MOST_LINES]]
    if len(job.counts) > MOST_LINES:
        lines.append(say("groups.line.more", lang, n=len(job.counts) - MOST_LINES))
    return Html("\n".join(lines))


def _line(one: GroupCount, lang: str) -> Html:
    name = short(one.name, 40) or "—"
    if one.error is not None:
        known = f"groups.error.{one.error}"
        error = plain(known, lang) if has(known) else short(one.error, 40)
        return say("groups.line.error", lang, name=name, error=error)
    return say(
        "groups.line", lang, name=name, members=count(one.members, "member", "members"), known=one.known,
        hidden=one.hidden, already=one.already,
    )  # fmt: skip


def _together(job: GroupImport, name: str) -> int:
    return sum(getattr(one, name) for one in job.counts)


def _hidden(job: GroupImport, lang: str) -> Html:
    """How many are left out; and, of several groups, how they were counted."""
    hidden = _together(job, "hidden")
    left_out = say("groups.hidden", lang, n=hidden) if hidden else Html("")
    return Html(left_out + say("groups.twice", lang)) if len(job.counts) > 1 else left_out


def _confirming(job: GroupImport, lang: str) -> tuple[Html, Rows]:
    known = _together(job, "known")
    text = say(
        "groups.confirm", lang, lines=_lines(job, lang), known=known, already=_together(job, "already"),
        hidden=_hidden(job, lang),
    )  # fmt: skip
    go = button(plain("groups.go", lang, people=words.people(known)), "gi.go", id=job.id, rev=job.version)
    again = button(plain("groups.refresh", lang), "gi.refresh", id=job.id)
    return text, (*(((go,),) if known else ((again,),)), *_cancel(job, lang))


async def _done(scene: Scene, job: GroupImport) -> tuple[Html, Rows]:
    """The lists that came of it, each with the way to say how its people agreed."""
    lang = scene.workspace.language
    hidden, lines = _hidden(job, lang), _lines(job, lang)
    known = _together(job, "known")
    if not known:
        return say("groups.done.nobody", lang, hidden=hidden, lines=lines), _again(job, lang)
    text = say(
        "groups.done", lang, lines=lines, known=known, already=_together(job, "already"),
        stopped=_together(job, "stopped"), hidden=hidden,
    )  # fmt: skip
    there = await scene.unit.contacts.list_names(scene.workspace.id)
    ids = [ListId(one.list_id) for one in job.counts if one.list_id is not None]
    made = [id for id in ids if id in there][:MOST_LISTS]
    rows = [
        (button(label(plain("groups.list", lang, name=short(there[id], 30))), "ls.consent", id=id),)
        for id in made
    ]
    return text, (*rows, (button(plain("ct.lists", lang), "ls"),))


def why(job: GroupImport, lang: str) -> Html:
    """Why they could not be read, and what to do."""
    for key in (f"groups.why.{job.reason}", f"refused.worker.{job.reason}"):
        if has(key):
            return say(key, lang)
    return say("groups.why.away", lang)


# -- what can be done with it ----------------------------------------------------------------------------


@action("gi.toggle", needs=Right.WORK)
async def toggle(scene: Scene) -> Go:
    job = await _job(scene, scene.press.id)
    if job.state is S.CHOOSING:
        chosen = toggled(job, scene.press.x)
        if list(chosen) != list(job.chosen):
            await scene.unit.groups.update(replace(job, chosen=chosen), expected=job.version)
    return Go(screen="groups", args={"id": int(job.id), "page": scene.press.rev})


@action("gi.refresh", needs=Right.WORK)
async def refresh(scene: Scene) -> Go:
    """From the beginning; what was chosen stays so, as far as it is still there."""
    job = await _job(scene, scene.press.id)
    if job.state in BEFORE_COUNTING:
        anew = replace(job, state=S.READING, refreshing=False, counts=[], read_at=None)
        await scene.unit.groups.update(anew, expected=job.version)
    return Go(screen="groups", args={"id": int(job.id)})


@action("gi.count", needs=Right.WORK)
async def count_them(scene: Scene) -> Go:
    job = await _job(scene, scene.press.id)
    if job.state is S.CHOOSING:
        if not job.chosen:
            raise NoGroupChosen()
        counting = replace(job, state=S.COUNTING, counts=[], refreshing=False)
        await scene.unit.groups.update(counting, expected=job.version)
    return Go(screen="groups", args={"id": int(job.id)})


@action("gi.go", needs=Right.WORK)
async def go(scene: Scene) -> Go:
    """As it was shown: with other counts it is shown again first."""
    job = await _job(scene, scene.press.id)
    if job.state is S.CONFIRMING:
        if job.version != scene.press.rev:
            raise Conflict()
        await scene.unit.groups.update(replace(job, state=S.STORING, counts=[]), expected=job.version)
        after = {"groups": len(job.chosen), "people": _together(job, "known")}
        account = await scene.unit.accounts.known(job.account_id)
        about = account.number if account is not None else ""
        await scene.log(Topic.CONTACTS, "groups.begun", about=about, after=after)
    return Go(screen="groups", args={"id": int(job.id)})


@action("gi.cancel", needs=Right.WORK)
async def cancel(scene: Scene) -> Go:
    job = await _job(scene, scene.press.id)
    if job.state not in ENDED:
        cancelled = replace(job, state=S.CANCELLED, refreshing=False)
        await scene.unit.groups.update(cancelled, expected=job.version)
    return Go(screen="groups", args={"id": int(job.id)})
