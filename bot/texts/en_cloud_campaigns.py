"""English: campaigns over the official channel: the template, its blanks, the file at its top, the speed."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # A template, or a text
    "draft.template": "<b>The message</b> · 2 of 7\n\nPick a template: WhatsApp delivers nothing else from a Cloud API number to people who have not "
    "written to you within the last 24 hours.\n\nOr type a text: it reaches only those who wrote to this number within the last 24 hours; for the others it "
    "fails.",
    "draft.template.none": "<b>The message</b> · 2 of 7\n\nThere is no approved template yet. Make one in WhatsApp Manager, under Message templates, and tap "
    "<b>Fetch the templates</b> once WhatsApp has approved it.\n\nOr type a text: it reaches only those who wrote to this number within the last 24 hours; "
    "for the others it fails.",
    "draft.template.no_waba": "<b>The message</b> · 2 of 7\n\nWhatsApp does not say to which business account this number belongs, so I have no templates. "
    "Tap <b>Business account</b> and give me its id.\n\nOr type a text: it reaches only those who wrote to this number within the last 24 hours; for the "
    "others it fails.",
    "draft.template.now": "The message now:\n<blockquote>{text}</blockquote>",
    "draft.template.fetch": "🔄 Fetch the templates",
    "draft.values.button": "✏️ What goes into the blanks",
    # What goes into the blanks
    "draft.values": "<b>What goes into the blanks</b> · 2 of 7\n\n{read_by}<blockquote>{text}</blockquote>\n{lines}\n\nTap one to change it.",
    "draft.read_by": "As {who} will read it:",
    "value.line": "{mark} <b>{place}</b>: {filling}",
    "value.edit": "✏️ {place}",
    "values.empty": "⚠️ Nothing goes into {place} yet. It cannot start like that.",
    "value.nothing": "nothing yet",
    "value.always": "“{text}” for everybody",
    "value.column": "the column <b>{column}</b>",
    "value.fallback": "the column <b>{column}</b>, or “{fallback}”",
    "draft.value": "<b>What goes into {place}?</b>\n\n<blockquote>{text}</blockquote>\nNow: {filling}\n\nTap a column, or type a text of up to {limit} characters "
    "that is the same for everybody.",
    "value.fallback.button": "🛟 Give a fallback",
    "value.lacks": "⚠️ Nothing stands in the column {column} for {people}.",
    "draft.fallback": "<b>A word for those who have none</b>\n\n{place}: {filling}\n\nType what stands there for people without a value, up to {limit} characters, "
    "for example <i>friend</i>.",
    # The file at its top
    "draft.header.photo": "<b>The picture at the top</b> · 3 of 7\n\nThis template has a picture at its top. Send me one: {kinds}, up to {limit} MB.",
    "draft.header.video": "<b>The video at the top</b> · 3 of 7\n\nThis template has a video at its top. Send me one: {kinds}, up to {limit} MB.",
    "draft.header.document": "<b>The document at the top</b> · 3 of 7\n\nThis template has a document at its top. Send me one as a file: {kinds}, up to {limit} MB.",
    "draft.media.official": "<b>A picture or file</b> · 3 of 7\n\nSend me a photo (JPEG or PNG, up to 5 MB), a video (MP4 or 3GP, up to 16 MB), a document (up to 20 "
    "MB), audio or voice to go with the message, or go on without. With a file, the text can have {limit} characters; a sound takes no text along.",
    "draft.header.none": "<b>A picture or file</b> · 3 of 7\n\nThis template takes none: what stands at its top was fixed when it was made.",
    "refused.cloud_template.header_wanted": "At the top of this template stands a {kind}, and that is something else. Send a {kind}.",
    "refused.cloud_template.no_header": "The template “{name}” takes no file. Tap to go on.",
    "refused.cloud_template.gone": "The template “{name}” is not at WhatsApp any more. Choose another one.",
    "refused.cloud_template.edited": "The template “{name}” was edited at WhatsApp and has other blanks now. Repeat the campaign for those who are left, and choose "
    "anew what goes in.",
    "refused.cloud_template.value_empty": "That is empty. Type some words, for example <i>friend</i>.",
    # Preview and review
    "draft.preview.lacks.template": "\n⚠️ No value for: {fields}. This person would not get it.",
    "review.values": "\n⚠️ Some have no value for a blank, and WhatsApp would refuse theirs: {parts}. Say what goes in, or give a fallback, and it can start.",
    "review.values.one": "{people} for {place}",
    "review.fill": "✏️ Say what goes in: {place}",
    "review.fallback": "🛟 Give a fallback: {place}",
    "review.can.now": "{mark} <b>{people}</b> can get it right now",
    "review.can.later": "{mark} <b>{people}</b> can get it, as it stands",
    "window.nobody": "nobody",
    "review.window": "💬 It is a text, without a template: it reaches only those who wrote to {number} within the last 24 hours. {others} did not, so they do "
    "not get it, and cost nothing. To reach them too tap <b>Message</b> and choose an approved template.",
    "review.window.all": "💬 It is a text, without a template: it reaches only those who wrote to {number} within the last 24 hours. All of them did.",
    "review.window.later": "💬 It is a text, without a template: when it starts, {when}, it reaches only those who wrote to {number} within the 24 hours before. "
    "So far that is {people}. To reach the others too tap <b>Message</b> and choose an approved template.",
    "review.window.nobody": "\n⚠️ It is a text, without a template: it reaches only those who wrote to {number} within the last 24 hours, and nobody did. So nobody "
    "would get it. Tap <b>Message</b> and choose an approved template: that reaches everybody who agreed.",
    "review.window.nobody.later": "\n⚠️ It is a text, without a template: when it starts, {when}, it reaches only those who wrote to {number} within the 24 hours "
    "before, and so far that is nobody. Tap <b>Message</b> and choose an approved template: that reaches everybody who agreed.",
    "review.cost.window": "Cost: {cost}. {held} are held until it has ended, of {available} available",
    "start.window.nobody": "Nobody can get this text now. Choose an approved template under Message.",
    "review.template.gone": "\n⚠️ The template “{name}” is not at WhatsApp any more. Choose another: tap Message.",
    "review.header": "\n⚠️ The template wants a {kind} at its top. Tap Media and send it.",
    # Speed
    "draft.rate": "<b>Speed</b> · 5 of 7\n\nHow many messages a second? Your number may send up to {highest} now. WhatsApp slows it down by itself where it must.\n\nNow: {now}",
    "draft.rate.ask": "<b>Speed</b> · 5 of 7\n\nType how many messages a second, from 1 to {highest}, for example <code>50</code>.\n\nNow: {now}",
    "rate.usual": "🚶 {rate} a second",
    "rate.highest": "🚀 As fast as it may: {rate} a second",
    "speed.rate.words": "{messages} a second",
    "refused.pacing.rate_refused": "This number may send 1 to {highest} messages a second. Type for example <code>20</code>.",
    "refused.rate.unreadable": "I can't read “{text}” as a number of messages a second. Type for example <code>20</code>.",
    "activity.campaign.template": "chose the template of {about}",
    "activity.campaign.values": "changed what goes into the blanks of {about}",
}
