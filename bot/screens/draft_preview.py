"""New campaign, step 4: how it reads for real people, and a test to the operator's own phone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, text_answer
from bot.screens.cloud_parts import slot_words
from bot.screens.draft_footer import footer_row
from bot.screens.draft_steps import (
    args_of,
    back_row,
    draft_screen,
    editing,
    load,
    next_button,
    note,
    packed,
    unpacked,
)
from bot.screens.draft_template import TemplateGone, chosen_template, message_shown, with_footer_shown
from bot.screens.draft_words import media_words
from bot.screens.imports_columns import country_shown
from bot.screens.terms import terms_before_sending
from bot.texts import Html, plain, refusal, say
from domain.campaigns import official, service, template
from domain.campaigns.footer import with_footer
from domain.campaigns.licence import not_suspended
from domain.campaigns.model import FOLLOWED, AudienceKind, Campaign, Incomplete
from domain.contacts.model import Contact
from domain.contacts.service import number_of
from domain.delivery.recipients import NOT_FOLLOWED_UP
from domain.delivery.store import DirectPurpose
from domain.delivery.template_values import ValuesMissing, missing_values, preview
from domain.delivery.templates import MessageTemplate
from domain.kernel.errors import Conflict, DomainError
from domain.kernel.ids import CampaignId, ListId
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

SAMPLES: Final = 3
TEXT_SHOWN: Final = 2500
MOST_MISSING: Final = 8


async def samples_of(scene: Scene, campaign: Campaign) -> Sequence[Contact]:
    """Up to three who would get it."""
    audience, contacts, home = campaign.audience, scene.unit.contacts, scene.workspace.id
    if audience is None:
        return ()
    if audience.kind is AudienceKind.LIST:
        return await contacts.samples(home, list_id=ListId(int(audience.ref)), limit=SAMPLES)
    if audience.kind is AudienceKind.TAG:
        return await contacts.samples(home, tag=audience.ref, limit=SAMPLES)
    rows = await scene.unit.delivery.recipients(
        CampaignId(int(audience.ref)), states=sorted(FOLLOWED[audience.kind]),
        limit=scene.desk.caps.a_campaign,
    )  # fmt: skip
    within_reach = [row for row in rows if row.reason not in NOT_FOLLOWED_UP][:SAMPLES]
    found = [await contacts.by_number(home, row.number) for row in within_reach]
    return [contact for contact in found if contact is not None]


def fields_of(contact: Contact) -> Mapping[str, str]:
    """What fills the blanks, the same as when it is sent."""
    return {**contact.attributes, "name": contact.name, "number": contact.number}


def lacking(campaign: Campaign, contact: Contact) -> Sequence[str]:
    """Blanks without a fallback for which this person has no value."""
    values = {template.field_key(name): value.strip() for name, value in fields_of(contact).items()}
    return [
        name for name in template.required_fields(campaign.text) if not values.get(template.field_key(name))
    ]


async def missing_line(scene: Scene, campaign: Campaign) -> Html | None:
    """`12 people have no {city}: …`; None when everybody has everything."""
    missing = await service.lacking(scene.campaigns, campaign)
    if not missing:
        return None
    parts = [f"{words.people(n)} {{{words.one_line(name, 40)}}}" for name, n in missing.items()][
        :MOST_MISSING
    ]
    return say("draft.missing", scene.workspace.language, parts=Html(words.escaped(", ".join(parts))))


async def reader_of(scene: Scene, campaign: Campaign) -> Contact | None:
    """Of a template: the first person who would get it, for whom it is filled."""
    if await chosen_template(scene, campaign) is None:
        return None
    samples = await samples_of(scene, campaign)
    return samples[0] if samples else None


def read_by(reader: Contact | None, lang: str) -> Html:
    """A line above what they will read; without anybody none."""
    if reader is None:
        return Html("")
    return Html(f"{say('draft.read_by', lang, who=words.one_line(reader.name) or reader.number)}\n")


@draft_screen("preview")
async def preview_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    samples = await samples_of(scene, campaign)
    at = int(args.get("n", 0)) % len(samples) if samples else 0
    chosen = await chosen_template(scene, campaign)
    footer = await service.footer_for(scene.campaigns, campaign)
    lines = [_sample(campaign, chosen, samples[at], at, len(samples), footer, lang)] if samples else []
    if not samples:
        shown = await message_shown(scene, campaign, TEXT_SHOWN)
        lines = [say("draft.preview.nobody", lang, text=shown)]
    if campaign.media is not None:
        lines.append(say("draft.preview.media", lang, media=media_words(campaign.media, lang)))
    missing = await missing_line(scene, campaign)
    if missing is not None:
        lines.append(missing)
    test = say("draft.test.to", lang, number=scene.me.test_number) if scene.me.test_number else None
    if test is not None:
        lines.append(test)
    rows = _rows(scene, args, campaign, at, len(samples))
    return View(text=Html("\n\n".join(lines)), rows=(*await footer_row(scene, campaign, args, at), *rows))


def _sample(
    campaign: Campaign,
    chosen: MessageTemplate | None,
    contact: Contact,
    at: int,
    total: int,
    footer: str,
    lang: str,
) -> Html:
    if chosen is not None and campaign.template is not None:
        values = campaign.template.values
        filled = preview(chosen, values, fields_of(contact))
        places = missing_values(chosen, values, fields_of(contact))
        key, lacks = "draft.preview.lacks.template", [slot_words(chosen, slot, lang) for slot in places]
    else:
        filled = template.fill(campaign.text, fields_of(contact))
        key, lacks = "draft.preview.lacks", [*lacking(campaign, contact)]
    note = say(key, lang, fields=words.one_line(", ".join(lacks), 150)) if lacks else Html("")
    return say(
        "draft.preview", lang, at=at + 1, total=total, note=note,
        text=with_footer_shown(filled, footer, TEXT_SHOWN),
        person=words.person(words.one_line(contact.name), contact.number, lang),
    )  # fmt: skip


def _rows(
    scene: Scene, args: Args, campaign: Campaign, at: int, total: int
) -> tuple[tuple[Button, ...], ...]:
    lang, rows = scene.workspace.language, list[tuple[Button, ...]]()
    if total > 1:
        x = packed((at + 1) % total, args)
        rows.append((button(plain("draft.preview.next", lang), "dr.sample", campaign.id, x=x),))
    test = [button(plain("draft.test", lang), "dr.test", campaign.id, campaign.version, packed(at, args))]
    if scene.me.test_number:
        test.append(button(plain("draft.test.number", lang), "dr.testno", campaign.id, x=packed(at, args)))
    rows += [tuple(test), (next_button("preview", args, lang),), back_row("preview", args, lang)]
    return tuple(rows)


@action("dr.sample", needs=Right.WORK)
async def next_sample(scene: Scene) -> Go:
    at, edit = unpacked(scene.press.x)
    return Go(screen="preview", args=args_of(scene.press.id, edit=edit, n=at))


@draft_screen("draft.test")
async def number_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    x = packed(0, args)
    text = say("draft.test.ask", lang, country=country_shown(scene.workspace.country))
    return View(text=text, rows=((button(plain("back", lang), "dr.sample", campaign.id, x=x),),))


@action("dr.testno", needs=Right.WORK)
async def ask_number(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    args = args_of(campaign.id, edit=edit)
    prompt = Prompt(chat_id=scene.chat_id, kind="campaign.test_number", args=args)
    return Go(screen="draft.test", args=args, prompt=prompt)


@text_answer("campaign.test_number", needs=Right.WORK)
async def receive_number(scene: Scene, prompt: Prompt, text: str) -> Go:
    """Kept for the next tests, and the test it was asked for leaves at once. When that cannot leave, the
    number is no less good: it is not asked for again."""
    campaign = await load(scene, prompt.args["id"])
    number = number_of(text, scene.workspace.country)
    await scene.unit.operators.set_test_number(scene.me.id, number)
    await scene.log(Topic.SETTINGS, "settings.test_number")
    edit = editing(prompt.args)
    terms_before_sending(scene)
    try:
        go = await _send_test(scene, campaign, number, campaign.version, edit, 0)
    except Conflict:
        raise
    except DomainError as error:
        sentence = refusal(error, scene.workspace.language)
        return Go(screen="preview", args=args_of(campaign.id, edit=edit, note=str(sentence)))
    # A text has no tap that a toast could answer.
    sentence = say("draft.test.queued", scene.workspace.language, number=number)
    return replace(go, toast=None, args={**go.args, "note": sentence})


@action("dr.test", needs=Right.WORK)
async def send_test(scene: Scene) -> Go:
    terms_before_sending(scene)
    if scene.me.test_number is None:
        return await ask_number(scene)
    at, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    return await _send_test(scene, campaign, scene.me.test_number, scene.press.rev, edit, at)


async def _send_test(scene: Scene, campaign: Campaign, number: str, expected: int, edit: bool, at: int) -> Go:
    """One message, filled for the person shown. Saving the draft unchanged makes a double tap one test."""
    terms_before_sending(scene)
    if campaign.account_id is None or not (campaign.text or campaign.media or campaign.template):
        raise Incomplete(missing=campaign.missing)
    account = await scene.unit.accounts.known(campaign.account_id)
    if account is None:
        raise Incomplete(missing="account")
    account.require_connected()
    await not_suspended(scene.unit, scene.workspace.id)
    chosen = await chosen_template(scene, campaign)
    if campaign.template is not None:
        if chosen is None:
            raise TemplateGone(name=campaign.template.name)
        try:
            official.check_can_go_on(campaign, chosen)
        except ValuesMissing:
            holes = [slot for slot in chosen.slots if slot not in campaign.template.values]
            places = [slot_words(chosen, slot, scene.language) for slot in holes]
            raise ValuesMissing(places=places) from None
    await service.edit(scene.campaigns, campaign, expected=expected, at=scene.now)
    samples = await samples_of(scene, campaign)
    fields = fields_of(samples[at % len(samples)]) if samples else {}
    text = template.fill(campaign.text, fields)
    text = with_footer(text, await service.footer_for(scene.campaigns, campaign))
    await scene.unit.delivery.queue_direct(
        workspace_id=scene.workspace.id, account_id=account.id, member_id=scene.me.id, chat_id=scene.chat_id,
        purpose=DirectPurpose.TEST, number=number, text=text,
        media=campaign.media, desk=scene.desk.desk_id, campaign_id=campaign.id, at=scene.now,
    )  # fmt: skip
    await note(scene, "campaign.tested", campaign)
    scene.desk.watcher.account_has_work(account.id)
    toast = plain("draft.test.queued", scene.workspace.language, number=number)
    return Go(screen="preview", args=args_of(campaign.id, edit=edit, n=at), toast=toast)
