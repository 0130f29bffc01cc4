"""Forgetting a person: what is due to them ends, and then nothing is left that names them."""

from datetime import datetime

from domain.contacts import service
from domain.contacts.forgetting import Erased
from domain.kernel.ids import ContactId, MemberId, WorkspaceId
from domain.scheduler.unit import Unit


async def forget_person(
    unit: Unit, workspace_id: WorkspaceId, id: ContactId, *, by: MemberId, called: str, at: datetime
) -> Erased:
    """At all their numbers. `called`: what the activity log calls them from now on. Raises NotFound."""
    for number in (await unit.contacts.remains(workspace_id, id)).numbers:
        person = await unit.contacts.by_number(workspace_id, number)
        if person is not None:
            await service.opt_out(unit.contacts, person, by=by, at=at)
    erased = await unit.contacts.forget(workspace_id, id, called=called, at=at)
    # Last, because it locks the wallet.
    await unit.wallet.settle(erased.campaigns, at=at)
    return erased
