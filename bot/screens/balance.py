"""Balance: points, what is held, until when the plan runs, every movement; and help with a payment."""

from collections.abc import Sequence
from typing import Final

from bot.chat.payments import admins_of, tell_all
from bot.chat.threads import in_thread
from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, command, screen, text_answer
from bot.screens.contacts_parts import A_PAGE, back, page_of, pages, short
from bot.texts import Html, plain, say
from domain.operators.activity import Topic
from domain.operators.chat import Notice, Prompt
from domain.operators.model import Right
from domain.wallet.model import EntryKind, Movement, Wallet

#: Whose note says more than the reason itself: what the admin typed.
NOTED: Final = frozenset({EntryKind.GRANT, EntryKind.TAKEN})
LONGEST_NOTE: Final = 60
LONGEST_QUESTION: Final = 2000
#: Of somebody who is in no workspace and never paid.
LONGEST_OF_STRANGERS: Final = 500


@screen("balance", needs=Right.OWN)
async def balance(scene: Scene, args: Args) -> View:
    lang, store = scene.workspace.language, scene.unit.wallet
    wallet = await store.wallet(scene.workspace.id)
    wanted = max(int(args.get("page", 0)), 0)
    shown, total = await store.movements(scene.workspace.id, offset=wanted * A_PAGE, limit=A_PAGE)
    page = page_of(args, total)
    text = say(
        "balance", lang, held=wallet.held, available=wallet.available,
        owed=say("balance.owed", lang, owed=wallet.owed) if wallet.owed else Html(""),
        plan=_plan(scene, wallet), movements=_lines(scene, shown),
    )  # fmt: skip
    buy: tuple[Button, ...] = (
        button(plain("balance.buy.points", lang), "bl.buy"),
        button(plain("balance.buy.plan", lang), "bl.buy", x=1),
    )
    export = (button(plain("balance.export", lang), "bl.export", x=page),)
    return View(text=text, rows=(buy, *pages(lang, "balance", page, total), export, back(lang, "home")))


def _plan(scene: Scene, wallet: Wallet) -> Html:
    lang, space = scene.workspace.language, scene.workspace
    if wallet.plan_until is None:
        return say("balance.plan.none", lang)
    at = words.moment(wallet.plan_until, words.zone_of(space), scene.now, lang)
    key = "balance.plan" if wallet.has_plan(scene.now) else "balance.plan.over"
    return say(key, lang, at=at, zone=space.zone)


def _lines(scene: Scene, movements: Sequence[Movement]) -> Html:
    lang, zone = scene.workspace.language, words.zone_of(scene.workspace)
    lines = [
        say(
            "balance.line", lang, amount=amount_words(one, lang), what=what_words(one, lang),
            at=words.moment(one.at, zone, scene.now, lang),
        )
        for one in movements
    ]  # fmt: skip
    return Html("\n".join(lines)) if lines else say("balance.none", lang)


def amount_words(one: Movement, lang: str) -> Html:
    """`+500`, `−120`; what is only set aside or set free shows a lock."""
    if one.points or not one.held:
        return say("balance.moved", lang, points=f"{one.points:+,}".replace("-", "−") if one.points else "0")
    key = "balance.held.more" if one.held > 0 else "balance.held.less"
    return say(key, lang, points=abs(one.held))


def what_words(one: Movement, lang: str) -> Html:
    campaign = short(one.campaign, 40) if one.campaign else plain("movement.no_campaign", lang)
    what = say(f"movement.{one.kind.value}", lang, campaign=campaign)
    if one.owed > 0:
        what = say("balance.owes", lang, what=what, owed=one.owed)
    if one.note and one.kind in NOTED:
        what = say("balance.note", lang, what=what, note=short(one.note, LONGEST_NOTE))
    return what


@action("balance", needs=Right.OWN)
async def go_balance(scene: Scene) -> Go:
    """`x` is the page."""
    return Go(screen="balance", args={"page": scene.press.x})


@command("balance", needs=Right.OWN)
async def balance_command(scene: Scene) -> Go:
    return Go(screen="balance")


@action("bl.export", needs=Right.OWN)
async def export(scene: Scene) -> Go:
    """The file is made and sent by the notices; a second tap at once asks for the same one."""
    lang, at = scene.workspace.language, scene.now
    here = {"page": scene.press.x}
    _, total = await scene.unit.wallet.movements(scene.workspace.id, limit=1)
    if not total:
        return Go(screen="balance", args=here, toast=plain("balance.export.none", lang))
    key = f"ledger_export/{scene.chat_id}/{int(at.timestamp()) // 2}"
    payload = in_thread({"workspace_id": int(scene.workspace.id)})
    notice = Notice(chat_id=scene.chat_id, key=key, kind="ledger_export", payload=payload)
    if await scene.unit.chat.queue_notice(notice, at=at):
        await scene.log(Topic.MONEY, "balance.exported")
    return Go(screen="balance", args=here, toast=plain("balance.export.coming", lang))


# -- help with a payment -----------------------------------------------------------------------------


@command("paysupport", needs=Right.ANYBODY)
async def paysupport(scene: Scene) -> Go:
    """Telegram asks every bot that takes payments to answer this, to whoever asks: a payer may have left the
    workspace, or was never in one."""
    return Go(screen="paysupport", prompt=Prompt(chat_id=scene.chat_id, kind="paysupport"))


@screen("paysupport", needs=Right.ANYBODY)
async def paysupport_screen(scene: Scene, args: Args) -> View:
    lang = scene.language
    return View(text=say("paysupport", lang), rows=(back(lang, "home"),))


@text_answer("paysupport", needs=Right.ANYBODY)
async def ask_admins(scene: Scene, prompt: Prompt, text: str) -> Go:
    """To everybody who runs this desk, with what they need to find the payment."""
    lang, unit = scene.language, scene.unit
    receipts = [payment.charge_id for payment in await unit.orders.payments_of(scene.telegram_id)]
    most = LONGEST_QUESTION if scene.member or receipts else LONGEST_OF_STRANGERS
    if len(text) > most:
        note = say("paysupport.long", lang, most=most)
        return Go(screen="paysupport", args={"note": str(note)}, prompt=prompt)
    out = "home" if scene.member else "private"
    admins = await admins_of(unit, scene.desk.admin_ids)
    if not admins:
        return Go(screen=out, args={"note": str(say("paysupport.nobody", lang))})
    notice = say(
        "paysupport.notice", lang, name=_name(scene), id=str(scene.telegram_id),
        workspace=short(scene.home.name) if scene.home else plain("paysupport.no_workspace", lang),
        text=words.quoted(text, most), receipts=", ".join(receipts) or plain("paysupport.no_receipts", lang),
    )  # fmt: skip
    key = f"paysupport/{scene.chat_id}/{scene.now.isoformat()}"
    await tell_all(unit, admins, key, notice, at=scene.now)
    return Go(
        screen=out,
        args={"note": str(say("paysupport.sent" if receipts else "paysupport.sent.no_receipts", lang))},
    )


def _name(scene: Scene) -> str:
    return short(
        scene.member.name if scene.member else scene.person or plain("desk.somebody", scene.language)
    )
