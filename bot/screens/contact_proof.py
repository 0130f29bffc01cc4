"""Proof of consent: everything that is known of what one person agreed to, and as a file."""

from typing import Final

from bot.chat.threads import in_thread
from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts import MARKS
from bot.screens.contacts_parts import (
    A_PAGE,
    back,
    dated,
    lines,
    note_contact,
    page_of,
    pages,
    short,
)
from bot.screens.contacts_person import at_contact
from bot.texts import Html, plain, say
from domain.contacts.model import Consent, Proof
from domain.kernel.ids import ContactId
from domain.operators.chat import Notice
from domain.operators.model import Right

LONGEST_WORDS: Final = 120


@action("ct.proof", needs=Right.READ)
async def go_proof(scene: Scene) -> Go:
    go = await at_contact(scene, "contact.proof", scene.press.id)
    return Go(screen=go.screen, args={**go.args, "page": scene.press.x})


@screen("contact.proof", needs=Right.READ)
async def proof_screen(scene: Scene, args: Args) -> View:
    """The newest first."""
    lang, contacts = scene.workspace.language, scene.unit.contacts
    contact = await contacts.contact(scene.workspace.id, ContactId(args["id"]))
    wanted = max(int(args.get("page", 0)), 0)
    found, total = await contacts.proof(
        scene.workspace.id, contact.id, newest_first=True, offset=wanted * A_PAGE, limit=A_PAGE
    )
    page = page_of(args, total)
    if page != wanted:
        found, total = await contacts.proof(
            scene.workspace.id, contact.id, newest_first=True, offset=page * A_PAGE, limit=A_PAGE
        )
    text = say(
        "contact.proof", lang, name=short(contact.name) or say("contact.nameless", lang),
        number=contact.number, zone=scene.workspace.zone,
        standing=say(f"standing.{contact.consent}", lang, mark=MARKS[contact.consent]),
        events=Html("\n\n".join(_event(scene, one) for one in found)) or say("proof.none", lang),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [*pages(lang, "ct.proof", page, total, id=contact.id)]
    if total:
        rows.append((button(plain("ct.prooffile", lang), "ct.prooffile", id=contact.id),))
    return View(text=text, rows=(*rows, back(lang, "ct.open", contact.id)))


def source_words(one: Proof, lang: str) -> str:
    """How it became known."""
    if one.is_at_whatsapp:
        return plain(f"proof.whatsapp.{'granted' if one.event.granted else 'revoked'}", lang)
    return plain(f"why.{'granted' if one.event.granted else 'revoked'}.{one.event.source}", lang)


def _event(scene: Scene, one: Proof) -> str:
    lang, event = scene.workspace.language, one.event
    when = dated(event.at, zone=scene.workspace.zone, lang=lang)
    mark = MARKS[Consent.GRANTED if event.granted else Consent.REVOKED]
    shown = one.words or one.evidence
    return lines(
        say("proof.event", lang, mark=mark, why=source_words(one, lang), when=when),
        say("proof.words", lang, words=short(shown, LONGEST_WORDS)) if shown else "",
        say("proof.by", lang, who=short(one.by, 40)) if one.by else "",
    )


@action("ct.prooffile", needs=Right.WORK)
async def proof_file(scene: Scene) -> Go:
    """All of it, made and sent by the notices."""
    lang = scene.workspace.language
    contact = await scene.unit.contacts.contact(scene.workspace.id, ContactId(scene.press.id))
    await note_contact(scene, "contact.proof", contact)
    notice = Notice(
        chat_id=scene.chat_id, kind="proof_export",
        key=f"proof_export/{contact.id}/{scene.chat_id}/{int(scene.now.timestamp()) // 2}",
        payload=in_thread({"workspace_id": int(scene.workspace.id), "contact_id": int(contact.id)}),
    )  # fmt: skip
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    go = await at_contact(scene, "contact.proof", contact.id)
    return Go(screen=go.screen, args=go.args, toast=plain("proof.coming", lang))
