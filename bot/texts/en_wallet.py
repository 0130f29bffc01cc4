"""English: balance, buying with Stars, receipts, refunds."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # Balance
    "balance": "<b>Balance</b>\n\nPoints available: <b>{available}</b>\nHeld for campaigns: {held}{owed}\n{plan}\n\n{movements}",
    "balance.owed": "\nOwed: {owed}, for messages that arrived after all; the next points pay it first",
    "balance.plan": "Plan until {at} ({zone})",
    "balance.plan.over": "Plan ended {at} ({zone})",
    "balance.plan.none": "No plan yet",
    "balance.none": "Nothing has moved yet.",
    "balance.line": "{amount} · {what} · {at}",
    "balance.moved": "<b>{points}</b>",
    "balance.owes": "{what} ({owed} owed)",
    "balance.held.more": "🔒 {points}",
    "balance.held.less": "🔓 {points}",
    "balance.note": "{what}: {note}",
    "balance.buy.points": "⭐ Buy points",
    "balance.buy.plan": "📅 Buy a plan",
    "balance.export": "📄 Export",
    "balance.export.coming": "The file with every movement follows in a moment.",
    "balance.export.none": "Nothing has moved yet: there is nothing to export.",
    # Why points moved
    "movement.trial": "to try things out",
    "movement.purchase": "bought with Stars",
    "movement.grant": "given by an admin",
    "movement.taken": "taken by an admin",
    "movement.hold": "held for {campaign}",
    "movement.spend": "sent: {campaign}",
    "movement.release": "not needed, free again: {campaign}",
    "movement.back": "given back, did not arrive after all: {campaign}",
    "movement.late": "arrived after all: {campaign}",
    "movement.collect": "paid what was owed",
    "movement.refund": "refunded",
    "movement.unrefund": "refund did not go through, given again",
    "movement.no_campaign": "a campaign",
    # The file
    "ledger.sheet": "Movements",
    "ledger.file": "balance",
    "ledger.at": "When",
    "ledger.what": "Reason",
    "ledger.campaign": "Campaign",
    "ledger.points": "Points",
    "ledger.held": "Held",
    "ledger.owed": "Owed",
    "ledger.note": "Note",
    # Buying
    "buy.points": "<b>Buy points</b>\n\nOne message that goes out costs {price}; what cannot be sent costs nothing. You pay with Telegram Stars. "
    "Tap what you need and an invoice follows.",
    "buy.plan": "<b>Buy a plan</b>\n\nSending needs a running plan. Days are added to those that are left. You pay with Telegram Stars. "
    "Tap what you need and an invoice follows.",
    "buy.nothing": "Nothing of this kind is for sale on this desk. An admin can give it to you: write to them with /paysupport, "
    "and say how much you need. (Admins find it under /admin.)",
    "buy.pack": "{points} · ⭐{stars}",
    "buy.days": "{days} · ⭐{stars}",
    "buy.coming": "The invoice follows below. It can be paid for 24 hours while the price stands, by you only.",
    "buy.mine": "This is your invoice: pay it in the message where it first came. Or buy again below.",
    "invoice.title.points": "{points}",
    "invoice.title.plan": "Plan, {days}",
    "invoice.text.points": "{points} for {workspace}. They are yours as soon as it is paid.",
    "invoice.text.plan": "{days} of sending for {workspace}, added to those that are left.",
    # Payments
    "payment.trouble": "I could not look this invoice up just now. Nothing was taken. Please try again in a minute.",
    "payment.receipt.points": "⭐{stars} paid. {points} yours, {available} available now. Receipt <code>{receipt}</code>. Questions: /paysupport",
    "payment.receipt.plan": "⭐{stars} paid. The plan runs until {at}. Receipt <code>{receipt}</code>. Questions: /paysupport{waiting}",
    "payment.receipt.waiting": "\n\nCampaigns that paused when the plan ended wait for your Resume: /campaigns",
    "payment.stray": "⭐{stars} came from you, but I cannot tell what for. An admin has been told and will look at it. "
    "Receipt <code>{receipt}</code>. Questions: /paysupport",
    "payment.stray.admin": "⚠️ ⭐{stars} came from {name} (<code>{id}</code>) and fits no order. Nothing was credited. "
    "Receipt <code>{receipt}</code>. Look at it under /admin and refund it.",
    "payment.late": "Something went wrong on my side: your ⭐{stars} arrived, and I could not credit them yet. I keep trying; nothing is "
    "lost, and there is no need to pay again. Receipt <code>{receipt}</code>. Reference: {reference}. Questions: /paysupport",
    "payment.failed.admin": "⚠️ ⭐{stars} came from <code>{id}</code> and could not be credited yet: the log says why under {reference}. "
    "I keep trying, so please give nothing by hand. Receipt <code>{receipt}</code>.",
    "payment.failed_back.admin": "⚠️ ⭐{stars} went back to <code>{id}</code>, and what had been bought with them could not be taken back yet: "
    "the log says why under {reference}. I keep trying. Receipt <code>{receipt}</code>.",
    "payment.refunded": "⭐{stars} went back to you. Receipt <code>{receipt}</code>. Questions: /paysupport",
    "payment.elsewhere": "⚠️ ⭐{stars} of the payment <code>{receipt}</code> were given back, and not from here. What was bought with it has "
    "been taken back, as far as it was still there.",
    "payment.not_refunded": "⚠️ Telegram did not give back ⭐{stars} of the payment <code>{receipt}</code>: {why}. What had been taken for it was "
    "given again. Check the receipt under /admin before you try once more.",
    "refused.payment.payer": "This invoice was made for somebody else. Get one of your own: /balance.",
    "refused.payment.closed": "This invoice was paid already or has run out. Get a new one: /balance.",
    "refused.payment.price": "The price has changed since this invoice was made. Get a new one: /balance.",
    "refused.payment.role": "Only an owner of the workspace can pay for it. Ask an owner to buy.",
    # Support
    "paysupport": '<b>Help with a payment</b>\n\nWrite what went wrong, in one message. Example: "I paid ⭐250 this morning and have no points."',
    "paysupport.sent": "✅ That went to the admins of this desk, with the receipts of your payments. They will answer you here in Telegram.",
    "paysupport.sent.no_receipts": "✅ That went to the admins of this desk. They will answer you here in Telegram.",
    "paysupport.nobody": "This desk has no admin to write to yet. Write to whoever runs it.",
    "paysupport.long": "That is too long: I can pass on up to {most} characters.",
    "paysupport.notice": "🧾 <b>{name}</b> (<code>{id}</code>) of <b>{workspace}</b> asks about a payment:\n\n{text}\n\nReceipts: {receipts}",
    "paysupport.no_receipts": "none, they have paid nothing here",
    "paysupport.no_workspace": "no workspace here",
    # Activity log
    "place.buy": "Buying",
    "activity.points.bought": "bought {about}",
    "activity.plan.bought": "bought {about}",
    "activity.payment.stray": "paid something that fits no order: {about}",
    "activity.payment.elsewhere": "found the payment {about} given back elsewhere",
    "activity.balance.exported": "exported the movements",
    "field.stars": "Stars",
}
