"""English: WhatsApp numbers, and linking one."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "account.state.linking": "is being linked",
    "account.state.connected": "connected",
    "account.state.unlinked": "not linked any more",
    "account.state.restricted": "restricted by WhatsApp",
    # How a session of WhatsApp Web is doing, beside its account's state
    "session.away": "its worker does not answer",
    "session.stopped": "stopped",
    "session.starting": "starting",
    "session.qr": "waits to be linked",
    "session.code": "waits to be linked",
    "session.syncing": "syncing with the phone",
    "session.ready": "connected",
    "session.offline": "phone or network away",
    "session.logged_out": "not linked any more",
    "session.restricted": "restricted by WhatsApp",
    "session.failed": "in trouble; tries again",
    "channel.web": "WhatsApp Web",
    "channel.cloud": "Cloud API",
    "channel.simulated": "simulated",
    "link": "<b>WhatsApp</b>\n\n{accounts}",
    "link.none": "No number is linked yet. Your messages leave from the number you link here.",
    "link.none.simulated": "No number is linked yet. Your messages leave from the number you link here.\n\nWith a simulated number you "
    "can try everything: nothing reaches a real phone.",
    "link.account": "{default} {number} · {name} · {state}",
    "link.place": "🌍 Numbers without a country code are taken as {country} from now on, and times are those of {zone}. Not right? "
    "Change it under <b>⚙️ Settings</b>.",
    "link.zone": "\n🕘 Times are shown in UTC. Tap <b>Time zone</b> and say where you are.",
    "link.name": "{name} · {channel}",
    "link.web": "📱 Link WhatsApp Web",
    "link.simulated": "🧪 Link a simulated number",
    "link.linked": "{number} is linked.",
    "link.again": "🔁 Link {number} again",
    "link.default": "⭐ Use {number} by default",
    "link.remove": "🗑 Remove {number}",
    "link.remove.ask": "Remove {number}?\n\n{campaigns} of it will be paused. Contacts, reports and consent stay.{web}",
    "link.remove.web": "\n\nIt is also unlinked from its phone.",
    "link.remove.keep": "Keep it",
    "link.remove.do": "Remove it",
    "link.removed": "{number} is removed.",
    # WhatsApp Web
    "link.web.about": "{title}\n\n"
    "The bot becomes a linked device of your phone, like WhatsApp on a computer. You can unlink it on the phone at any time.\n\n"
    "⚠️ <b>Before you do.</b> Automating WhatsApp Web is not WhatsApp's official way, and it can cost you the number: WhatsApp "
    "restricts or bans numbers that write to many people who do not know them, sometimes after a few dozen messages. Use a number "
    "you can afford to lose, one that has been in use for a while. Write only to people who agreed, begin with a few, go slowly.\n\n"
    "Is WhatsApp on another phone than this chat? Tap <b>Show QR</b> and scan it. Is it on this one? Tap <b>Use a code</b>.",
    "link.web.new": "<b>Link WhatsApp Web</b>",
    "link.web.again": "<b>Link {number} again</b>",
    "link.qr": "🔳 Show QR",
    "link.code": "🔢 Use a code on this phone",
    "link.qr.again": "🔳 Show a new QR",
    "link.code.again": "🔢 Make a new code",
    "link.retry": "🔁 Try again",
    "link.stop": "✖ Cancel",
    "link.stopped": "Cancelled. Nothing was linked.",
    "ask.link.number": "🔢 <b>Link with a code</b>\n\nType the WhatsApp number of this phone, for example <code>{example}</code>.\n\n"
    "Numbers without a country code are taken as {country}.",
    # While it goes on
    "linking.go_on": "⏳ Go on linking",
    "linking.starting.qr": "⏳ <b>Linking</b>\n\nWhatsApp Web is starting. The QR comes in a moment.",
    "linking.starting.code": "⏳ <b>Linking {number}</b>\n\nWhatsApp Web is starting. The code comes in a moment.",
    "linking.installing": "⏳ <b>Linking</b>\n\nInstalling what WhatsApp Web needs: about a minute, this once. Then it goes on by itself.",
    "linking.silent": "⏳ <b>WhatsApp does not answer yet</b>\n\nNo QR or code has come from WhatsApp so far. I go on trying, for about three "
    "minutes in all.\n\nWhat to check meanwhile: is the computer that MassSender runs on connected to the internet, and does "
    "<code>web.whatsapp.com</code> open in a browser there? A firewall or a proxy may be in the way.",
    "linking.shown.qr": "🔳 <b>Linking</b>\n\nThe QR is below. Scan it with the phone that has WhatsApp.",
    "linking.shown.code": "🔢 <b>Linking {number}</b>\n\nThe code is below. Type it in WhatsApp on this phone.",
    "linking.syncing": "✅ <b>Scanned</b>\n\nThe phone is sending what WhatsApp needs. Keep it on and near; this takes from a few "
    "seconds to some minutes.",
    "linking.ended.qr": "⌛ <b>This QR has ended</b>\n\nNobody scanned it within three minutes. Nothing was linked.",
    "linking.ended.code": "⌛ <b>This code has ended</b>\n\nNobody typed it within three minutes. Nothing was linked.",
    "linking.ended.silent": "⌛ <b>WhatsApp did not answer</b>\n\nNo QR or code came from WhatsApp within three minutes. Nothing was linked.\n\n"
    "Look whether the computer that MassSender runs on is connected to the internet and <code>web.whatsapp.com</code> opens in a "
    "browser there, then try again.",
    "linking.ended.installing": "⌛ <b>Not ready in time</b>\n\nWhat WhatsApp Web needs could not be installed in time. Nothing was linked. "
    "Whoever runs MassSender finds more in the log.",
    "linking.cancelled": "<b>Cancelled</b>\n\nNothing was linked.",
    "linking.linked": "✅ <b>Linked</b>",
    "linking.failed": "⚠️ <b>Not linked</b>\n\n{why}",
    "linking.qr": "<b>Scan this with the phone that has WhatsApp</b>\n\n"
    "1. Open WhatsApp, then <b>Settings</b> (on Android: ⋮)\n"
    "2. Tap <b>Linked devices</b>, then <b>Link a device</b>\n"
    "3. Hold the camera to this picture\n\n"
    "It renews itself, and ends at {ends}.",
    "linking.code": "<code>{code}</code>\n\n<b>Type this code in WhatsApp</b> on {number}:\n\n"
    "1. Open WhatsApp, then <b>Settings</b> (on Android: ⋮)\n"
    "2. Tap <b>Linked devices</b>, then <b>Link a device</b>\n"
    "3. Tap <b>Link with phone number instead</b> and type it\n\n"
    "It ends at {ends}.",
    "linking.copy": "📋 Copy the code",
    # Why nothing came of it
    "linking.why.other_number": "You scanned with {other}, but this is about {number}. {other} was unlinked again at once. Scan with the "
    "phone of {number}; another number is linked from the WhatsApp screen.",
    "linking.why.linked_already": "{other} is linked here already. The second link was taken back.",
    "linking.why.elsewhere": "{other} cannot be linked here: it is in use on this desk. It was unlinked again at once.",
    "linking.why.account_gone": "The number was removed meanwhile. Nothing was linked.",
    "linking.why.not_allowed": "Your role was changed meanwhile. Nothing was linked.",
    "linking.why.code_refused": "WhatsApp makes no code for {number} now. Is it the number of a WhatsApp account? After several tries "
    "WhatsApp wants an hour of rest. The QR works too.",
    "linking.why.restricted": "WhatsApp has restricted this number. Open WhatsApp on its phone: it says what is the matter and for how "
    "long. Do not send until then.",
    "linking.why.session_failed": "WhatsApp Web did not come up ({reason}). Try again; if it stays so, whoever runs this desk finds more in "
    "the log.",
    # Told when it is done
    "notice.linked": "✅ {number} is linked. Your messages can leave from it now.\n\nThe first thing to do: send yourself a test.",
    "notice.linking.ended": "⌛ Nobody scanned the QR or typed the code in time. Nothing was linked.",
    "notice.linking.silent": "⌛ WhatsApp did not answer, so no QR or code came. Nothing was linked. Try again under WhatsApp.",
    "notice.linking.installing": "⌛ What WhatsApp Web needs could not be installed in time. Nothing was linked.",
    "notice.linking.failed": "⚠️ Nothing was linked. {why}",
    "notice.account.restricted": "🚫 WhatsApp has restricted {number}.{paused}\n\nDo not send from it for now; look into "
    "WhatsApp on the phone for what it says.",
    "notice.account.unlinked": "📵 {number} was unlinked.{paused}\n\nNothing leaves from it until it is linked again.",
    "notice.account.connected": "📱 {number} is connected again. Paused campaigns wait for your Resume.",
    "notice.account.failed": "⚠️ WhatsApp Web for {number} does not come up: {why}\n\nIt is tried again every few minutes. "
    "Campaigns from this number wait and go on by themselves.",
    "notice.account.up": "✅ WhatsApp Web for {number} is up again. Campaigns go on.",
    "notice.account.unread": "⏳ {number} waits. What people wrote to it before it was linked again is at the worker “{worker}”, which does "
    "not answer: somebody’s STOP may be among it.\n\nAs soon as that worker is back, it is read and sending goes on by itself. If it is gone "
    "for good, sending goes on {hours} hours after the number was linked, without it.",
    "notice.account.paused": " Paused: {names}.",
    "notice.link.again": "🔁 Link again",
    # Refusals
    "refused.link.not_in_production": "A simulated number is for trying things out and is not offered here.",
    "refused.link.being_linked": "Somebody else of your team is linking {number} just now. Try again when they are done.",
    "refused.account.not_connected": "The number {number} is not connected now ({state}). Link it again under "
    "WhatsApp, then try once more.",
    "refused.account.none": "Link a WhatsApp number first: that is done here, under WhatsApp.",
    "refused.channel.down": "WhatsApp's side does not answer now. Nothing was sent. Try again in a minute.",
    "refused.worker.refuses": "WhatsApp Web could not do that now ({reason}). Try again in a minute.",
    "refused.worker.too_many_sessions": "No more numbers can be linked at the same time. Remove one that is not needed; whoever runs this "
    "desk can allow more with <code>WORKER_MAX_SESSIONS</code>.",
    "refused.worker.node_missing": "WhatsApp Web needs Node.js on the computer that MassSender runs on, and it is not there. Whoever runs it: "
    ""
    "<code>sudo apt install nodejs npm</code>, then start MassSender again.",
    "refused.worker.node_old": "WhatsApp Web needs Node.js 20 or newer on the computer that MassSender runs on; the one there is older.",
    "refused.worker.chromium_missing": "WhatsApp Web needs the browser Chromium on the computer that MassSender runs on, and it is not there. Whoever "
    "runs it: <code>sudo apt install chromium</code>, or name one in <code>CHROMIUM_PATH</code>, then start MassSender again.",
    "refused.worker.worker_not_found": "WhatsApp Web's worker is not where MassSender looks for it. Whoever runs this desk: start MassSender "
    "in its own folder, or name a running worker in <code>WHATSAPP_WORKER_URL</code>.",
    "refused.worker.worker_not_installed": "What WhatsApp Web needs is not installed yet. Where npm is there, it is installed by itself when a "
    "number is linked. If that does not help, whoever runs MassSender: <code>sudo apt install nodejs npm</code>, then start it again.",
    "refused.worker.worker_installing": "What WhatsApp Web needs is being installed: about a minute, this once. Then it goes on by itself.",
    "refused.worker.worker_down": "WhatsApp Web's worker does not answer. It is started again by itself; try again in a minute. If it stays "
    "so, whoever runs this desk finds more in the log.",
    "refused.worker.worker_unauthorized": "WhatsApp Web's worker does not know this desk's token. Whoever runs it: set the same "
    "<code>WHATSAPP_WORKER_TOKEN</code> on both sides.",
}
