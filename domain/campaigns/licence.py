"""Whether a workspace may send at all: asked at every start and resume, not left to a timer."""

from datetime import datetime
from typing import Protocol

from domain.kernel.ids import WorkspaceId
from domain.operators.model import WorkspaceSuspended
from domain.operators.ports import OperatorStore
from domain.wallet.model import PlanEnded
from domain.wallet.ports import WalletStore


class Registers(Protocol):
    """Where it stands who may send."""

    @property
    def operators(self) -> OperatorStore: ...

    @property
    def wallet(self) -> WalletStore: ...


async def not_suspended(on: Registers, workspace_id: WorkspaceId) -> None:
    """Raises WorkspaceSuspended."""
    space = await on.operators.workspace(workspace_id)
    if space.suspended_at is not None:
        raise WorkspaceSuspended(why=space.suspended_why or "—")


async def may_send(on: Registers, workspace_id: WorkspaceId, at: datetime) -> None:
    """Raises WorkspaceSuspended first (a plan would not lift it), or PlanEnded."""
    await not_suspended(on, workspace_id)
    wallet = await on.wallet.wallet(workspace_id)
    if not wallet.has_plan(at):
        raise PlanEnded()
