"""New campaign, step 1: to whom. Also how a draft begins, and what it is called."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import unescape
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, command, text_answer
from bot.screens.contacts_parts import A_PAGE, label, page_of, tag_number
from bot.screens.draft_account import after_audience
from bot.screens.draft_steps import (
    args_of,
    back_row,
    draft_screen,
    editing,
    go_to,
    is_so,
    load,
    next_button,
    note,
    packed,
    unpacked,
)
from bot.texts import Html, plain, say
from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.contacts.service import tidy
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import ListId
from domain.operators.chat import Prompt
from domain.operators.model import Right

LONGEST_CAMPAIGN_NAME: Final = 60


class FileWanted(DomainError):
    """A text came where a contact file was asked for."""

    code = "campaign.file_wanted"


class NameRefused(DomainError):
    """`limit` in characters."""

    code = "campaign.name"


@action("dr.new", needs=Right.WORK)
async def new(scene: Scene) -> Go:
    """A draft; for a list, with that list as its audience."""
    if scene.press.id == 0:
        return await begin(scene)
    chosen = await scene.unit.contacts.list_of(scene.workspace.id, ListId(scene.press.id))
    draft = await service.create(
        scene.campaigns, scene.workspace.id, scene.me.id, name=tidy(chosen.name)[:LONGEST_CAMPAIGN_NAME],
        at=scene.now, audience=Audience(kind=AudienceKind.LIST, ref=str(chosen.id)),
    )  # fmt: skip
    await note(scene, "campaign.created", draft, after={"audience": await audience_name(scene, draft)})
    return await after_audience(scene, draft)


@command("new", needs=Right.WORK)
async def begin(scene: Scene) -> Go:
    """The empty draft that they left behind, if there is one: not one more at each look."""
    left = await service.untouched(scene.campaigns, scene.workspace.id, scene.me.id)
    if left is not None and left.name == _given_name(scene, left.created_at):
        return go_to(scene, "audience", left.id)
    name = _given_name(scene, scene.now)
    draft = await service.create(scene.campaigns, scene.workspace.id, scene.me.id, name=name, at=scene.now)
    await note(scene, "campaign.created", draft)
    return go_to(scene, "audience", draft.id)


def _given_name(scene: Scene, at: datetime) -> str:
    """What a draft is called until its audience is known or the operator names it."""
    day = words.day(at, words.zone_of(scene.workspace), scene.workspace.language)
    return plain("draft.name", scene.workspace.language, day=day)


def named_after(earlier: Campaign, how: str, scene: Scene) -> str:
    """What a campaign is called that follows an earlier one: `how` is again, retry or rest."""
    word = plain(f"campaign.name.{how}", scene.workspace.language)
    return words.named_again(earlier.name, word, LONGEST_CAMPAIGN_NAME)


async def _own_name(scene: Scene, audience: Audience | None) -> str | None:
    """What lists and tags are called by themselves, within a campaign's name."""
    if audience is None or audience.kind not in {AudienceKind.LIST, AudienceKind.TAG}:
        return None
    if audience.kind is AudienceKind.TAG:
        return tidy(audience.ref)[:LONGEST_CAMPAIGN_NAME]
    try:
        name = await scene.unit.contacts.list_name(scene.workspace.id, ListId(int(audience.ref)))
    except NotFound:
        return None
    return tidy(name)[:LONGEST_CAMPAIGN_NAME]


async def _renamed(scene: Scene, campaign: Campaign, audience: Audience) -> str:
    """Three drafts of one day would look alike: one that nobody named is called as its people are, also when
    others are chosen."""
    if campaign.name not in {
        _given_name(scene, campaign.created_at), await _own_name(scene, campaign.audience)
    }:  # fmt: skip
        return campaign.name
    return await _own_name(scene, audience) or campaign.name


async def audience_words(scene: Scene, campaign: Campaign) -> Html:
    """`list Customers`, `tag vip`, `those of Spring sale that failed`, `nobody yet`."""
    lang, audience = scene.workspace.language, campaign.audience
    if audience is None:
        return say("audience.none", lang)
    match audience.kind:
        case AudienceKind.TAG:
            return say("audience.tag", lang, name=words.one_line(audience.ref))
        case AudienceKind.LIST:
            try:
                name = await scene.unit.contacts.list_name(scene.workspace.id, ListId(int(audience.ref)))
            except NotFound:
                return say("audience.gone", lang)
            return say("audience.list", lang, name=words.one_line(name))
        case _:
            earlier = await load(scene, int(audience.ref))
            return say(f"audience.{audience.kind.value}", lang, name=words.one_line(earlier.name))


async def audience_name(scene: Scene, campaign: Campaign) -> str:
    """The same without markup, for the activity log."""
    return unescape(re.sub(r"</?b>", "", await audience_words(scene, campaign)))


async def _choices(
    scene: Scene, campaign: Campaign, args: Args, lists: Sequence[ListId], tags: Sequence[str]
) -> Sequence[Button]:
    """One button a list, then one a tag."""
    lang, chosen = scene.workspace.language, campaign.audience
    buttons = []
    for one in await scene.unit.contacts.lists(scene.workspace.id, lists) if lists else ():
        mark = "✓ " if chosen == Audience(kind=AudienceKind.LIST, ref=str(one.id)) else ""
        text = plain("audience.pick.list", lang, mark=mark, name=label(one.name)[:40], size=one.size)
        buttons.append(button(label(text), "dr.list", campaign.id, campaign.version, packed(one.id, args)))
    for tag, size in (await scene.unit.contacts.tag_sizes(scene.workspace.id, tags)).items():
        mark = "✓ " if chosen == Audience(kind=AudienceKind.TAG, ref=tag) else ""
        text = plain("audience.pick.tag", lang, mark=mark, name=label(tag)[:40], size=size)
        x = packed(tag_number(tag), args)
        buttons.append(button(label(text), "dr.tag", campaign.id, campaign.version, x))
    return buttons


def _turn(id: int, page: int, total: int, args: Args, lang: str) -> Rows:
    if total <= A_PAGE:
        return ()
    row = []
    if page > 0:
        row.append(button(plain("page.before", lang), "dr.page", id, x=packed(page - 1, args)))
    if (page + 1) * A_PAGE < total:
        row.append(button(plain("page.after", lang), "dr.page", id, x=packed(page + 1, args)))
    return (tuple(row),)


@draft_screen("audience")
async def audience_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    lists = list(await scene.unit.contacts.list_names(scene.workspace.id))
    tags = await scene.unit.contacts.tags(scene.workspace.id)
    total = len(lists) + len(tags)
    page = page_of(args, total)
    here = slice(page * A_PAGE, (page + 1) * A_PAGE)
    some = slice(max(here.start - len(lists), 0), max(here.stop - len(lists), 0))
    key = "draft.audience" if total else "draft.audience.none"
    if args.get("file"):
        key = "draft.audience.file"
    chosen = await audience_words(scene, campaign)
    text = say(key, lang, name=words.one_line(campaign.name), chosen=chosen)
    choices = await _choices(scene, campaign, args, lists[here], tags[some])
    rows: list[tuple[Button, ...]] = [(one,) for one in choices]
    rows += _turn(campaign.id, page, total, args, lang)
    rows.append((button(plain("draft.file", lang), "dr.file", campaign.id, x=packed(0, args)),))
    if campaign.audience is not None:
        rows.append((_next(args, lang),))
    rows.append(back_row("audience", args, lang))
    return View(text=text, rows=tuple(rows))


def _next(args: Args, lang: str) -> Button:
    """On, or by way of the number that it leaves from."""
    if editing(args):
        return next_button("audience", args, lang)
    return button(plain("draft.next", lang), "dr.number", int(args["id"]))


@action("dr.page", needs=Right.WORK)
async def turn_page(scene: Scene) -> Go:
    page, edit = unpacked(scene.press.x)
    return Go(screen="audience", args=args_of(scene.press.id, edit=edit, page=page))


@action("dr.list", needs=Right.WORK)
async def pick_list(scene: Scene) -> Go:
    id, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    chosen = await scene.unit.contacts.list_of(scene.workspace.id, ListId(id))
    return await _choose(scene, campaign, Audience(kind=AudienceKind.LIST, ref=str(chosen.id)), edit)


@action("dr.tag", needs=Right.WORK)
async def pick_tag(scene: Scene) -> Go:
    number, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    for tag in await scene.unit.contacts.tags(scene.workspace.id):
        if tag_number(tag) == number:
            return await _choose(scene, campaign, Audience(kind=AudienceKind.TAG, ref=tag), edit)
    raise NotFound()


async def _choose(scene: Scene, campaign: Campaign, audience: Audience, edit: bool) -> Go:
    if is_so(campaign, scene.press.rev, audience=audience):
        return await after_audience(scene, campaign, edit=edit)
    saved = await _take(scene, campaign, audience, expected=scene.press.rev)
    return await after_audience(scene, saved, edit=edit)


async def _take(scene: Scene, campaign: Campaign, audience: Audience, *, expected: int) -> Campaign:
    name = await _renamed(scene, campaign, audience)
    saved = await service.edit(
        scene.campaigns, campaign, expected=expected, at=scene.now, audience=audience, name=name
    )
    await _note_audience(scene, campaign, saved)
    return saved


async def _note_audience(scene: Scene, campaign: Campaign, saved: Campaign) -> None:
    was, now = [{"audience": await audience_name(scene, c)} for c in (campaign, saved)]
    await note(scene, "campaign.audience", saved, before=was, after=now)


async def use_list(scene: Scene, campaign_id: int, list_id: ListId) -> Go:
    """For an import that was begun from a draft: its list becomes the audience, and the draft goes on.
    A draft that is none any more stays as it is."""
    campaign = await load(scene, campaign_id)
    if campaign.state is not CampaignState.DRAFT:
        return Go(screen="campaign", args={"id": campaign.id})
    audience = Audience(kind=AudienceKind.LIST, ref=str(list_id))
    saved = await _take(scene, campaign, audience, expected=campaign.version)
    return await after_audience(scene, saved, edit=saved.missing is None)


@action("dr.file", needs=Right.WORK)
async def ask_file(scene: Scene) -> Go:
    """The next file becomes a list, and that list the audience."""
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    prompt = Prompt(chat_id=scene.chat_id, kind="campaign.file", args={"id": campaign.id})
    return Go(screen="audience", args=args_of(campaign.id, edit=edit, file=1), prompt=prompt)


@text_answer("campaign.file", needs=Right.WORK)
async def text_for_file(scene: Scene, prompt: Prompt, text: str) -> Go:
    raise FileWanted()


@draft_screen("draft.name")
async def name_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    text = say("draft.name.ask", lang, name=words.one_line(campaign.name))
    return View(text=text, rows=((button(plain("back", lang), "dr.review", campaign.id),),))


@action("dr.name", needs=Right.WORK)
async def ask_name(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    args = {"id": campaign.id}
    prompt = Prompt(chat_id=scene.chat_id, kind="campaign.name", args=args)
    return Go(screen="draft.name", args=args, prompt=prompt)


@text_answer("campaign.name", needs=Right.WORK)
async def rename(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    name = tidy(text)
    if not 0 < len(name) <= LONGEST_CAMPAIGN_NAME:
        raise NameRefused(limit=LONGEST_CAMPAIGN_NAME)
    await service.edit(scene.campaigns, campaign, expected=campaign.version, at=scene.now, name=name)
    await note(scene, "campaign.renamed", campaign, before={"name": campaign.name}, after={"name": name})
    return go_to(scene, "review", campaign.id)
