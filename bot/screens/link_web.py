"""Linking a number over WhatsApp Web: the warning, QR or code, and how it goes on. What stands in the chat
meanwhile is bot/chat/linking.py's."""

from collections.abc import Mapping

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import ask, back, short
from bot.screens.imports_columns import country_shown
from bot.screens.link import mine
from bot.texts import Html, has, plain, say
from domain.accounts import link_service
from domain.accounts.linking import Linking, LinkingPhase, LinkingState, LinkMode
from domain.accounts.model import Account
from domain.contacts.countries import example_number
from domain.contacts.service import number_of
from domain.kernel.ids import LinkingId
from domain.operators.chat import Prompt
from domain.operators.model import Right

S = LinkingState


@action("link.web", needs=Right.WORK)
async def go_web(scene: Scene) -> Go:
    return Go(screen="link.web", args={"id": scene.press.id})


@screen("link.web", needs=Right.WORK)
async def web_screen(scene: Scene, args: Args) -> View:
    """What it is and what it may cost, before anything is started."""
    lang = scene.workspace.language
    id = int(args.get("id", 0))
    title = say("link.web.new", lang)
    if id:
        title = say("link.web.again", lang, number=(await mine(scene, id)).number)
    return View(
        text=say("link.web.about", lang, title=title),
        rows=(
            (button(plain("link.qr", lang), "link.qr", id=id),),
            (button(plain("link.code", lang), "link.code", id=id),),
            back(lang, "link"),
        ),
    )


async def _account(scene: Scene, id: int) -> Account | None:
    return await mine(scene, id) if id else None


async def _begin(scene: Scene, account: Account | None, mode: LinkMode, number: str | None = None) -> Go:
    desk, space = scene.desk, scene.workspace
    linking = await link_service.begin(
        scene.unit.linkings, scene.unit.accounts, workspace_id=space.id, account=account, mode=mode,
        number=number, chat_id=scene.chat_id, telegram_id=scene.telegram_id,
        name=lambda id: desk.web.name_for(f"{desk.desk_id}-{space.id}-{id}"), at=scene.now,
    )  # fmt: skip
    return Go(screen="linking", args={"id": int(linking.id)})


@action("link.qr", needs=Right.WORK)
async def show_qr(scene: Scene) -> Go:
    return await _begin(scene, await _account(scene, scene.press.id), LinkMode.QR)


@action("link.code", needs=Right.WORK)
async def use_code(scene: Scene) -> Go:
    """Of a number that is linked again it is known for which."""
    account = await _account(scene, scene.press.id)
    if account is not None:
        return await _begin(scene, account, LinkMode.CODE, account.number)
    country = scene.workspace.country
    values = {"country": country_shown(country), "example": example_number(country)}
    return ask(scene, "link.number", leave="link.web", values=values)


@text_answer("link.number", needs=Right.WORK)
async def number_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    number = number_of(text, scene.workspace.country)
    return await _begin(scene, None, LinkMode.CODE, number)


# -- how it goes on --------------------------------------------------------------------------------------


async def _linking(scene: Scene, id: int) -> Linking:
    return await scene.unit.linkings.linking(scene.workspace.id, LinkingId(id))


@action("link.showing", needs=Right.WORK)
async def showing(scene: Scene) -> Go:
    linking = await _linking(scene, scene.press.id)
    return Go(screen="linking", args={"id": int(linking.id)})


@action("link.stop", needs=Right.WORK)
async def stop(scene: Scene) -> Go:
    """One that came to its end meanwhile is shown as it ended."""
    linking = await _linking(scene, scene.press.id)
    if linking.is_open:
        await link_service.close(scene.unit.linkings, scene.unit.accounts, linking, S.CANCELLED, at=scene.now)
        return Go(screen="link", toast=plain("link.stopped", scene.workspace.language))
    return Go(screen="linking", args={"id": int(linking.id)})


@action("link.retry", needs=Right.WORK)
async def retry(scene: Scene) -> Go:
    """The same once more."""
    linking = await _linking(scene, scene.press.id)
    account = await _account(scene, int(linking.account_id or 0))
    return await _begin(scene, account, linking.mode, linking.number)


@screen("linking", needs=Right.WORK)
async def linking_screen(scene: Scene, args: Args) -> View:
    linking = await _linking(scene, args["id"])
    account = None
    if linking.account_id is not None:
        account = await scene.unit.accounts.known(linking.account_id)
    number = account.number if account is not None else linking.number or ""
    text = _text(linking, number, scene.workspace.language)
    return View(
        text=text,
        rows=_rows(
            linking, gone=linking.account_id is not None and account is None, lang=scene.workspace.language
        ),
    )


def _text(linking: Linking, number: str, lang: str) -> Html:
    match linking.state:
        case S.OPEN if linking.phase is LinkingPhase.SYNCING:
            return say("linking.syncing", lang)
        case S.OPEN if linking.reason is not None:
            return say(f"linking.{linking.reason}", lang)
        case S.OPEN:
            return say(f"linking.{linking.phase}.{linking.mode}", lang, number=number)
        case S.ENDED if linking.reason is not None:
            return say(f"linking.ended.{linking.reason}", lang)
        case S.ENDED:
            return say(f"linking.ended.{linking.mode}", lang)
        case S.FAILED | S.REFUSED:
            return say("linking.failed", lang, why=why(linking, number, lang))
        case S.CANCELLED | S.LINKED:
            return say(f"linking.{linking.state}", lang)


def why(linking: Linking, number: str, lang: str) -> Html:
    """Why nothing came of it, and what to do."""
    reason = linking.reason or ""
    words: Mapping[str, object] = {
        "number": number,
        "other": linking.other or "",
        "reason": short(reason, 60),
    }
    for key in (f"linking.why.{reason}", f"refused.worker.{reason}"):
        if has(key):
            return say(key, lang, **words)
    return say("linking.why.session_failed", lang, **words)


def _rows(linking: Linking, *, gone: bool, lang: str) -> tuple[tuple[Button, ...], ...]:
    id = linking.account_id or 0
    other, key = ("link.code", "link.code") if linking.mode is LinkMode.QR else ("link.qr", "link.qr")
    otherwise = (button(plain(key, lang), other, id=id),)
    if linking.is_open:
        cancel = (button(plain("link.stop", lang), "link.stop", id=linking.id),)
        if linking.phase is LinkingPhase.SYNCING:
            return (cancel, back(lang, "link"))
        return (otherwise, cancel, back(lang, "link"))
    if (linking.state in {S.LINKED, S.REFUSED} and linking.reason != "other_number") or gone:
        return (back(lang, "link"),)
    nothing_shown = linking.state is S.FAILED or (linking.state is S.ENDED and linking.reason is not None)
    again = "link.retry" if nothing_shown else f"link.{linking.mode}.again"
    return ((button(plain(again, lang), "link.retry", id=linking.id),), otherwise, back(lang, "link"))
