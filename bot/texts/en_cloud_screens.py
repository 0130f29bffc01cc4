"""English: numbers of the official channel in the chat: adding one, its health, its templates."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # Adding a number
    "link.cloud": "☁️ Add a Cloud API number",
    "ask.cloud.id": "☁️ <b>WhatsApp Cloud API</b> · 1 of 2\n\n"
    "This is WhatsApp's official way. No phone has to stay on, and sending does not cost you the number. You need an app with "
    "WhatsApp at developers.facebook.com, and a number in it.\n\n"
    "Open the app's page <b>WhatsApp → API Setup</b> and send me the <b>Phone number ID</b>: digits only, for "
    "example <code>106540352242922</code>. It is not the phone number itself.",
    "ask.cloud.token": "🔑 <b>The access token</b> {step}\n\n"
    "For the Phone number ID <code>{remote}</code>. Make a permanent one: Meta Business Settings → System users → Generate token, with "
    "both permissions ticked: <code>whatsapp_business_messaging</code> and <code>whatsapp_business_management</code>. Then send it "
    "here.\n\nYour message is deleted from this chat at once, and the token is kept locked away: nobody can read it here.",
    "ask.cloud.waba": "🏢 <b>The business account</b>\n\n"
    "WhatsApp does not say to which business account {number} belongs, so I cannot see its templates. Send me its <b>WhatsApp Business "
    "Account ID</b>: it stands on the app's page “API Setup”, under the Phone number ID, for example <code>102290129340398</code>.",
    "ask.cloud.secret": "🔏 <b>The app secret</b>\n\n"
    "WhatsApp signs what it tells about {number} with your app's secret; without it nobody could tell a true call from a forged one. "
    "Open the app's page <b>App settings → Basic</b>, tap <b>Show</b> beside App secret, and send it here.\n\n"
    "Your message is deleted from this chat at once.",
    "cloud.step.two": "· 2 of 2",
    "cloud.id.now": "The Phone number ID is {id} now.",
    "cloud.token.first": "🔑 I take that for the access token, and keep it locked away. Now I need the Phone number ID.",
    "cloud.token.kept": "I keep the access token meanwhile. Was the ID right? Then send a token that may use it.",
    "cloud.added": "✅ {name} is connected: {number}.",
    "cloud.token.new": "✅ WhatsApp accepts the new token of {number}.{paused}",
    "cloud.token.paused": " These wait for your Resume: {names}.",
    "cloud.waba.taken": "✅ The templates are here.",
    "cloud.secret.taken": "✅ The app secret is kept.",
    "cloud.refreshed": "This is how it stands now.",
    "refused.cloud.wrong_waba": "WhatsApp knows no business account “{id}” that this token may use. Copy the <i>WhatsApp Business Account ID</i> from the "
    "app's page “API Setup”: digits only, for example <code>102290129340398</code>. It is not the Phone number ID.",
    "refused.cloud.not_of_this_channel": "That is for numbers of the Cloud API only.",
    # How a number is doing
    "cloud.health.button": "🩺 {number}",
    "cloud": "☁️ <b>{name}</b> · {number}\n\n"
    "State: {state}\n"
    "Quality: {quality}\n"
    "New people a day: {people}\n"
    "Speed: {speed}\n"
    "Access token: {token}\n"
    "Webhook: {webhook}\n"
    "Templates: {templates}\n\n"
    "<i>WhatsApp was asked at {at}.</i>",
    "cloud.state.because": "{state}: {why}",
    "cloud.quality.green": "🟢 green",
    "cloud.quality.yellow": "🟡 yellow: some people blocked or reported it",
    "cloud.quality.red": "🔴 red: many people blocked or reported it",
    "cloud.quality.unknown": "not rated yet",
    "cloud.people.used": "{used} of {limit} in the last 24 hours",
    "cloud.people.free": "{used} in the last 24 hours, no limit",
    "cloud.people.untold": "{used} in the last 24 hours; WhatsApp does not say how many it may be",
    "cloud.speed.standard": "up to {rate} messages a second",
    "cloud.speed.high": "up to {rate} messages a second (raised by WhatsApp)",
    "cloud.token.good": "accepted",
    "cloud.token.refused": "⚠️ not accepted since {at}: send a new one",
    "cloud.token.lacks_permission": "⚠️ lacks a permission since {at}: send a new one",
    "cloud.webhook.heard": "set up, last heard at {at}",
    "cloud.webhook.unheard": "nothing has come in yet, as is normal before the first message",
    "cloud.webhook.silent": "⚠️ messages went out, and nothing has come in about them",
    "cloud.webhook.no_secret": "⚠️ not set up: the app secret is missing",
    "cloud.webhook.no_url": "⚠️ not set up: this desk has no public address",
    "cloud.templates.count": "{approved} of {all} approved",
    "cloud.templates.unasked": "not fetched yet",
    "cloud.templates.no_waba": "⚠️ the business account is not known",
    "cloud.refresh": "🔄 Refresh",
    "cloud.waba.button": "🏢 Business account",
    # What is entered at Meta
    "cloud.webhook": "🔗 <b>Webhook of {number}</b>\n\n"
    "By this WhatsApp tells what was delivered and read, who answered, and who said STOP.\n\nState: {state}\n\n"
    "<b>What to enter at Meta</b>\n"
    "Open the app's page <b>WhatsApp → Configuration</b>, tap <b>Edit</b> beside Webhook, and enter:\n\n"
    "Callback URL\n<code>{url}</code>\n\n"
    "Verify token\n<code>{verify}</code>\n\n"
    "Tap <b>Verify and save</b>, then <b>Manage</b>, and subscribe to:\n<code>{fields}</code>",
    "cloud.webhook.nowhere": "🔗 <b>Webhook of {number}</b>\n\n"
    "By this WhatsApp tells what was delivered and read, who answered, and who said STOP.\n\n"
    "⚠️ Meta needs an address that begins with https and can be reached from outside, and this desk has none. Whoever runs it sets "
    "<code>WEBHOOK_URL</code>; what leads to <code>{path}</code> there has to reach MassSender. Until then messages go out, and nothing "
    "comes back.",
    "cloud.webhook.secret": "🔏 Give the app secret",
    "cloud.webhook.secret.again": "🔏 Give another app secret",
    # Templates
    "templates": "🧾 <b>Templates of {name}</b>\n\n{count}. Tap one to see it.\n<i>Fetched from WhatsApp at {at}.</i>",
    "templates.none": "🧾 <b>Templates of {name}</b>\n\nThere is none{such}. Make one in WhatsApp Manager, under Message templates; WhatsApp looks it "
    "over, which takes from minutes to a day. Then tap Refresh.\n<i>Fetched from WhatsApp at {at}.</i>",
    "templates.none.such": " like that",
    "templates.no_waba": "🧾 <b>Templates of {name}</b>\n\nWhatsApp does not say to which business account this number belongs. Tap <b>Business "
    "account</b> and give me its id; then I can fetch the templates.",
    "templates.line": "{icon} {name} · {language}",
    "templates.language": "🌐 {language}",
    "templates.language.all": "all languages",
    "templates.status": "🏷 {status}",
    "templates.status.all": "all states",
    "template.category.marketing": "marketing",
    "template.category.utility": "utility",
    "template.category.authentication": "one-time code",
    "template.category.unknown": "of no known kind",
    "template": "🧾 <b>{name}</b> · {language} · {category}\n{state}\n\n<blockquote>{text}</blockquote>{header}{aside}",
    "template.state": "{icon} {status}, quality {quality}",
    "template.quality.green": "green",
    "template.quality.yellow": "yellow: sent at half speed",
    "template.quality.red": "red: not sent",
    "template.quality.unknown": "not rated yet",
    "template.header.image": "\n🖼 With a picture at its top.",
    "template.header.video": "\n🎬 With a video at its top.",
    "template.header.document": "\n📄 With a document at its top.",
    "template.foreign": "\n\n⚠️ It holds something that is not sent from here: {what}.",
    "template.why": "\n\n⚠️ Why WhatsApp rejected it: {why}. Change it in WhatsApp Manager and send it in again.",
    "template.why.abusive_content": "its words are against WhatsApp's rules",
    "template.why.invalid_format": "its blanks or its form are not right: they must be numbered without a gap, and not stand first or last",
    "template.why.promotional": "it is advertising, and was sent in as something else",
    "template.why.tag_content_mismatch": "its kind or language does not fit what it says",
    "template.why.incorrect_category": "it was sent in as another kind than it is",
    "template.why.scam": "it looks like a fraud",
    "template.why.other": "“{word}”, in WhatsApp's word",
    "template.paused.do": "\n\n⏸ WhatsApp paused it because people did not like it; it comes back by itself after some hours. Use another one "
    "meanwhile.",
    "template.disabled.do": "\n\n🚫 WhatsApp disabled it because people did not like it. Make a new one with other words.",
    "template.pending.do": "\n\n⏳ WhatsApp still looks it over. Tap Refresh later.",
    "template.people": "👥 See it with real people",
    "template.people.ask": "👥 <b>{name}</b>\n\nWith the people of which list do you want to see it?",
    "template.people.none": "👥 <b>{name}</b>\n\nThere is no list yet. Send me a file with contacts first.",
    "template.sample": "🧾 <b>{name}</b> · person {at} of {total}\n\nTo {person}:\n<blockquote>{text}</blockquote>{header}{note}\n\n"
    "<i>The blanks are filled as I would guess. In a campaign you choose what goes in.</i>",
    "template.sample.lacks": "\n⚠️ No value for: {places}.",
    "template.sample.nobody": "🧾 <b>{name}</b>\n\nThere is nobody on that list.",
    "template.next": "👤 Next person",
    # Places in a template
    "slot.header": "header {blank}",
    "slot.body": "{blank}",
    "slot.button": "button “{text}”",
    # Notices
    # Why a campaign is paused
    "card.why.token": "🔑 Give the number a new access token, under WhatsApp; after that tap Resume.",
    "card.why.template": "🧾 The template <b>{name}</b> {what}. {do}",
    "card.why.template.wait": "WhatsApp pauses a template for some hours. When it is approved again tap Resume, or repeat the campaign with another one.",
    "card.why.template.choose": "Mend it in WhatsApp Manager and tap Resume, or repeat the campaign with another one for those who are left.",
    "card.why.template.values": "Look at it: if what you chose still fits, tap Resume. Otherwise repeat the campaign and choose anew.",
    "card.why.template.resume": "It can go on: tap Resume.",
}
