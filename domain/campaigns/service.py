"""What operators do with campaigns. One small class a verb; time is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.checks import known_off_since
from domain.accounts.model import MINIMUM_GAP, Account, NoAccount
from domain.accounts.ports import AccountStore
from domain.campaigns import footer, template
from domain.campaigns.licence import may_send
from domain.campaigns.model import (
    FOLLOWED,
    Audience,
    AudienceKind,
    Campaign,
    CampaignState,
    CampaignStep,
    Incomplete,
    NeverOpen,
    NumberGone,
    PauseReason,
    StartsInThePast,
)
from domain.campaigns.pace import pace_on
from domain.campaigns.ports import AudienceCount, CampaignStore
from domain.contacts.ports import ContactStore
from domain.delivery.content import Media
from domain.delivery.store import DeliveryStore
from domain.hours.model import Hours
from domain.hours.ports import HoursStore
from domain.kernel.ids import AccountId, ListId, MemberId, WorkspaceId
from domain.operators.ports import OperatorStore
from domain.pacing.rules import GapRefused, Pacing
from domain.wallet.ports import WalletStore

#: So many of the newest drafts are looked through for one that was left empty.
DRAFTS_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaigns:
    """The stores that the verbs below stand on, all of one unit of work."""

    campaigns: CampaignStore
    delivery: DeliveryStore
    contacts: ContactStore
    accounts: AccountStore
    wallet: WalletStore
    operators: OperatorStore
    hours: HoursStore


async def _default_account(on: Campaigns, workspace_id: WorkspaceId) -> Account:
    """The default one, or the first, of those that can send; of all where none can. Raises NoAccount."""
    accounts = await on.accounts.of_workspace(workspace_id)
    accounts = [account for account in accounts if account.is_connected] or accounts
    account = next((a for a in accounts if a.is_default), accounts[0] if accounts else None)
    if account is None:
        raise NoAccount()
    return account


async def untouched(on: Campaigns, workspace_id: WorkspaceId, by: MemberId) -> Campaign | None:
    """The newest draft that somebody has begun and left with nothing in it, as a new one would be."""
    account = await _default_account(on, workspace_id)
    drafts, _ = await on.campaigns.of_workspace(
        workspace_id, states=[CampaignState.DRAFT], limit=DRAFTS_LOOKED_AT
    )
    return next(
        (
            draft
            for draft in drafts
            if draft.created_by == by
            and draft.account_id == account.id
            and draft.changed_at == draft.created_at
            and draft.audience is None
            and not (draft.text or draft.media or draft.template)
        ),
        None,
    )


async def create(
    on: Campaigns,
    workspace_id: WorkspaceId,
    by: MemberId,
    *,
    name: str,
    at: datetime,
    audience: Audience | None = None,
) -> Campaign:
    """A new draft on the workspace's default account (or its first)."""
    account = await _default_account(on, workspace_id)
    id = await on.campaigns.create(
        workspace_id=workspace_id, created_by=by, name=name, account_id=account.id, at=at
    )
    campaign = await on.campaigns.campaign(workspace_id, id)
    begun = replace(campaign, audience=audience, pacing=pace_on(account.channel, campaign.pacing))
    if begun == campaign:
        return campaign
    return await on.campaigns.save(begun, expected=campaign.version)


async def known_fields(on: Campaigns, campaign: Campaign) -> Sequence[str]:
    """What may stand in a blank: `name`, `number` and the audience's own columns."""
    names = ["name", "number"]
    audience = campaign.audience
    if audience is None or audience.kind is AudienceKind.TAG:
        more = await on.contacts.field_names(campaign.workspace_id, tag=audience.ref if audience else None)
    elif audience.kind is AudienceKind.LIST:
        more = await on.contacts.field_names(campaign.workspace_id, list_id=ListId(int(audience.ref)))
    else:
        more = await on.contacts.field_names(campaign.workspace_id)
    return names + [name for name in more if template.field_key(name) not in names]


async def lacking(on: Campaigns, campaign: Campaign) -> Mapping[str, int]:
    """For each blank without a fallback, how many who could be sent to have no value for it (zero left out).

    Blanks are found whatever their case, as when they are filled; everybody has a number.
    """
    required = template.required_fields(campaign.text)
    if campaign.audience is None or not required:
        return {}
    columns = {template.field_key(name): name for name in await known_fields(on, campaign)}
    wanted = {columns.get(template.field_key(name), name): name for name in required}
    wanted.pop("number", None)
    missing = await on.campaigns.missing_fields(campaign.workspace_id, campaign.audience, list(wanted))
    return {wanted[column]: people for column, people in missing.items()}


async def edit(
    on: Campaigns, campaign: Campaign, *, expected: int, at: datetime, **changes: object
) -> Campaign:
    """Change a draft. Raises NotADraft or Conflict."""
    campaign.require_draft()
    changed = replace(campaign, changed_at=at, **changes)  # type: ignore[arg-type]
    return await on.campaigns.save(changed, expected=expected)


async def set_text(on: Campaigns, campaign: Campaign, text: str, *, expected: int, at: datetime) -> Campaign:
    """In place of a template, if there was one; its header goes with it. Raises UnknownField, TextTooLong or
    TextEmpty."""
    media = campaign.media if campaign.template is None else None
    written = replace(campaign, text=text, media=media, template=None)
    template.check(text, await known_fields(on, campaign), limit=await longest_text(on, written))
    return await edit(on, campaign, expected=expected, at=at, text=text, template=None, media=media)


async def footer_for(on: Campaigns, campaign: Campaign) -> str:
    """The line that says how to stop, as this campaign goes out now; empty where there is none."""
    account = await on.accounts.known(campaign.account_id) if campaign.account_id is not None else None
    if account is None:
        return ""
    space = await on.operators.workspace(campaign.workspace_id)
    return footer.footer_of(campaign, account.channel, space.language)


async def longest_text(on: Campaigns, campaign: Campaign) -> int:
    """Characters that a text or caption may have, with what stands below it counted."""
    limit = template.LONGEST_CAPTION if campaign.media else template.LONGEST_TEXT
    return limit - footer.room_of(await footer_for(on, campaign))


async def set_footer(
    on: Campaigns, campaign: Campaign, wanted: bool, *, expected: int, at: datetime
) -> Campaign:
    """Raises TextTooLong where the text leaves no room for it."""
    limit = await longest_text(on, replace(campaign, footer=wanted))
    if len(campaign.text) > limit:
        raise template.TextTooLong(length=len(campaign.text), limit=limit)
    return await edit(on, campaign, expected=expected, at=at, footer=wanted)


async def check_caption(on: Campaigns, campaign: Campaign, media: Media) -> None:
    """With media the text becomes its caption. Raises TextTooLong when it is too long for one."""
    limit = await longest_text(on, replace(campaign, media=media))
    if len(campaign.text) > limit:
        raise template.TextTooLong(length=len(campaign.text), limit=limit)


async def set_media(
    on: Campaigns, campaign: Campaign, media: Media | None, *, expected: int, at: datetime
) -> Campaign:
    """Raises what check_caption does."""
    if media is not None:
        await check_caption(on, campaign, media)
    return await edit(on, campaign, expected=expected, at=at, media=media)


async def set_pacing(
    on: Campaigns, campaign: Campaign, pacing: Pacing, *, expected: int, at: datetime
) -> Campaign:
    """Raises GapRefused under the channel's own lowest gap."""
    if campaign.account_id is not None:
        account = await on.accounts.known(campaign.account_id)
        lowest = MINIMUM_GAP[account.channel] if account is not None else timedelta(0)
        if pacing.shortest < lowest:
            raise GapRefused(lowest=int(lowest.total_seconds()), highest=3600)
    return await edit(on, campaign, expected=expected, at=at, pacing=pacing)


async def _ready(on: Campaigns, campaign: Campaign) -> Audience:
    """Everything that must stand before sending; the audience, for the type checker's sake."""
    if campaign.missing or campaign.audience is None or campaign.account_id is None:
        raise Incomplete(missing=campaign.missing)
    account = await on.accounts.known(campaign.account_id)
    if account is None:
        raise Incomplete(missing="account")
    account.require_connected()
    return campaign.audience


async def startable(on: Campaigns, campaign: Campaign, *, at: datetime) -> Audience:
    """Ready, in hours that ever open, and every blank is one of the audience's, which may have been changed
    after the text was."""
    audience = await _ready(on, campaign)
    template.check_fields(campaign.text, await known_fields(on, campaign))
    # What never opens opens by nobody's clock.
    heeded = campaign.account_id if campaign.heeds_hours else None
    hours = await on.hours.of(heeded) if heeded is not None else None
    if hours is not None and hours.next_open(at) is None:
        raise NeverOpen()
    return audience


async def hours_of(on: HoursStore, campaign: Campaign) -> Hours | None:
    """Those of its account that hold all of it; None where nothing does, or each person's own clock."""
    if campaign.account_id is None or not campaign.heeds_hours or campaign.by_their_clock:
        return None
    return await on.of(campaign.account_id)


async def left_out_since(on: Campaigns, campaign: Campaign, *, at: datetime) -> datetime | None:
    """See `known_off_since`, of the account it leaves from."""
    account = await on.accounts.known(campaign.account_id) if campaign.account_id is not None else None
    return known_off_since(account, at=at)


async def count_people(
    on: Campaigns, campaign: Campaign, audience: Audience, *, at: datetime
) -> AudienceCount:
    """An audience as this campaign's start would find it."""
    off_since = await left_out_since(on, campaign, at=at)
    return await on.campaigns.count_audience(campaign.workspace_id, audience, cap=None, off_since=off_since)


async def schedule(
    on: Campaigns, campaign: Campaign, when: datetime, *, price: int, expected: int, at: datetime
) -> Campaign:
    """Start by itself at `when`, at the price that is agreed on now."""
    await startable(on, campaign, at=at)
    if when <= at:
        raise StartsInThePast()
    changed = replace(campaign.take(CampaignStep.SCHEDULE, at=at), scheduled_at=when, price=price)
    return await on.campaigns.save(changed, expected=expected)


async def unschedule(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> Campaign:
    """A draft once more, for the same time: what would otherwise have begun then must not begin at once."""
    changed = replace(campaign.take(CampaignStep.UNSCHEDULE, at=at), price=0)
    return await on.campaigns.save(changed, expected=expected)


async def pause(
    on: Campaigns,
    campaign: Campaign,
    *,
    expected: int,
    at: datetime,
    reason: PauseReason = PauseReason.OPERATOR,
) -> Campaign:
    """Nothing new is claimed; what is on its way finishes."""
    return await on.campaigns.save(campaign.take(CampaignStep.PAUSE, at=at, reason=reason), expected=expected)


async def resume(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> Campaign:
    """Raises NumberGone: what was begun from a number goes on from that one only."""
    await may_send(on, campaign.workspace_id, at)
    if campaign.account_id is not None and await on.accounts.known(campaign.account_id) is None:
        gone = await on.accounts.ever(campaign.account_id)
        raise NumberGone(number=gone.number if gone is not None else "—")
    await _ready(on, campaign)
    return await on.campaigns.save(campaign.take(CampaignStep.RESUME, at=at), expected=expected)


async def cancel(on: Campaigns, campaign: Campaign, *, expected: int, at: datetime) -> tuple[Campaign, int]:
    """Returns the campaign and how many will not get it; their points come back."""
    cancelled = await on.campaigns.save(campaign.take(CampaignStep.CANCEL, at=at), expected=expected)
    people = await on.delivery.cancel_waiting(campaign.id)
    await on.wallet.settle([campaign.id], at=at)
    return cancelled, people


async def count_unknown_as_sent(on: Campaigns, campaign: Campaign, *, at: datetime) -> int:
    """By an operator's word they have got it, and are paid for. Returns how many."""
    people = await on.delivery.count_unknown_as_sent(campaign.id, at=at)
    await on.wallet.settle([campaign.id], at=at)
    return people


async def follow_up(
    on: Campaigns, earlier: Campaign, kind: AudienceKind, by: MemberId, *, name: str, at: datetime
) -> Campaign:
    """A draft with the same message to those of an ended campaign who did not get it, or are unknown."""
    draft = await create(
        on, earlier.workspace_id, by, name=name, at=at,
        audience=Audience(kind=kind, ref=str(earlier.id)),
    )  # fmt: skip
    return await _with_message_of(on, draft, earlier)


async def _with_message_of(on: Campaigns, draft: Campaign, earlier: Campaign) -> Campaign:
    """From the number it went from then, and as fast, for as long as that is here; else from the default one,
    as its channel goes. A template is of its number's business: without that it has to be chosen anew."""
    there = await on.accounts.known(earlier.account_id) if earlier.account_id is not None else None
    if there is not None:
        draft = replace(draft, account_id=there.id, pacing=earlier.pacing)
    elif earlier.template is not None:
        return draft
    elif draft.account_id is not None:
        default = await on.accounts.account(draft.account_id)
        draft = replace(draft, pacing=pace_on(default.channel, earlier.pacing))
    same = replace(
        draft, text=earlier.text, media=earlier.media, template=earlier.template,
        heeds_hours=earlier.heeds_hours, by_their_clock=earlier.by_their_clock, footer=earlier.footer,
    )  # fmt: skip
    return await on.campaigns.save(same, expected=draft.version)


async def repeat(on: Campaigns, earlier: Campaign, by: MemberId, *, name: str, at: datetime) -> Campaign:
    """A draft with the same message to the same list or tag, as it stands now."""
    audience = earlier.audience
    if audience is not None and audience.kind in FOLLOWED:
        audience = None
    draft = await create(on, earlier.workspace_id, by, name=name, at=at, audience=audience)
    return await _with_message_of(on, draft, earlier)


async def pause_all_of(
    on: CampaignStore,
    account_id: AccountId,
    reason: PauseReason,
    *,
    at: datetime,
    template: str | None = None,
) -> Sequence[Campaign]:
    """Every running campaign of an account, at once (a restriction, an unlinked phone); with `template`, the
    id of one, only those that send it."""
    paused = []
    # In the order of ids everywhere, so that two who pause the same campaigns never wait for each other.
    for campaign in sorted(await on.running_of(account_id), key=lambda one: one.id):
        if template is not None and (campaign.template is None or campaign.template.id != template):
            continue
        step = campaign.take(CampaignStep.PAUSE, at=at, reason=reason)
        paused.append(await on.save(step, expected=campaign.version))
    return paused
