"""English: what somebody agreed to and how it is shown, forgetting them, and the line that says how to stop."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "reason.forgotten": "asked to be forgotten",
    "reason.came_back": "they came back before it left",
    "reason.too_late": "it could not leave in time",
    "problem.forgotten": "This person asked to be forgotten",
    "import.counts.forgotten": "{counts} · {forgotten} forgotten",
    "refused.contact.forgotten": "{number} asked to be forgotten here, and nobody can add them again. "
    "If they want your messages, they can write START to your WhatsApp number.",
    "refused.contact.gone": "This person was forgotten on {at}; nothing of them is kept.",
    "forgotten.person": "forgotten person",
    # -- the line that says how to stop -----------------------------------------------------------------
    "draft.footer.on": "✅ Footer: on",
    "draft.footer.off": "⬜ Footer: off",
    "draft.footer.said": "Your text says STOP already, so no line is added.",
    "draft.message.footer": "“{footer}” is added below it and counts with it. You can turn it off in the preview.",
    "activity.campaign.footer": "changed the footer of {about}",
    # -- proof ------------------------------------------------------------------------------------------
    "ct.proof": "📜 Proof of consent",
    "contact.proof": "📜 <b>Proof of consent</b>\n\n{name}\n{number}\nNow: {standing}\n\n{events}\n\n"
    "Times are those of {zone}.",
    "proof.none": "Nothing is recorded: nobody has said that this person agreed.",
    "proof.event": "{mark} {why}, {when}",
    "proof.words": "“{words}”",
    "proof.by": "Recorded by {who}",
    "proof.whatsapp.granted": "They asked for messages again in WhatsApp's own settings",
    "proof.whatsapp.revoked": "They stopped messages in WhatsApp's own settings",
    "ct.prooffile": "📄 As a file",
    "proof.coming": "The file is coming.",
    "proof.file": "proof of consent",
    "proof.sheet": "Consent",
    "proof.when": "When",
    "proof.what": "What",
    "proof.how": "How it became known",
    "proof.evidence": "Evidence",
    "proof.words.column": "Their own message",
    "proof.by.column": "Recorded by",
    "proof.granted": "Agreed",
    "proof.revoked": "Stopped",
    "activity.contact.proof": "exported the proof of consent of {about}",
    # -- forgetting -------------------------------------------------------------------------------------
    "ct.forget": "🗑 Forget this person",
    "forget": "🗑 <b>Forget {name}?</b>\n\nGone for good: {goes}. Whatever still waits to be sent to them is "
    "not sent.",
    "forget.numbers": "Also at the other numbers that reach them: {numbers}.",
    "forget.files": "Files you imported may name them, so {files} kept from finished imports and their error "
    "files are deleted here.",
    "forget.stays": "Stays: that {sent} sent, as a count without name or number; and a secret mark of the "
    "number, so that no file brings them back. Only they can come back, by writing START.\n\n"
    "What stands in Telegram stays there until you delete it.",
    "forget.keep": "Keep this person",
    "forget.do": "🗑 Forget for good",
    "forget.done": "Forgotten. Nothing of them is left here.",
    "activity.contact.forgotten": "forgot a person",
}
