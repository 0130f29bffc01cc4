"""Which contacts an audience means, and which of them are known not to be on WhatsApp."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import Column, ColumnElement, FromClause, and_, exists, false, func, or_, select

from domain.campaigns.model import FOLLOWED, Audience, AudienceKind
from domain.delivery.recipients import NOT_FOLLOWED_UP
from domain.kernel.ids import ListId, WorkspaceId
from storage.people import belongs, each_belongs, joined
from storage.tables import contact_lists, contact_tags, contacts, list_members, number_checks, recipients


def meant(workspace_id: WorkspaceId, audience: Audience) -> ColumnElement[bool]:
    """Which contacts an audience means. Whatever `ref` says, only people of the workspace."""
    if (where := _belonging(audience)) is not None:
        return belongs(workspace_id, **where)
    earlier = select(recipients.c.contact_id).where(followed_up(audience))
    return belongs(workspace_id) & contacts.c.id.in_(earlier)


def all_meant(workspace_id: WorkspaceId, audience: Audience) -> tuple[FromClause, ColumnElement[bool]]:
    """The same as what they are taken from and a condition, for what looks at every one of them."""
    if (where := _belonging(audience)) is not None:
        return joined(workspace_id, **where)
    return contacts, meant(workspace_id, audience)


def members_meant(
    workspace_id: WorkspaceId, audience: Audience
) -> tuple[Column[int], ColumnElement[bool]] | None:
    """The same from the table alone that says who is on a list or has a tag: its column of people, and the
    condition. None for those of an earlier campaign. Whoever was forgotten is in neither table."""
    match _belonging(audience):
        case {"list_id": list_id}:
            ours = select(contact_lists.c.id).where(
                contact_lists.c.id == list_id, contact_lists.c.workspace_id == workspace_id
            )
            return list_members.c.contact_id, list_members.c.list_id == ours.scalar_subquery()
        case {"tag": tag}:
            t = contact_tags.c
            return t.contact_id, and_(t.workspace_id == workspace_id, t.tag == tag)
        case _:
            return None


def each_meant(workspace_id: WorkspaceId, audience: Audience) -> ColumnElement[bool]:
    """The same asked of a few people, each by themselves."""
    if (where := _belonging(audience)) is not None:
        return each_belongs(workspace_id, **where)
    return meant(workspace_id, audience)


class _Where(TypedDict, total=False):
    list_id: ListId
    tag: str


def _belonging(audience: Audience) -> _Where | None:
    """The list or tag that it is; None for those of an earlier campaign."""
    match audience.kind:
        case AudienceKind.LIST:
            return {"list_id": ListId(int(audience.ref))}
        case AudienceKind.TAG:
            return {"tag": audience.ref}
        case AudienceKind.FAILED_OF | AudienceKind.UNKNOWN_OF:
            return None


def followed_up(audience: Audience) -> ColumnElement[bool]:
    """Which recipients of the earlier campaign it is for."""
    r = recipients.c
    not_yet = or_(r.reason.is_(None), r.reason.not_in(sorted(NOT_FOLLOWED_UP)))
    return and_(r.campaign_id == int(audience.ref), r.state.in_(sorted(FOLLOWED[audience.kind])), not_yet)


def checked_contact() -> ColumnElement[int]:
    """The contact whose number a row of `number_checks` is about."""
    n, same = number_checks.c, contacts.alias("same")
    by_number = select(same.c.id).where(same.c.workspace_id == n.workspace_id, same.c.number == n.number)
    return func.coalesce(n.contact_id, by_number.correlate(number_checks).scalar_subquery())


def is_off(since: datetime | None) -> ColumnElement[bool]:
    """The contact's number was found not to be on WhatsApp, not longer ago than that. Of nobody without a
    `since`."""
    if since is None:
        return false()
    n = number_checks.c
    same = (n.workspace_id == contacts.c.workspace_id, n.number == contacts.c.number)
    return exists().where(*same, n.on_whatsapp.is_(False), n.at >= since)
