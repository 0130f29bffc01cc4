"""Payments in Stars as admins see them: a workspace's, or those that fit no order; giving one back."""

from collections.abc import AsyncIterator
from typing import Final
from zlib import crc32

from bot.chat.view import View, button
from bot.screens.admin_parts import log_both, moment, space_of
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, pages, short
from bot.texts import Html, count, plain, say
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Topic
from domain.operators.model import Right
from domain.wallet import buying
from domain.wallet.model import NotEnoughPoints
from domain.wallet.orders import Payment

LOOKED_AT_ONCE: Final = 100


class RefundSpent(DomainError):
    """Of the `points` that were bought only `available` are left."""

    code = "refund.spent"


def charge_number(charge_id: str) -> int:
    """A charge as it travels in a button: its own name may be too long for one."""
    return crc32(charge_id.encode())


def _of(id: int) -> WorkspaceId | None:
    """In buttons 0 stands for no workspace: payments that fit no order."""
    return WorkspaceId(id) if id else None


async def _every(scene: Scene, id: int) -> AsyncIterator[Payment]:
    offset, total = 0, 1
    while offset < total:
        found, total = await scene.unit.orders.payments(_of(id), offset=offset, limit=LOOKED_AT_ONCE)
        for payment in found:
            yield payment
        offset += LOOKED_AT_ONCE


async def _pressed(scene: Scene) -> Payment:
    """The payment of a button. Raises NotFound."""
    async for payment in _every(scene, scene.press.id):
        if charge_number(payment.charge_id) == scene.press.rev:
            return payment
    raise NotFound(what="payment")


async def _shown(scene: Scene, args: Args) -> Payment:
    payment = await scene.unit.orders.payment(str(args["charge"]))
    if payment is None:
        raise NotFound(what="payment")
    return payment


def _what(payment: Payment, lang: str) -> str:
    """`500 points`, `30 days`; a stray bought nothing."""
    if payment.points:
        return count(payment.points, "point", "points")
    return count(payment.days, "day", "days") if payment.days else plain("admin.pay.nothing", lang)


@action("admin.pays", needs=Right.ADMIN)
async def open_payments(scene: Scene) -> Go:
    return Go(screen="admin.pays", args={"id": scene.press.id, "page": scene.press.x})


@screen("admin.pays", needs=Right.ADMIN)
async def payments_screen(scene: Scene, args: Args) -> View:
    lang, id = scene.language, int(args["id"])
    name = short((await space_of(scene, id)).name) if id else ""
    wanted = max(int(args.get("page", 0)), 0)
    found, total = await scene.unit.orders.payments(_of(id), offset=wanted * A_PAGE, limit=A_PAGE)
    page = page_of(args, total)
    if page != wanted:
        found, total = await scene.unit.orders.payments(_of(id), offset=page * A_PAGE, limit=A_PAGE)
    if not total:
        text = say("admin.pays.none", lang, name=name) if id else say("admin.strays.none", lang)
    else:
        text = say("admin.pays.text", lang, name=name) if id else say("admin.strays.text", lang)
    rows = tuple(
        (button(_label(scene, one), "admin.pay", id, charge_number(one.charge_id)),) for one in found
    )
    up = back(lang, "admin.ws", id=id) if id else back(lang, "admin")
    return View(text=text, rows=(*rows, *pages(lang, "admin.pays", page, total, id=id), up))


def _label(scene: Scene, payment: Payment) -> str:
    lang = scene.language
    words = plain(
        "admin.pay.label", lang, when=moment(scene, payment.at), stars=payment.stars,
        what=_what(payment, lang), state=plain(f"payment.state.{payment.state.value}", lang),
    )  # fmt: skip
    return label(words)


@action("admin.pay", needs=Right.ADMIN)
async def open_payment(scene: Scene) -> Go:
    payment = await _pressed(scene)
    return Go(screen="admin.pay", args={"id": scene.press.id, "charge": payment.charge_id})


@screen("admin.pay", needs=Right.ADMIN)
async def payment_screen(scene: Scene, args: Args) -> View:
    lang, id = scene.language, int(args["id"])
    payment = await _shown(scene, args)
    back_at = Html("")
    if payment.refunded_at is not None:
        back_at = say("admin.pay.refunded", lang, at=moment(scene, payment.refunded_at))
    text = say(
        "admin.pay.text", lang, stars=payment.stars, what=_what(payment, lang),
        state=plain(f"payment.state.{payment.state.value}", lang), when=moment(scene, payment.at),
        payer=await _payer(scene, payment), charge=short(payment.charge_id, 120), refunded=back_at,
    )  # fmt: skip
    number = charge_number(payment.charge_id)
    refund_row = ((button(plain("admin.refund", lang), "admin.refund", id, number),),)
    rows = refund_row if payment.state in buying.REFUNDABLE else ()
    return View(text=text, rows=(*rows, back(lang, "admin.pays", id=id)))


@action("admin.refund", needs=Right.ADMIN)
async def ask_refund(scene: Scene) -> Go:
    payment = await _pressed(scene)
    return Go(screen="admin.refund", args={"id": scene.press.id, "charge": payment.charge_id})


@screen("admin.refund", needs=Right.ADMIN)
async def refund_screen(scene: Scene, args: Args) -> View:
    """Asks once more, the safe choice first."""
    lang, id = scene.language, int(args["id"])
    payment = await _shown(scene, args)
    number = charge_number(payment.charge_id)
    do = button(plain("admin.refund.do", lang, stars=payment.stars), "admin.refund.do", id, number)
    keep = button(plain("admin.refund.keep", lang), "admin.pay", id, number)
    left = await _days_left(scene, payment)
    choice = ((keep,),) if left == 0 else ((keep,), (do,))
    rows = (*choice, (button(plain("back", lang), "admin.pay", id, number),))
    return View(text=_question(scene, payment, left, await _payer(scene, payment)), rows=rows)


async def _days_left(scene: Scene, payment: Payment) -> int | None:
    """Of what was bought; None when that were no days."""
    if payment.workspace_id is None or not payment.days:
        return None
    wallet = await scene.unit.wallet.wallet(payment.workspace_id)
    return buying.days_to_take(payment, wallet, at=scene.now)


async def _payer(scene: Scene, payment: Payment) -> Html:
    """By name where they are known here, with the id that tells people of one name apart."""
    known = await scene.unit.operators.members_of(payment.telegram_id)
    paid_for = (one for one in known if one.workspace_id == payment.workspace_id)
    member = next(paid_for, next(iter(known), None))
    key = "admin.pay.payer" if member else "admin.pay.payer.unknown"
    name = short(member.name) if member else ""
    return say(key, scene.language, name=name, id=str(payment.telegram_id))


def _question(scene: Scene, payment: Payment, left: int | None, payer: Html) -> Html:
    """Names what will really be taken: of a plan that is nearly over that is little, for all the Stars."""
    lang, values = scene.language, {"stars": payment.stars, "payer": payer}
    if payment.workspace_id is None:
        return say("admin.refund.ask.stray", lang, **values)
    what = _what(payment, lang)
    if left is None or left == payment.days:
        return say("admin.refund.ask", lang, what=what, **values)
    if left == 0:
        return say("admin.refund.ask.over", lang, what=what, **values)
    return say("admin.refund.ask.rest", lang, what=what, left=count(left, "day", "days"), **values)


@action("admin.refund.do", needs=Right.ADMIN)
async def refund(scene: Scene) -> Go:
    """The first step; whoever asks Telegram for the second is woken when this is committed."""
    payment = await _pressed(scene)
    try:
        after = await buying.refund(scene.unit, payment.charge_id, at=scene.now)
    except NotEnoughPoints as error:
        raise RefundSpent(points=error.needs, available=error.available) from None
    space = await space_of(scene, payment.workspace_id) if payment.workspace_id is not None else None
    about = "" if space is not None else plain("admin.stray.about", scene.language)
    await log_both(
        scene, space, Topic.MONEY, "payment.refunded", about=about,
        before={"state": payment.state.value},
        after={"state": after.state.value, "stars": payment.stars, "points": -payment.points},
    )  # fmt: skip
    toast = plain("admin.refunding", scene.language, stars=payment.stars)
    args = {"id": scene.press.id, "charge": payment.charge_id}
    return Go(screen="admin.pay", args=args, toast=toast)
