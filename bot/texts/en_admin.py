"""English: the desk's admins, development aids, and which commands there are."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "admin": "<b>The desk</b> · {workspaces}\n\n{lines}",
    "admin.line": "{mark}<b>{name}</b> · {points} points available · plan until {plan} · {numbers} · last active {latest}",
    "admin.mark.suspended": "⛔ ",
    "admin.strays": "❓ Stray payments ({count})",
    "admin.log": "🗒 Desk log",
    "admin.log.text": "<b>Desk log</b>\n<i>What admins did. Times are those of {zone}.</i>\n\n{lines}",
    "admin.ws": "<b>{name}</b> · no. {id}\n\nCountry {country}, {zone}\nMembers: {members}, owned by {owners}\n"
    "Numbers: {numbers}\n\nPoints: {available} available, {held} held for campaigns{owed}\nPlan until: {plan}\n"
    "Last active: {latest}{suspended}",
    "admin.ws.owed": ", {owed} owed",
    "admin.ws.number": "{number} {state}",
    "admin.ws.suspended": "\n\n⛔ Suspended since {since}: {why}",
    "admin.points": "💎 Give or take points",
    "admin.days": "🗓 Give or take days",
    "admin.members": "👥 Members ({count})",
    "admin.members.text": "<b>Members of {name}</b>\n\n{lines}",
    "admin.members.none": "Nobody is a member now.",
    "admin.member": "{name} · {role} · <code>{id}</code>",
    "admin.pays": "🧾 Payments",
    "admin.suspend": "⛔ Suspend",
    "admin.lift": "✅ Lift the suspension",
    "admin.suspend.ask": "Suspend <b>{name}</b>?\n\n{campaigns} will pause, and nothing can be started until you lift it. "
    "Reading and preparing stay possible. Its people are told, with your reason.",
    "admin.suspend.keep": "Leave it as it is",
    "admin.suspend.do": "Suspend it",
    "admin.suspended": "{name} is suspended. {campaigns} paused.",
    "admin.lifted": "The suspension is lifted. Paused campaigns wait for their own people.",
    "admin.ask.why": "Why do you suspend <b>{name}</b>? One line; its people will read it.\n\nFor example: people complained about "
    "messages they never asked for",
    "admin.ask.points": "How many points for <b>{name}</b>, and why? {available} are available now.\n\nFor example:\n"
    "<code>500 for the spring fair</code>\n<code>-200 typed twice</code>",
    "admin.ask.days": "How many days of plan for <b>{name}</b>, and why? The plan runs until: {plan}.\n\nFor example:\n"
    "<code>30 for the spring fair</code>\n<code>-15 typed twice</code>",
    "admin.granted": "Done; {name} has been told.",
    "admin.pays.text": "<b>Payments of {name}</b>\n\nTap one to look at it or to give it back.",
    "admin.pays.none": "{name} has bought nothing yet.",
    "admin.strays.text": "<b>Stray payments</b>\n\nMoney that came without an order to it. Look at each, and give it back.",
    "admin.strays.none": "There are no stray payments.",
    "admin.stray.about": "nobody known",
    "admin.pay.label": "{when} · ⭐ {stars} · {what} · {state}",
    "admin.pay.nothing": "nothing",
    "admin.pay.text": "<b>⭐ {stars}</b> for {what}\n\nState: {state}\nPaid: {when}\nBy: {payer}\n"
    "Charge: <code>{charge}</code>{refunded}",
    "admin.pay.payer": "<b>{name}</b> (<code>{id}</code>)",
    "admin.pay.payer.unknown": "<code>{id}</code>",
    "admin.pay.refunded": "\nGiven back: {at}",
    "payment.state.credited": "credited",
    "payment.state.refunding": "being given back",
    "payment.state.refunded": "given back",
    "payment.state.stray": "stray",
    "admin.refund": "↩️ Refund",
    "admin.refund.ask": "Give ⭐ {stars} back to {payer}?\n\n{what} will be taken from the workspace at once.",
    "admin.refund.ask.rest": "Give ⭐ {stars} back to {payer}?\n\n{what} were bought, and only {left} of the plan will be taken: "
    "the others are over. All ⭐ {stars} go back.",
    "admin.refund.ask.over": "⭐ {stars} of {payer} bought {what}, and the plan is over: nothing is left to take, so they cannot "
    "be given back here.",
    "admin.refund.ask.stray": "Give ⭐ {stars} back to {payer}?\n\nNothing had been bought with them.",
    "admin.refund.keep": "Leave it",
    "admin.refund.do": "Give ⭐ {stars} back",
    "admin.refunding": "⭐ {stars} are on their way back.",
    # What owners are told
    "notice.points.given": "💎 The desk gave you {points}: {why}.\nAvailable now: {available}.",
    "notice.points.taken": "💎 The desk took {points}: {why}.\nAvailable now: {available}.",
    "notice.plan.given": "🗓 The desk gave your plan {days}: {why}.\nIt runs until {ends} ({zone}).",
    "notice.plan.taken": "🗓 The desk took {days} from your plan: {why}.\nIt runs until {ends} ({zone}).",
    "notice.suspension.lifted": "✅ {name} may send again. Paused campaigns wait for your Resume.",
    "viewer.notice.suspension.lifted": "✅ {name} may send again.",
    # What is refused
    "refused.admin.reason": "Please say why, in one line of at most {limit} characters. For example: 500 for the spring fair",
    "refused.grant.number": "That does not begin with a whole number. I take a number and a reason, for example: "
    "500 for the spring fair, or to take some: -200 typed twice",
    "refused.grant.zero": "Zero changes nothing. Give a number above zero, or below it to take some: -200 typed twice",
    "refused.grant.too_much": "That is more than {most} at once, surely a slip. For example: 500 for the spring fair",
    "refused.grant.available": "{points} cannot be taken: {available} are available, and {held} are held for campaigns. Take "
    "{available} or fewer, for example: -{available} typed twice",
    "refused.plan.none_to_take": "No plan runs now, so there are no days to take. You can give some: 30 for the spring fair",
    "refused.wallet.conflict": "That was done already, and differently. Here is how it stands now.",
    "refused.refund.spent": "{points} points were bought with it, and only {available} are available now. It cannot be given "
    "back before the rest is.",
    # Development aids
    "dev.reset": "This wipes everything in <b>{name}</b>: contacts, lists, campaigns, reports, numbers, points, plan days and payments, and also <b>who "
    "said STOP</b>: they could be messaged again. "
    "The team and the activity log stay. It cannot be undone.\n\nTo go on, type the workspace's name: <code>{name}</code>",
    "dev.reset.keep": "Keep everything",
    "dev.reset.done": "Everything is wiped. You begin anew.",
    "dev.simulate": "Here the simulated phones can be looked at, and their people made to answer:\n{page}",
    "dev.simulate.none": "No simulated phones are running here. <code>masssender demo</code> starts some.",
    "simulate.how": "<b>Somebody writes to you:</b> type for example\n<code>/simulate {sender} Hello</code>\nThe message comes to {to} as WhatsApp would bring it.",
    "simulate.which": "To write to another of your numbers, name it second:\n<code>/simulate {sender} {to} Hello</code>",
    "simulate.written": "{sender} has written to {to}.",
    "refused.simulate.nobody": "There is no number here that anybody could write to. Link one first: /link",
    "refused.simulate.nothing": "What does {sender} write? Put the words after the number, for example: <code>/simulate {sender} Hello</code>",
    "refused.simulate.real": "{number} is on the real WhatsApp, where nobody can be made to write. Write to it from a phone of your own, or try it with a simulated number: /link",
    "refused.simulate.silent": "What stands in for WhatsApp behind {number} does not answer. Is it still running? Start it again and repeat the command.",
    "refused.simulate.deaf": "The stand-in of the official channel was not told where to bring messages. Give it the webhook's address first (<code>make demo</code> does), then repeat the command.",
    "refused.dev.production": "That is for trying things out and is not offered here: real people's data is in this desk.",
    "refused.dev.name": "Nothing was wiped: that is not the workspace's name. Type exactly {name}, or /cancel to keep everything.",
    # Which commands there are
    "command.start": "the home screen, with what to do next",
    "command.new": "make a campaign",
    "command.campaigns": "all your campaigns, and how they went",
    "command.contacts": "your people: find, add, import",
    "command.link": "the WhatsApp numbers that messages leave from",
    "command.balance": "your points and plan, and buying more",
    "command.settings": "name, country, time zone, words that stop",
    "command.team": "invite colleagues, say who may do what",
    "command.terms": "what you agreed to",
    "command.paysupport": "help with a payment",
    "command.help": "this page",
    "command.cancel": "leave the question that is open",
    "command.simulate": "let somebody write to your number",
    "command.dev_reset": "wipe this workspace clean",
    "command.admin": "all workspaces of this desk",
    "command.status": "how the machine is doing",
    # /status
    "status": "<b>Status</b>\n{headline}\n\n{poll_mark} Telegram answered {poll}\n"
    "{age_mark} Waiting: {updates} updates, {notices} notices; the oldest for {age}\n"
    "At work: {lanes} updates, {senders} numbers that send\n\n<b>WhatsApp numbers</b>\n{numbers}\n\n"
    "{messages}\n\n<b>WhatsApp Web workers</b>\n{nodes}{waiting}\n\n"
    "Database: {database}, {size}\nMemory: {memory}\n{disk_mark} Disk: {free} free of {total}\nVersion {version}",
    "status.well": "✅ Everything is working.",
    "status.look": "⚠️ Not everything is working: look at what is marked below.",
    "status.number": "{mark} {number}: {state}; {sent} sent in 24 hours",
    "status.numbers.more": "… and {count} more: 📱 WhatsApp lists them",
    "status.numbers.none": "None is linked here.",
    "status.numbers.elsewhere": "{mark} In other workspaces: {states}",
    "status.messages": "Waiting to be sent in campaigns: {waiting}",
    "status.unknown": "Not known whether they arrived, on the whole desk: {unknown}",
    "status.never": "never yet",
    "status.ago": "{span} ago",
    "status.nodes.none": "None is set up.",
    "status.node": "✅ <b>{name}</b>: {sessions} of {limit} sessions, {ready} connected, {memory}",
    "status.node.idle": "✅ <b>{name}</b>: not started; it starts with the first number",
    "status.node.lacks": "▫️ <b>{name}</b>: not started. Nobody needs it yet; before somebody does: {why}",
    "status.waiting.one": "\n⚠️ 1 session waits for WhatsApp, which does not answer",
    "status.waiting.more": "\n⚠️ {sessions} sessions wait for WhatsApp, which does not answer",
    "status.node.trouble": "⚠️ <b>{name}</b>: {why}",
    "status.refresh": "🔄 Look again",
}
