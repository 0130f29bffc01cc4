"""English: first contact, home, link, help, notices, and refusals that any screen can meet."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "back": "⬅ Back",
    # The menu of commands
    "menu.start": "Home",
    "menu.campaigns": "Your campaigns",
    "menu.contacts": "Your contacts",
    "menu.link": "Link a WhatsApp number",
    "menu.balance": "Points and plan",
    "menu.help": "How it works",
    # First contact
    "private": "This desk is private.\n\nYour Telegram id is <code>{id}</code>. Ask an owner for an invitation "
    "link; whoever runs this desk may ask you for this id.",
    "terms": "<b>Before you start</b>\n\n"
    "• Message only people who agreed to hear from you.\n"
    "• Whoever answers STOP is not messaged again. MassSender sees to it; do not work around it.\n"
    "• Sending WhatsApp messages by automating WhatsApp Web is not WhatsApp's official way and can cost you "
    "the number. WhatsApp's official way is the Cloud API: 📱 WhatsApp, then "
    "<b>Add a Cloud API number</b>.\n"
    "• Keep to small, welcome messages: the limits are there to protect your number.\n"
    "• You answer for what you send.",
    "terms.box.off": "☐ I will only message people who agreed",
    "terms.box.on": "☑ I will only message people who agreed",
    "terms.continue": "Continue",
    "claim.done": "You are the admin of this desk now.",
    # Home
    "home": "<b>{workspace}</b>\n\nWhatsApp: {whatsapp}\nPeople: {people}\nCampaigns: {running} running, {paused} paused\n{plan}",
    "home.checklist": "<b>Welcome to MassSender</b>\n{workspace}\n\nThree steps to your first campaign:\n\n"
    "{link} 1. Link a WhatsApp number\n{contacts} 2. Import your contacts\n{test} 3. Send yourself a test\n\n{next}\n\n{plan}",
    "home.next.link": "Begin with the number your messages leave from: tap <b>Link WhatsApp</b>.",
    "home.next.contacts": "Now send me the file with your contacts, right here in the chat (xlsx, xls, ods, csv).",
    "home.next.test": "Now tap <b>New campaign</b>: write your message, look at the preview, and send yourself a test before "
    "anybody else gets it.",
    "home.step.done": "✅",
    "home.step.open": "⬜",
    "home.whatsapp.one": "{number} {state}",
    "home.whatsapp.more": "{number} {state}, and {more} more",
    "home.new": "➕ New campaign",
    "home.campaigns": "📋 Campaigns",
    "home.contacts": "👥 Contacts",
    "home.whatsapp": "📱 WhatsApp",
    "home.help": "❓ Help",
    "home.do.link": "📱 Link WhatsApp",
    "home.do.import": "👥 Import contacts",
    "home.do.test": "➕ New campaign",
    # Help
    "help": "<b>How it works</b>\n\n"
    "1. <b>Link a WhatsApp number</b>: /link. Your messages leave from it\n"
    "2. <b>Send me a file</b> with your contacts (xlsx, xls, ods, csv) at any time\n"
    "3. <b>Say how they agreed.</b> Nobody is messaged without it\n"
    "4. <b>Make a campaign</b>: /new. Write the message with {{name}} where the name goes, look at the preview, "
    "send yourself a test, start\n"
    "5. <b>Watch</b> the live message; pause or cancel with a tap. The report comes as a file\n"
    "6. <b>Answer</b> whoever writes back: reply to their message here in Telegram, and they get it on WhatsApp\n\n"
    "Nobody gets a campaign twice. Whoever answers STOP is never messaged again. A campaign takes {campaign} "
    "people, and a number sends to {day} a day.\n\n"
    "{commands}",
    # What follows it: the commands
    "help.begin": "<b>To begin with</b>\n{commands}",
    "help.more": "<b>When you need it</b>\n{commands}",
    "help.demo": "<b>To try things out</b>\n{commands}",
    "viewer.help": "<b>How it works</b>\n\n"
    "You are a viewer here: you see everything, and change nothing.\n\n"
    "• <b>Campaigns</b>: what went out, to how many, and what came back. The live message counts up by itself\n"
    "• <b>Contacts</b>: who is there, how they agreed, who said stop\n"
    "• <b>WhatsApp</b>: from which numbers messages leave, and how they are doing\n"
    "• You are told when somebody answers, and when a campaign ends\n\n"
    "Nobody gets a campaign twice. Whoever answers STOP is never messaged again. A campaign takes {campaign} "
    "people, and a number sends to {day} a day. To do more, ask an owner to make you a manager.\n\n"
    "{commands}",
    # Odds and ends
    "cancelled": "Left.",
    "nothing.open": "I was not waiting for a text. Pick something below, or send me a file with contacts. To answer somebody "
    "who wrote to you, reply to their message (in Telegram: hold it or swipe it, then <b>Reply</b>).",
    "viewer.nothing.open": "I was not waiting for a text. You can look at everything here: pick something below.",
    "nothing.open.contacts": "I was not waiting for a text. To add somebody tap <b>Add one</b>, to find somebody tap <b>Search</b>, or send me a "
    "file with contacts.",
    "viewer.nothing.open.contacts": "I was not waiting for a text. To find somebody tap <b>Search</b>.",
    "viewer.unknown.message": "I can't use that. You can look at everything here: pick something below.",
    "unknown.command": "I don't know that command. /help lists what I can do.",
    "unknown.message": "I can't use that. Send a contact file (xlsx, xls, ods, csv), a text I asked for, or tap a button.",
    "album.first": "A message can carry one picture or file: I took the first of those you sent.",
    "stale.button": "That button is from an older version. Here is how things stand now.",
    "panel.below": "⬇ See below.",
    "stale.rev": "That had changed meanwhile. Here is how it stands now.",
    "no_room": "I cannot store anything right now; perhaps the disk is full. Nothing is lost: I will answer this as "
    "soon as there is room again.",
    "trouble": "Something went wrong on my side; nothing was lost. Please try again. Reference: {reference}",
    "refused.conflict": "That had changed meanwhile. Here is how it stands now.",
    "refused.not_found": "That is not there any more.",
    "refused.desk.private": "This desk is private.",
    "refused.terms.not_accepted": "Please tick the box first.",
    "refused.claim.refused": "This link was used already or has ended. Start MassSender again for a new one.",
    "refused.upload.too_big": "{filename} has {size} MB; I can take {limit} MB. Send a smaller one.",
    "refused.upload.not_handed_over": "I could not take the file just now; nothing is lost. Please send it again in a minute.",
    "refused.upload.wrong_type": "I can't use {filename} here. I accept {accepted}.",
    # Notices
    "notice.campaign.paused": "⏸ <b>{name}</b> was paused: {reason}.",
    "notice.campaign.paused.failures": "⏸ <b>{name}</b> was paused: {reason}.\n\nLook at the number under WhatsApp, then tap Resume.",
    "notice.campaign.started": "▶️ <b>{name}</b> has started, as scheduled.",
    "notice.campaign.not_started": "<b>{name}</b> could not start: {why}\n\nIt is a draft again.",
    "notice.test.sent": "✅ The test was sent to {number}. Look at the phone.",
    "notice.test.failed": "⚠️ The test to {number} failed: {reason}.",
    "notice.test.unknown": "❔ The test to {number} may or may not have arrived. Look at the phone.",
    "notice.open": "Open",
    "notice.link": "📱 WhatsApp",
    # Why a campaign is paused
    "pause.operator": "by an operator",
    "pause.failures": "three failures in a row that are not the people's fault",
    "pause.failures.because": "{why}, three times in a row",
    "pause.restricted": "WhatsApp restricted the number",
    "pause.unlinked": "the number was unlinked",
}
