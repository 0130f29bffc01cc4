"""English: what is told by itself of numbers and templates of the official channel, and of messages with a secret."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "secret.deleted": "🗑 Your message is deleted from this chat.",
    "secret.stays": "⚠️ Telegram did not let me delete your message. Delete it yourself: hold it, then tap Delete.",
    "secret.unasked": "That was an access token, and I did not ask for one: I did nothing with it. To add a number with it: /link, <b>☁️ Add a "
    "Cloud API number</b>. To give a number a new one: /link, <b>🩺</b> with its number, <b>🔑 New token</b>.",
    "cloud.open.button": "🩺 Health",
    "cloud.limit.people": "{people} people",
    "cloud.limit.none": "as many people as you like",
    "cloud.limit.untold": "not told",
    "cloud.token.button": "🔑 New token",
    "cloud.templates.button": "🧾 Templates",
    "cloud.webhook.button": "🔗 Webhook",
    "template.status.approved": "approved",
    "template.status.pending": "being looked over",
    "template.status.rejected": "rejected",
    "template.status.paused": "paused",
    "template.status.disabled": "disabled",
    "template.status.in_appeal": "in appeal",
    "template.status.deleted": "deleted",
    "template.status.pending_deletion": "being deleted",
    "template.status.limit_exceeded": "over a limit",
    "template.status.archived": "archived",
    "template.status.locked": "locked",
    "template.status.unknown": "in a state that is not known here",
    "notice.cloud.quality.green": "🟢 WhatsApp rates {number} green again.",
    "notice.cloud.quality.yellow": "🟡 WhatsApp now rates {number} yellow: some people blocked or reported it lately. Sending goes on. Write only to those "
    "who expect it, and less often: if it turns red, WhatsApp may restrict the number.",
    "notice.cloud.quality.red": "🔴 WhatsApp now rates {number} red: many people blocked or reported it. WhatsApp may restrict it at any moment. "
    "Pause what runs, and wait some days before you write to people again.",
    "notice.cloud.limit": "📏 WhatsApp has changed how many new people {number} may write to in 24 hours: {now} (before: {before}).",
    "notice.cloud.webhook": "🔕 Messages went out over {number}, and WhatsApp has told nothing about them: its webhook is not set up, or does not get "
    "through. Until it does, you see no deliveries and no replies, and <b>nobody's STOP is heard</b>.",
    "notice.cloud.token": "🔑 WhatsApp does not accept the access token of {number} any more: it has run out or was taken back.{paused}\n\nMake a new one "
    "(Meta Business Settings, System users), tap <b>🔑 New token</b> below and send it. Nothing leaves from this number until then.",
    "notice.cloud.permission": "🔑 The access token of {number} may not do what is needed.{paused}\n\nMake a new one with both WhatsApp permissions ticked "
    "(Meta Business Settings, System users), tap <b>🔑 New token</b> below and send it. Nothing leaves from this number until then.",
    "notice.preset": "🔑 The official number of the settings, with the Phone number ID <code>{id}</code>, is not taken: {why}\n\n{now}",
    "preset.why.token_refused": "WhatsApp does not accept its access token, which is cut off, has run out or was taken back. Make a new permanent one (Meta "
    "Business Settings, System users), put it into WHATSAPP_API_TOKEN and start MassSender anew.",
    "preset.why.permission_missing": "its access token lacks {permission}. Make a new one with both WhatsApp permissions ticked, put it into "
    "WHATSAPP_API_TOKEN and start MassSender anew.",
    "preset.why.wrong_id": "WhatsApp knows no such number or account that the access token may use. Copy the <i>Phone number ID</i> from the app's page “API "
    "Setup” into WHATSAPP_PHONE_NUMBER_ID, and start MassSender anew.",
    "preset.stays": "Until then the number keeps the access token that it had.",
    "preset.absent": "Until then it is not among the numbers here.",
    "notice.cloud.stopped": "🚫 Nothing leaves from {number} any more: {why}.{paused}\n\nLook at the number in WhatsApp Manager; when it is well again, open "
    "its health here and tap Refresh.",
    "notice.cloud.template": "🧾 The template <b>{name}</b> ({language}) {what}.{paused}",
    "notice.open.named": "Open {name}",
    "template.news.gone": "is not at WhatsApp any more",
    "template.news.status": "is {status} at WhatsApp now, and cannot be sent",
    "template.news.red": "is rated red by WhatsApp, and is not sent any more",
    "template.news.edited": "was edited at WhatsApp: look whether its blanks are still filled as you want",
    "template.news.yellow": "is rated yellow by WhatsApp: it is sent at half speed",
    "template.news.approved": "can be sent again",
    "pause.token": "WhatsApp does not accept the number's access token",
    "pause.template": "its template cannot be sent as it stands at WhatsApp now",
}
