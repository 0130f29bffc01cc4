"""English: first contact, home, link, help, notices, and refusals that any screen can meet."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "back": "⬅ Back",
    # The menu of commands
    "menu.start": "Home",
    "menu.campaigns": "Your campaigns",
    "menu.contacts": "Your contacts",
    "menu.link": "Link a WhatsApp number",
    "menu.help": "How it works",
    # First contact
    "private": "This desk is private.\n\nYour Telegram id is <code>{id}</code>. Ask the owner to let you in, "
    "and tell them this number.",
    "terms": "<b>Before you start</b>\n\n"
    "• Message only people who agreed to hear from you.\n"
    "• Whoever answers STOP is not messaged again. MassSender sees to it; do not work around it.\n"
    "• Sending WhatsApp messages by automating WhatsApp Web is not WhatsApp's official way and can cost you "
    "the number. The official Cloud API is the safe way.\n"
    "• Keep to small, welcome messages: the limits are there to protect your number.\n"
    "• You answer for what you send.",
    "terms.box.off": "☐ I will only message people who agreed",
    "terms.box.on": "☑ I will only message people who agreed",
    "terms.continue": "Continue",
    "claim.done": "You are the admin of this desk now.",
    # Home
    "home": "<b>{workspace}</b>\n\nWhatsApp: {whatsapp}\nPeople: {people}\nCampaigns: {running} running, {paused} paused",
    "home.checklist": "<b>Welcome to MassSender</b>\n\nThree steps to your first campaign:\n\n"
    "{link} 1. Link a WhatsApp number\n{contacts} 2. Import your contacts\n{test} 3. Send yourself a test\n\n{next}",
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
    # Accounts
    "account.state.linking": "is being linked",
    "account.state.connected": "connected",
    "account.state.unlinked": "unlinked",
    "account.state.restricted": "restricted by WhatsApp",
    "link": "<b>WhatsApp</b>\n\n{accounts}",
    "link.none": "No number is linked yet. Your messages leave from the number you link here.\n\nWith a simulated number you can "
    "try everything: nothing reaches a real phone.",
    "link.account": "{default} {number} · {name} · {state}",
    "link.simulated": "🧪 Link a simulated number",
    "link.linked": "{number} is linked.",
    "link.again": "🔁 Link {number} again",
    "link.default": "⭐ Use {number} by default",
    "link.remove": "🗑 Remove {number}",
    "link.remove.ask": "Remove {number}?\n\n{campaigns} of it will be paused. Contacts, reports and consent stay.",
    "link.remove.keep": "Keep it",
    "link.remove.do": "Remove it",
    "link.removed": "{number} is removed.",
    # Help
    "help": "<b>How it works</b>\n\n"
    "1. <b>Link</b> a WhatsApp number: /link\n"
    "2. <b>Send me a file</b> with your contacts (xlsx, xls, ods, csv) at any time\n"
    "3. <b>Say how they agreed.</b> Nobody is messaged without it\n"
    "4. <b>Make a campaign</b>: /new. Write the message with {{name}} where the name goes, look at the preview, "
    "send yourself a test, start\n"
    "5. <b>Watch</b> the live message; pause or cancel with a tap. The report comes as a file\n\n"
    "Nobody gets a campaign twice. Whoever answers STOP is never messaged again. A campaign takes {campaign} "
    "people, and a number sends to {day} a day.\n\n"
    "/start home · /campaigns · /contacts · /link · /new · /cancel leaves what you are doing",
    # Odds and ends
    "cancelled": "Left.",
    "nothing.open": "I was not waiting for a text. Pick something below, or send me a file with contacts.",
    "unknown.command": "I don't know that command. /help lists what I can do.",
    "unknown.message": "I can't use that. Send a contact file (xlsx, xls, ods, csv), a text I asked for, or tap a button.",
    "album.first": "A message can carry one picture or file: I took the first of those you sent.",
    "stale.button": "That button is from an older version. Here is how things stand now.",
    "stale.rev": "That had changed meanwhile. Here is how it stands now.",
    "no_room": "I cannot store anything right now; perhaps the disk is full. Nothing is lost: I will answer this as "
    "soon as there is room again.",
    "trouble": "Something went wrong on my side; nothing was lost. Please try again. Reference: {reference}",
    "refused.link.not_in_production": "A simulated number is for trying things out and is not offered here.",
    "refused.conflict": "That had changed meanwhile. Here is how it stands now.",
    "refused.not_found": "That is not there any more.",
    "refused.desk.private": "This desk is private.",
    "refused.terms.not_accepted": "Please tick the box first.",
    "refused.claim.refused": "This link was used already or has ended. Start MassSender again for a new one.",
    "refused.account.not_connected": "The number {number} is not connected now ({state}). Link it again under "
    "WhatsApp, then try once more.",
    "refused.account.none": "Link a WhatsApp number first: tap WhatsApp.",
    "refused.channel.down": "WhatsApp's side does not answer now. Nothing was sent. Try again in a minute.",
    "refused.upload.too_big": "{filename} has {size} MB; I can take {limit} MB. Send a smaller one.",
    "refused.upload.not_handed_over": "Telegram did not hand over the file. Please send it again.",
    "refused.upload.wrong_type": "I can't use {filename} here. I accept {accepted}.",
    # Notices
    "notice.campaign.paused": "⏸ <b>{name}</b> was paused: {reason}.",
    "notice.campaign.started": "▶️ <b>{name}</b> has started, as scheduled.",
    "notice.campaign.not_started": "<b>{name}</b> could not start: {why}\n\nIt is a draft again.",
    "notice.account.restricted": "🚫 WhatsApp has restricted {number}.{paused}\n\nDo not send from it for now; look into "
    "WhatsApp on the phone for what it says.",
    "notice.account.unlinked": "📵 {number} was unlinked.{paused}",
    "notice.account.connected": "📱 {number} is connected again. Paused campaigns wait for your Resume.",
    "notice.account.paused": " Paused: {names}.",
    "notice.reply": "💬 <b>{name}</b> ({number}){campaign}\n{text}",
    "notice.reply.campaign": " to <i>{name}</i>",
    "notice.stop": "🛑 <b>{name}</b> ({number}) said stop and will not be messaged again.",
    "notice.test.sent": "✅ The test is on its way to {number}.",
    "notice.test.failed": "⚠️ The test to {number} failed: {reason}.",
    "notice.test.unknown": "❔ The test to {number} may or may not have arrived. Look at the phone.",
    "notice.open": "Open",
    "notice.link": "📱 WhatsApp",
    # Why a campaign is paused
    "pause.operator": "by an operator",
    "pause.failures": "three failures in a row that are not the people's fault. Check the number, then resume",
    "pause.restricted": "WhatsApp restricted the number",
    "pause.unlinked": "the number was unlinked",
}
