"""Stars that moved: credited when they came, once; our records follow when they went back."""

import secrets
from collections.abc import Iterable
from datetime import datetime

import structlog
from telegram import Message, RefundedPayment, SuccessfulPayment

from bot.chat.money_again import TOLD_AFTER
from bot.screens import campaign_words as words
from bot.screens.base import Desk, Go, Scene
from bot.texts import Html, count, plain, say
from domain.campaigns.model import CampaignState, PauseReason
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import InboxUpdate, Json, Notice
from domain.operators.model import Right, Workspace
from domain.scheduler.unit import Unit
from domain.wallet import buying
from domain.wallet.buying import Charge
from domain.wallet.orders import Payment, PaymentState
from domain.wallet.ports import WalletStore

log = structlog.get_logger(__name__)


async def money_moved(scene: Scene, message: Message) -> Go | None:
    """Stars came or went back, of a member or not: our records follow. Returns where that leads, if
    anywhere."""
    try:
        if (paid := message.successful_payment) is not None:
            return await _came(scene, charge_of(paid, scene.telegram_id))
        if (refunded := message.refunded_payment) is not None:
            await _went(scene, charge_of(refunded, scene.telegram_id))
    except DomainError as error:
        # Money that moved is not refused like a tap, which would be the end of it.
        raise RuntimeError("money moved, and our records could not follow") from error
    return None


async def _went(scene: Scene, charge: Charge) -> None:
    payment = await buying.stars_went_back(scene.unit, charge, at=scene.now)
    if payment is not None:
        admins = await admins_of(scene.unit, scene.desk.admin_ids)
        await went_back(scene.unit, payment, admins=admins, at=scene.now)
        scene.touched.update(_workspaces(payment))


def charge_of(paid: SuccessfulPayment | RefundedPayment, telegram_id: int) -> Charge:
    return Charge(
        charge_id=paid.telegram_payment_charge_id, payload=paid.invoice_payload, telegram_id=telegram_id,
        stars=paid.total_amount, currency=paid.currency,
    )  # fmt: skip


async def _came(scene: Scene, charge: Charge) -> Go | None:
    unit = scene.unit
    order = await unit.orders.by_payload(charge.payload)
    before = await _standing(unit.wallet, order.workspace_id) if order else {}
    payment = await buying.credit(unit, charge, at=scene.now)
    if payment is None:
        return None
    if payment.workspace_id is None:
        await _stray(scene, payment)
        return None
    await _receipt(unit, payment, at=scene.now)
    scene.touched.add(payment.workspace_id)
    await unit.activity.add(
        Activity(
            workspace_id=payment.workspace_id,
            at=scene.now,
            telegram_id=scene.telegram_id,
            who=scene.member.name if scene.member else scene.person,
            topic=Topic.MONEY,
            what="points.bought" if payment.points else "plan.bought",
            screen="balance",
            about=_bought(payment),
            before=before,
            after={**await _standing(unit.wallet, payment.workspace_id), "stars": payment.stars},
        )
    )
    at_home = scene.home is not None and scene.home.id == payment.workspace_id
    return Go(screen="balance", fresh=True) if at_home and scene.may(Right.OWN) else None


async def _standing(wallet: WalletStore, space: WorkspaceId) -> dict[str, object]:
    """For the activity log."""
    now = await wallet.wallet(space)
    ends = {} if now.plan_until is None else {"ends": f"{now.plan_until:%Y-%m-%d %H:%M} UTC"}
    return {"points": now.balance, **ends}


def _bought(payment: Payment) -> str:
    if payment.points:
        return count(payment.points, "point", "points")
    return count(payment.days, "plan day", "plan days")


async def _receipt(unit: Unit, payment: Payment, *, at: datetime) -> None:
    """To whoever paid, once a charge."""
    [workspace_id] = _workspaces(payment)
    space, wallet = await unit.operators.workspace(workspace_id), await unit.wallet.wallet(workspace_id)
    lang = space.language
    if payment.points:
        text = say(
            "payment.receipt.points", lang, stars=payment.stars, receipt=payment.charge_id,
            points=count(payment.points, "point is", "points are"), available=wallet.available,
        )  # fmt: skip
    else:
        ends = wallet.plan_until or at
        text = say(
            "payment.receipt.plan", lang, stars=payment.stars, receipt=payment.charge_id,
            at=words.moment(ends, words.zone_of(space), at, lang), waiting=await _waiting(unit, space),
        )  # fmt: skip
    await _tell(unit, payment.telegram_id, f"receipt:{payment.charge_id}", text, at=at)


async def _waiting(unit: Unit, space: Workspace) -> Html:
    """A plan resumes nothing by itself: whoever operates decides what still makes sense."""
    paused, _ = await unit.campaigns.of_workspace(space.id, states=[CampaignState.PAUSED], limit=50)
    if not any(campaign.pause_reason is PauseReason.PLAN_ENDED for campaign in paused):
        return Html("")
    return say("payment.receipt.waiting", space.language)


async def _stray(scene: Scene, payment: Payment) -> None:
    """Kept, and looked at by a person."""
    unit, at = scene.unit, scene.now
    values = {"stars": payment.stars, "receipt": payment.charge_id}
    text = say("payment.stray", scene.language, **values)
    await _tell(unit, payment.telegram_id, f"receipt:{payment.charge_id}", text, at=at)
    who = say("payment.stray.admin", name=words.one_line(scene.person), id=str(payment.telegram_id), **values)
    admins = await admins_of(unit, scene.desk.admin_ids)
    await tell_all(unit, admins, f"stray:{payment.charge_id}", who, at=at)
    await unit.activity.add(
        Activity(
            workspace_id=None,
            at=at,
            telegram_id=payment.telegram_id,
            who=scene.person,
            topic=Topic.MONEY,
            what="payment.stray",
            screen="",
            about=payment.charge_id,
            after={"stars": payment.stars},
        )
    )


async def money_in_trouble(
    desk: Desk, row: InboxUpdate, money: Json, error: BaseException, tries: int
) -> None:
    """Our records did not follow, and it will be tried again. When that does not help, people are told once:
    whoever paid need not pay again, and an admin can look into the log."""
    reference = secrets.token_hex(4)
    log.error("money not booked yet", reference=reference, seq=row.seq, tries=tries, exc_info=error)
    if tries < TOLD_AFTER:
        return
    at, receipt = desk.clock.now(), str(money.get("telegram_payment_charge_id"))
    came = "successful_payment" in row.payload["message"]
    kind = "failed" if came else "failed_back"
    values = {"stars": money.get("total_amount"), "receipt": receipt}
    async with desk.store.write() as unit:
        if came and row.lane_key:
            late = say("payment.late", reference=reference, **values)
            await _tell(unit, row.lane_key, f"late:{receipt}", late, at=at)
        text = say(f"payment.{kind}.admin", id=str(row.lane_key), reference=reference, **values)
        await tell_all(unit, await admins_of(unit, desk.admin_ids), f"{kind}:{receipt}", text, at=at)
        await unit.commit()


async def went_back(unit: Unit, payment: Payment, *, admins: Iterable[int], at: datetime) -> None:
    """Told once, whether Telegram's answer or its message in the chat comes first. `payment` as it was
    before: one that nobody here had asked to refund is for the admins to look at."""
    lang = await _language(unit, payment)
    text = say("payment.refunded", lang, stars=payment.stars, receipt=payment.charge_id)
    await _tell(unit, payment.telegram_id, f"refunded:{payment.charge_id}", text, at=at)
    if payment.state is PaymentState.REFUNDING:
        return
    text = say("payment.elsewhere", stars=payment.stars, receipt=payment.charge_id)
    await tell_all(unit, admins, f"elsewhere:{payment.charge_id}", text, at=at)
    await unit.activity.add(
        Activity(
            workspace_id=payment.workspace_id,
            at=at,
            telegram_id=None,
            who=plain("log.masssender"),
            topic=Topic.MONEY,
            what="payment.elsewhere",
            screen="",
            about=payment.charge_id,
            after={"stars": payment.stars},
        )
    )


async def _language(unit: Unit, payment: Payment) -> str:
    spaces = [await unit.operators.workspace(id) for id in _workspaces(payment)]
    return spaces[0].language if spaces else "en"


def _workspaces(payment: Payment) -> tuple[WorkspaceId, ...]:
    """None for a stray."""
    return () if payment.workspace_id is None else (payment.workspace_id,)


async def admins_of(unit: Unit, named: Iterable[int]) -> frozenset[int]:
    """Those of the settings, and those who claimed the desk by link."""
    return frozenset(named) | await unit.operators.admins()


async def tell_all(unit: Unit, chats: Iterable[int], key: str, text: Html, *, at: datetime) -> None:
    for chat_id in sorted(chats):
        await _tell(unit, chat_id, key, text, at=at)


async def _tell(unit: Unit, chat_id: int, key: str, text: Html, *, at: datetime) -> None:
    notice = Notice(chat_id=chat_id, key=key, kind="text", payload={"text": str(text), "rows": []})
    await unit.chat.queue_notice(notice, at=at)
