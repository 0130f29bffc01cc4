"""What is for sale, and the way to its invoice."""

import hmac
from collections.abc import Sequence
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, link, screen
from bot.screens.contacts_parts import back, label
from bot.texts import count, plain, say
from domain.kernel.errors import Conflict
from domain.operators.chat import Notice
from domain.operators.model import Right
from domain.wallet import buying
from domain.wallet.model import Pack, Plan
from domain.wallet.orders import PaymentRefused

#: What the buy screen shows, as its button says it.
POINTS, PLANS = 0, 1
#: Begins the link of a forwarded invoice.
LINK: Final = "buy"


@screen("buy", needs=Right.OWN)
async def buy(scene: Scene, args: Args) -> View:
    """Cheapest first."""
    lang, tariff = scene.workspace.language, scene.desk.tariff
    plans = int(args.get("what", POINTS)) == PLANS
    offers: Sequence[Pack | Plan] = buying.cheapest_first(tariff.plans if plans else tariff.packs)
    price = count(tariff.points_per_recipient, "point", "points")
    text = say("buy.plan", lang) if plans else say("buy.points", lang, price=price)
    if not offers:
        text = say("buy.nothing", lang)
    rows = tuple((_offer(offer, lang),) for offer in offers)
    return View(text=text, rows=(*rows, back(lang, "balance")))


def _offer(offer: Pack | Plan, lang: str) -> Button:
    """Carries amount and price: should either have changed meanwhile, it is found out."""
    if isinstance(offer, Pack):
        words = plain("buy.pack", lang, points=count(offer.points, "point", "points"), stars=offer.stars)
        return button(label(words), "bl.pack", id=offer.points, x=offer.stars)
    words = plain("buy.days", lang, days=count(offer.days, "day", "days"), stars=offer.stars)
    return button(label(words), "bl.days", id=offer.days, x=offer.stars)


@action("bl.buy", needs=Right.OWN)
async def go_buy(scene: Scene) -> Go:
    """`x`: points or plans."""
    return Go(screen="buy", args={"what": PLANS if scene.press.x == PLANS else POINTS})


@action("bl.pack", needs=Right.OWN)
async def order_points(scene: Scene) -> Go:
    pack = Pack(points=scene.press.id, stars=scene.press.x)
    if pack not in scene.desk.tariff.packs:
        raise Conflict()
    return await _ordered(scene, pack)


@action("bl.days", needs=Right.OWN)
async def order_days(scene: Scene) -> Go:
    plan = Plan(days=scene.press.id, stars=scene.press.x)
    if plan not in scene.desk.tariff.plans:
        raise Conflict()
    return await _ordered(scene, plan)


async def _ordered(scene: Scene, offer: Pack | Plan) -> Go:
    """The invoice goes through the outbox: sent twice, it still is one order."""
    id = await buying.order(
        scene.unit, offer, workspace_id=scene.workspace.id, member_id=scene.me.id,
        telegram_id=scene.telegram_id, at=scene.now,
    )  # fmt: skip
    payload = {"order": int(id), "start": f"{LINK}_{_mine(scene)}"}
    notice = Notice(chat_id=scene.chat_id, key=f"invoice:{id}", kind="invoice", payload=payload)
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    toast = plain("buy.coming", scene.workspace.language)
    return Go(screen="buy", args={"what": POINTS if isinstance(offer, Pack) else PLANS}, toast=toast)


def _mine(scene: Scene) -> str:
    """Names the payer in the link of an invoice, without telling who it is."""
    return scene.desk.sign(f"{LINK}:{scene.telegram_id}")


@link(LINK, needs=Right.ANYBODY)
async def from_invoice(scene: Scene, rest: str) -> Go:
    """Somebody tapped a forwarded invoice; Telegram lets nobody pay it there."""
    if not hmac.compare_digest(rest.encode(), _mine(scene).encode()):
        raise PaymentRefused("payer")
    if not scene.may(Right.OWN):
        raise PaymentRefused("role")
    note = say("buy.mine", scene.workspace.language)
    return Go(screen="balance", args={"note": str(note)})
