"""New campaign, step 2 over the official channel: a template, and what goes into its blanks; or a text, for
those who wrote within the last day."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action
from bot.screens.cloud_parts import icon_of, official_before, template_number, template_of, templates_of
from bot.screens.contacts_parts import A_PAGE, label, page_of
from bot.screens.draft_steps import (
    args_of,
    go_on,
    go_to,
    load,
    next_button,
    note,
    packed,
    unpacked,
)
from bot.screens.draft_words import dropped_line
from bot.texts import Html, plain, say
from domain.accounts.model import Account, Channel
from domain.campaigns import official, service
from domain.campaigns.footer import room_of, with_footer
from domain.campaigns.model import Campaign
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.template_values import preview
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.errors import DomainError, NotFound
from domain.operators.model import Right
from domain.pacing.channel_limits import Quality

TEXT_SHOWN: Final = 900


class TemplateGone(DomainError):
    """`name` of a template that is not at WhatsApp any more."""

    code = "cloud_template.gone"


async def number_of(scene: Scene, campaign: Campaign) -> tuple[Account, CloudAccount] | None:
    """The number it leaves from, where that is one of the official channel."""
    if campaign.account_id is None:
        return None
    account = await scene.unit.accounts.known(campaign.account_id)
    if account is None or account.channel is not Channel.CLOUD:
        return None
    cloud = await scene.unit.cloud.account(account.id)
    return None if cloud is None else (account, cloud)


async def chosen_template(scene: Scene, campaign: Campaign) -> MessageTemplate | None:
    """The campaign's, as WhatsApp has it now; None without one, or when it is gone."""
    number = await number_of(scene, campaign)
    if campaign.template is None or number is None or not number[1].waba_id:
        return None
    return await scene.unit.cloud.template(number[1].waba_id, campaign.template.id)


def with_footer_shown(text: str, footer: str, limit: int) -> Html:
    """As it will be read, within `limit`: of a long text the end is left out, and never what is below."""
    shown = words.quoted(text, limit - room_of(footer))
    return Html(with_footer(shown, words.escaped(footer)))


async def message_shown(
    scene: Scene, campaign: Campaign, limit: int, *, to: Mapping[str, str] | None = None
) -> Html:
    """What a campaign says, for a screen: its text, or its template's, filled where it is said `to` whom."""
    if campaign.template is None:
        footer = await service.footer_for(scene.campaigns, campaign)
        return with_footer_shown(campaign.text or ("" if footer else "—"), footer, limit)
    template = await chosen_template(scene, campaign)
    name = f"🧾 {words.one_line(campaign.template.name)} · {campaign.template.language}"
    if template is None:
        return words.quoted(name, limit)
    values = campaign.template.values if to is not None else {}
    return words.quoted(f"{name}\n{preview(template, values, to or {})}", limit)


def _sendable(template: MessageTemplate) -> bool:
    return (
        template.status is TemplateStatus.APPROVED
        and template.quality is not Quality.RED
        and not template.foreign
    )


async def choice_view(
    scene: Scene,
    args: Args,
    campaign: Campaign,
    number: tuple[Account, CloudAccount],
    *,
    back: tuple[Button, ...],
) -> View:
    """Instead of the question for a text alone."""
    lang, (account, cloud) = scene.language, number
    ready = [one for one in await templates_of(scene, cloud) if _sendable(one)]
    page = page_of(args, len(ready))
    key = "draft.template" if ready else "draft.template.none" if cloud.waba_id else "draft.template.no_waba"
    text = say(key, lang)
    if campaign.template is not None or campaign.text:
        now = say("draft.template.now", lang, text=await message_shown(scene, campaign, TEXT_SHOWN))
        text = Html(f"{text}\n\n{now}")
    rows: list[tuple[Button, ...]] = [
        (_pick(one, campaign, args, lang),) for one in ready[page * A_PAGE : (page + 1) * A_PAGE]
    ]
    rows += _turn("dr.tpls", campaign.id, page, len(ready), args, lang)
    if cloud.waba_id:
        rows.append(
            (button(plain("draft.template.fetch", lang), "dr.tplget", campaign.id, x=packed(0, args)),)
        )
    else:
        rows.append((button(plain("cloud.waba.button", lang), "cloud.waba", id=account.id),))
    chosen = await chosen_template(scene, campaign)
    if chosen is not None and chosen.slots:
        rows.append(
            (button(plain("draft.values.button", lang), "dr.values", campaign.id, x=packed(0, args)),)
        )
    if campaign.template is not None or campaign.text:
        rows.append((next_button("message", args, lang),))
    rows.append(back)
    return View(text=text, rows=tuple(rows))


def _pick(template: MessageTemplate, campaign: Campaign, args: Args, lang: str) -> Button:
    chosen = campaign.template is not None and campaign.template.id == template.id
    text = plain(
        "templates.line", lang, icon="✓" if chosen else icon_of(template),
        name=words.one_line(template.name, 40), language=template.language,
    )  # fmt: skip
    x = packed(template_number(template), args)
    return button(label(text), "dr.tpl", campaign.id, campaign.version, x)


def _turn(action: str, id: int, page: int, total: int, args: Args, lang: str) -> Rows:
    row = []
    if page > 0:
        row.append(button(plain("page.before", lang), action, id, x=packed(page - 1, args)))
    if (page + 1) * A_PAGE < total:
        row.append(button(plain("page.after", lang), action, id, x=packed(page + 1, args)))
    return (tuple(row),) if row else ()


@action("dr.tpls", needs=Right.WORK)
async def turn_page(scene: Scene) -> Go:
    page, edit = unpacked(scene.press.x)
    return go_to(scene, "message", scene.press.id, edit=edit, page=page)


async def fetch_before(scene: Scene) -> None:
    """Ask WhatsApp for the templates of the number that the draft leaves from."""
    async with scene.desk.store.read() as unit:
        reading = replace(scene, unit=unit)
        number = await number_of(reading, await load(reading, scene.press.id))
    if number is None:
        raise NotFound()
    await official_before(scene, number[0].id)
    await scene.desk.cloud.refresh(number[0].id)


@action("dr.tplget", needs=Right.WORK, before=fetch_before)
async def fetch(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    toast = plain("cloud.refreshed", scene.language)
    return go_to(scene, "message", campaign.id, edit=edit, toast=toast)


@action("dr.tpl", needs=Right.WORK)
async def choose(scene: Scene) -> Go:
    """With what can be guessed of its blanks; they are gone through next."""
    wanted, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    number = await number_of(scene, campaign)
    if number is None:
        raise NotFound()
    template = await template_of(scene, number[1], wanted)
    saved = await official.choose(scene.campaigns, campaign, template, expected=scene.press.rev, at=scene.now)
    was, now = ({"template": c.template.name if c.template else None} for c in (campaign, saved))
    await note(scene, "campaign.template", saved, before=was, after=now)
    dropped = dropped_line(campaign, saved, scene.language)
    if template.slots:
        return go_to_values(saved, edit=edit, note=dropped)
    go = after_values(scene, saved, template, edit=edit)
    return go if dropped is None else replace(go, args={**go.args, "note": dropped})


def go_to_values(campaign: Campaign, *, edit: bool, page: int = 0, note: str | None = None) -> Go:
    more = {"note": note} if note else {}
    return Go(screen="values", args=args_of(campaign.id, edit=edit, page=page, **more))


def after_values(scene: Scene, campaign: Campaign, template: MessageTemplate, *, edit: bool) -> Go:
    """To the file at its top, where it wants one that is not there yet; else past that step."""
    if not official.fits(template, campaign.media):
        return go_to(scene, "media", campaign.id, edit=edit)
    return go_on(scene, campaign, "media", edit=edit)
