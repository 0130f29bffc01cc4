"""English: which numbers are on WhatsApp, and groups on their way into contacts."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # In the review
    "review.checks.none": "🔎 Nobody has looked yet which of these numbers are on WhatsApp. Before a first campaign it is worth it: "
    "messages to numbers that are not there look like spam.",
    "review.checks": "🔎 {checked} of {total} numbers checked: {on} are on WhatsApp, {off} are not, {unsaid} unknown.",
    "checks.start": "🔎 Check the numbers first",
    "checks.under_way": "🔎 Checking: {done} of {total}",
    # The screen
    "checks": "🔎 <b>Numbers of {name}</b>\n{people}",
    "checks.found": "✅ {on} are on WhatsApp\n📵 {off} are not: they are left out at the start\n❔ {unsaid} unknown: WhatsApp did not say",
    "checks.running": "{bar}\n{done} of {total}. It goes slowly on purpose; you can leave this screen.",
    "checks.waits.day_limit": "{left} are left. A number asks WhatsApp for {limit} in 24 hours at most, to stay out of trouble; it goes on by "
    "itself at {at}.",
    "checks.waits.away": "The number is not connected just now. It goes on by itself when it is.",
    "checks.waits.trouble": "WhatsApp did not answer. It is tried again at {at}.",
    "checks.left": "{left} are not checked.",
    "checks.left.some": "{left} are not checked. {today} of them can be today: a number asks WhatsApp for {limit} in 24 hours at most, to stay "
    "out of trouble. The rest goes on by itself.",
    "checks.left.later": "{left} are not checked. A number asks WhatsApp for {limit} in 24 hours at most, to stay out of trouble: it can go on "
    "at {at}.",
    "checks.all": "All of them are checked. What is known holds for 30 days.",
    "checks.stop": "✖ Stop checking",
    "notice.checks.done": "🔎 The numbers of <b>{name}</b> are checked: {on} are on WhatsApp, {off} are not, {unsaid} unknown.",
    "notice.checks.failed": "⚠️ The numbers of <b>{name}</b> could not all be checked: their WhatsApp number was removed.",
    "refused.checks.nothing": "There is nothing to check: all numbers are known, or they leave from a number that is not linked over WhatsApp Web.",
    # Groups
    "ct.groups": "👪 Import WhatsApp groups",
    "groups.title": "👪 <b>Groups of {number}</b> <i>(experimental)</i>",
    "groups.accounts": "👪 <b>Import WhatsApp groups</b> <i>(experimental)</i>\n\nOf which number?",
    "groups.reading": "⏳ Reading the groups. With many of them this takes minutes; you can leave this screen.",
    "groups.none": "This number is in no group.",
    "groups.choose": "{groups}, {chosen} chosen. Tap those whose people are to come into your contacts.\n\nThey arrive as <b>not recorded</b>: "
    "being in a group is no consent, and nobody can be messaged until you say how they agreed.",
    "groups.refreshing": "⏳ More are being read.",
    "groups.read": "Read at {at}.",
    "groups.broken": "⚠️ {n} cannot be read just now; you can look again later.",
    "groups.pick.on": "☑ {name}{size}",
    "groups.pick.off": "☐ {name}{size}",
    "groups.pick.broken": "⚠️ {name}",
    "groups.size": " · {n}",
    "groups.refresh": "🔄 Read them again",
    "groups.import": "📥 Import ({n})",
    "groups.counting": "⏳ {bar}\nLooking who is in the groups: {done} of {total}.",
    "groups.confirm": "{lines}\n\n<b>Together:</b> {known} with a known number, {already} of them in your contacts already.{hidden}\n\nThey arrive as "
    "<b>not recorded</b>; whoever said stop stays so.",
    "groups.hidden": "\n👤 {n} are left out: WhatsApp hides their number (@lid).",
    "groups.twice": "\n<i>Somebody in two groups counts in both.</i>",
    "groups.line": "• <b>{name}</b>: {members}, {known} with a known number, {hidden} hidden, {already} already contacts",
    "groups.line.error": "• <b>{name}</b>: could not be read ({error})",
    "groups.line.more": "• and {n} more",
    "groups.go": "✅ Import {people}",
    "groups.storing": "⏳ {bar}\nImporting: {done} of {total} groups.",
    "groups.done": "✅ <b>Imported</b>\n\n{lines}\n\n<b>Together:</b> {known} with a known number; {already} were in your contacts already, {stopped} of "
    "them have said stop.{hidden}\n\nNobody new can be messaged until you say how they agreed: open a list and record it.",
    "groups.done.nobody": "Nothing was imported: nobody in these groups shows a number.{hidden}\n\n{lines}",
    "groups.failed": "⚠️ <b>The groups could not be read</b>\n\n{why}",
    "groups.cancelled": "Cancelled. People who had arrived by then stay, as not recorded.",
    "groups.list": "✍️ {name}: record consent",
    "groups.why.account": "The number is not connected. Link it again under WhatsApp, then try once more.",
    "groups.why.away": "WhatsApp Web did not answer for a while. Nothing was lost; try again in some minutes.",
    "groups.error.no_group": "it is not there any more",
    "groups.error.page_failed": "WhatsApp did not answer",
    "notice.groups": "👪 The groups wait for you.",
    "notice.groups.done": "👪 The groups are imported: {known} with a known number, {hidden} hidden.",
    "notice.groups.failed": "⚠️ The groups could not be read. {why}",
    "refused.groups.none_chosen": "Choose at least one group: tap it, so that it shows ☑.",
    "refused.groups.too_many": "At most {limit} groups at once. Import these first, then the others.",
    "refused.groups.no_number": "Link a number over WhatsApp Web first: its groups can be imported then.",
}
