"""English: what the official WhatsApp channel refuses, and why messages over it did not go out."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # Files
    "refused.media.too_large_for_whatsapp": "WhatsApp's official channel takes a {kind} of up to {limit} MB; this one has about {size} MB. Make it "
    "smaller and send it again, for example as a shorter video or a picture saved as JPEG.",
    "refused.media.empty_file": "The file “{filename}” is empty. Send it again.",
    "refused.media.kind_refused_by_whatsapp": "WhatsApp's official channel does not take this kind of file here. It takes: {accepted}. Save it as "
    "one of these and send it again.",
    "refused.media.no_caption_on_sound": "A sound carries no text with it on WhatsApp's official channel. Send the sound without a text, or the text as "
    "a message of its own.",
    # Templates
    "refused.cloud_template.not_ready": "The template “{name}” cannot be sent now: WhatsApp has it as <b>{status}</b>. Choose an approved one, or mend it in "
    "WhatsApp Manager and refresh the list here.",
    "refused.cloud_template.not_carried": "The template “{name}” holds something that is not sent from here: {what}. Choose one with text, a picture, a "
    "video, a document or simple buttons.",
    "refused.cloud_template.values_missing": "The template wants a value here: {places}. Choose a column, a fixed text, or a fallback such as <i>friend</i> for "
    "those who have none.",
    "refused.cloud_template.value_too_long": "The value for {place} has {length} characters; {limit} are possible there. Shorten it.",
    # The account
    "refused.cloud.token_refused": "WhatsApp does not accept this access token: it is cut off, has run out or was taken back. Make a new permanent one "
    "(Meta Business Settings, System users) and send it here.",
    "refused.cloud.permission_missing": "The access token may not do this: it lacks {permission}. Make a new one with both WhatsApp permissions ticked and send "
    "it here.",
    "refused.cloud.wrong_id": "WhatsApp knows no number or account “{id}” that this token may use. Copy the <i>Phone number ID</i> from the app's "
    "page “API Setup”: digits only, for example <code>106540352242922</code>. It is not the phone number itself.",
    "refused.cloud.no_id": "That is no Phone number ID. It is digits only, for example <code>106540352242922</code>, and stands under the phone "
    "number on the app's page <b>WhatsApp → API Setup</b>. Send me those digits alone.",
    "refused.cloud.id_is_phone": "That looks like a phone number. The <i>Phone number ID</i> is another number: it stands under the phone number on "
    "the app's page <b>WhatsApp → API Setup</b>, digits only and without spaces, for example <code>106540352242922</code>.",
    "refused.cloud.no_token": "That is no access token. It is one long word of letters and digits, often 200 of them, and begins with EAA. Copy it whole "
    "and send it alone.",
    "refused.cloud.token_of_others": "This access token is good, but it may not use {number}: it was made for another business. Make one for the business that "
    "{number} belongs to (Meta Business Settings, System users) and send it here.",
    "refused.cloud.no_waba": "That is no WhatsApp Business Account ID. It is digits only, for example <code>102290129340398</code>, and stands under the "
    "Phone number ID on the app's page <b>WhatsApp → API Setup</b>. Send me those digits alone.",
    "refused.cloud.unreachable": "WhatsApp does not answer as it should just now. Nothing was changed; try again in a minute.",
    "refused.cloud.refuses": "WhatsApp refused that with its error {number}. Look at the number's state in WhatsApp Manager, then try again.",
    "refused.cloud.number_taken": "{number} is in another workspace of this desk already. Remove it there first, or choose another number.",
    "refused.cloud.secret_refused": "That is no app secret. Copy it from the app's page “App settings”, “Basic”: 32 letters and digits, for example "
    "<code>0123456789abcdef0123456789abcdef</code>.",
    "refused.vault.sealed_otherwise": "The access token was kept under another SECRET_KEY and cannot be read any more. Send the token again.",
    # Why a message did not go out
    "reason.token_refused": "WhatsApp did not accept the access token",
    "reason.permission_missing": "the access token may not send",
    "reason.too_fast": "too many messages a second; slowed down",
    "reason.number_upgrading": "WhatsApp is raising the number's speed; wait a few minutes",
    "reason.pair_too_fast": "too many messages to this person in a short time",
    "reason.number_not_registered": "the number has to be registered with WhatsApp again",
    "reason.number_gone": "the number was deleted at WhatsApp",
    "reason.spam_limited": "WhatsApp limits the number: too many people blocked or reported it",
    "reason.policy_blocked": "WhatsApp blocked the business account for a while, for breaking its rules",
    "reason.account_locked": "WhatsApp locked the business account",
    "reason.payment_trouble": "WhatsApp could not charge the business account; look at its payment method",
    "reason.name_not_approved": "WhatsApp has not approved the number's display name yet",
    "reason.limit_reached": "the number's limit of new people was reached",
    "reason.undeliverable": "could not be delivered (no WhatsApp, an old version, or not taken)",
    "reason.window_closed": "did not write in the last 24 hours, so a template is needed",
    "reason.marketing_cap": "WhatsApp lets this person have no more marketing for now",
    "reason.stopped_marketing": "stopped marketing messages at WhatsApp",
    "reason.in_experiment": "was left out by WhatsApp for a test of its own",
    "reason.country_refused": "WhatsApp does not let this business write to that country",
    "reason.own_number": "is the sending number itself",
    "reason.not_in_test_list": "is not on the list of a test number",
    "reason.bsuid_refused": "hides the number, and this message needs it",
    "reason.identity_changed": "WhatsApp could not confirm that it is still the same person",
    "reason.nothing_to_send": "there was nothing in the message",
    "reason.template_changed": "the template does not match what WhatsApp has; it was edited",
    "reason.template_missing": "the template does not exist in that language or is not approved",
    "reason.template_against_policy": "the template's text is against WhatsApp's rules",
    "reason.template_value_refused": "WhatsApp did not take a value put into the template",
    "reason.value_missing": "has no value for a blank of the template",
    "reason.put_back": "waits until sending goes on",
    "reason.template_paused": "WhatsApp paused the template because of its quality",
    "reason.template_disabled": "WhatsApp disabled the template because of its quality",
    "reason.template_red": "people complained too often about the template",
    "reason.template_syncing": "the template is new; WhatsApp needs some minutes with it",
    "reason.marketing_not_here": "marketing templates are switched off for this number",
    "reason.request_refused": "WhatsApp could not read the request",
    "reason.media_too_large": "the file was too large for WhatsApp",
    "reason.media_kind_refused": "WhatsApp does not take files of this kind",
    "reason.media_upload_failed": "the file could not be uploaded to WhatsApp",
    "reason.caption_on_sound": "a sound carries no text",
    # Why nobody knows whether it went out
    "reason.connection_lost": "the line broke while sending",
    "reason.unknown_code": "WhatsApp answered with an error that is not known",
    "reason.server_unclear": "WhatsApp had a trouble and does not say whether it took the message",
    "reason.server_error": "WhatsApp had a trouble while sending",
    "reason.bad_answer": "WhatsApp's answer could not be read",
}
