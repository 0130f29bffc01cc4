"""Who of a campaign's people is reached at another number of theirs already, or has said stop there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select

from domain.contacts.model import Consent, ConsentSource
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId, WorkspaceId
from storage.audiences import STOPPED
from storage.cloud_people import SqlReached, reached
from storage.forgetting import SqlForgetting
from storage.tables import campaigns, consent_events, contacts, recipients

R = RecipientState
SAME_PERSON: Final = "same_person"

#: The campaign's message is with them, or may be.
_TAKEN: Final = (R.CLAIMED, R.UNKNOWN, R.SENT, R.DELIVERED, R.READ)


class SqlSamePerson(SqlReached, SqlForgetting):
    """For claims. In few statements however many people are due, and two where all have one number only."""

    async def passed_over(
        self, campaign_id: CampaignId, account_id: AccountId, due: Sequence[Any]
    ) -> Mapping[int, str]:
        """Why some of those due are not written to, by recipient: somebody before them, among these or in
        the campaign and what is one with it, reaches the same person, or the person said stop or was
        forgotten at another number.
        `due`: rows with `id`, `contact_id` and `number`, in the order of their turn."""
        told = await self._told(account_id, [row.number for row in due])
        whom = {row.id: reached(row.number, told.get(row.number)) for row in due}
        dialled = await self._dialled_for(account_id, sorted(set(whom.values())))
        # Their name at WhatsApp may be on the list too.
        numbers = {f"+{person}": person for person in dialled.values()} | dialled
        if not numbers:
            return {}
        met = await self._met(campaign_id, list(numbers))
        taken: dict[str, set[int]] = {}
        for row in met:
            if row.state in _TAKEN:
                taken.setdefault(numbers[row.number], set()).add(row.id)
        stopped: dict[str, list[int]] = {}
        for row in met:
            if row.consent is Consent.REVOKED:
                stopped.setdefault(numbers[row.number], []).append(row.id)
        (workspace,) = (await self._db.execute(_workspace_of(campaign_id))).one()
        gone = await self.forgotten(WorkspaceId(workspace), sorted(numbers))
        left: dict[str, datetime] = {}
        for number, one in gone.items():
            person = numbers[number]
            left[person] = max(one.since, left.get(person, one.since))
        for person in left:
            stopped.setdefault(person, [])
        asked = [row for row in due if whom[row.id] in stopped]
        said_since = await self._came_back(asked, whom, stopped, left)
        why: dict[int, str] = {}
        for row in due:
            person = whom[row.id]
            if person in stopped and row.id not in said_since:
                why[row.id] = STOPPED
            elif taken.get(person, set()) - {row.contact_id}:
                why[row.id] = SAME_PERSON
            else:
                taken[person] = {row.contact_id}
        return why

    async def _met(self, campaign_id: CampaignId, numbers: Sequence[str]) -> Sequence[Any]:
        """The contacts with these numbers, and where they stand in the campaign and what is one with it."""
        p, r = contacts.c, recipients.c
        one = await self._of_one_origin(campaign_id)
        workspace = _workspace_of(campaign_id).scalar_subquery()
        here = and_(r.contact_id == p.id, self._among(r.campaign_id, one))
        statement = (
            select(p.id, p.number, p.consent, r.state)
            .join_from(contacts, recipients, here, isouter=True)
            .where(p.workspace_id == workspace, self._among(p.number, numbers))
        )
        return (await self._db.execute(statement)).all()

    async def _of_one_origin(self, campaign_id: CampaignId) -> Sequence[int]:
        """A list over the limit of a campaign becomes several, and who failed or is in doubt is followed up
        by further ones: all of them say to one audience what is meant to be said to each person once."""
        c = campaigns.c
        origin = select(c.origin).where(c.id == campaign_id).scalar_subquery()
        found = await self._db.scalars(select(c.id).where(c.origin == origin))
        return sorted({campaign_id, *found})

    async def _came_back(
        self,
        due: Sequence[Any],
        whom: Mapping[int, str],
        stopped: Mapping[str, Sequence[int]],
        forgotten: Mapping[str, datetime],
    ) -> set[int]:
        """Recipients who wrote START at their own number after the last stop at another, or after they were
        forgotten there."""
        if not due:
            return set()
        c = consent_events.c
        asked = {row.contact_id for row in due} | {id for row in due for id in stopped[whom[row.id]]}
        rows = await self._db.execute(
            select(c.contact_id, c.granted, func.max(c.at))
            .where(
                self._among(c.contact_id, sorted(asked)),
                or_(~c.granted, c.source == ConsentSource.START_REPLY),
            )
            .group_by(c.contact_id, c.granted)
        )
        said = {(contact_id, granted): at for contact_id, granted, at in rows}
        back: set[int] = set()
        for row in due:
            start = said.get((row.contact_id, True))
            stops = [said.get((id, False)) for id in stopped[whom[row.id]]]
            stops.append(forgotten.get(whom[row.id]))
            if start is not None and all(stop is None or stop < start for stop in stops):
                back.add(row.id)
        return back


def _workspace_of(campaign_id: CampaignId) -> Select[Any]:
    return select(campaigns.c.workspace_id).where(campaigns.c.id == campaign_id)
