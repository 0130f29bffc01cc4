"""What the operators' side keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators.model import Invite, Member, Role, Workspace


class OperatorStore(Protocol):
    async def desk_id(self) -> str:
        """A random name of this database, made once; part of every attempt key."""
        ...

    async def admins(self) -> frozenset[int]:
        """Telegram ids that claimed this desk by link."""
        ...

    async def add_admin(self, telegram_id: int, *, at: datetime) -> None: ...

    async def save_claim(self, token_hash: str, *, expires_at: datetime) -> None: ...

    async def use_claim(self, token_hash: str, *, telegram_id: int, now: datetime) -> bool:
        """Mark an unused, unexpired claim used. False when there is none."""
        ...

    async def workspaces(self) -> Sequence[Workspace]: ...

    async def workspace(self, id: WorkspaceId) -> Workspace:
        """Raises NotFound."""
        ...

    async def create_workspace(
        self, *, name: str, country: str, zone: str, language: str, at: datetime
    ) -> WorkspaceId: ...

    async def update_workspace(self, workspace: Workspace) -> None: ...

    async def suspend(self, id: WorkspaceId, *, why: str | None, at: datetime | None) -> None:
        """With `at` None it may send again. Raises NotFound."""
        ...

    async def members_of(self, telegram_id: int) -> Sequence[Member]:
        """Everywhere they are a member now, the workspace they chose last first."""
        ...

    async def has_opened(self, telegram_id: int) -> bool:
        """Whether they were the first member of some workspace, left since or not."""
        ...

    async def members(self, workspace_id: WorkspaceId, *, lock: bool = False) -> Sequence[Member]:
        """Those who are members now. With `lock` nobody else changes the team before this unit ends."""
        ...

    async def create_member(
        self, *, workspace_id: WorkspaceId, telegram_id: int, name: str, role: Role, at: datetime
    ) -> MemberId:
        """Somebody who is a member already keeps their role; one who had left comes back with this one."""
        ...

    async def choose(self, member_id: MemberId, *, at: datetime) -> None:
        """From now on this is the workspace that they work in."""
        ...

    async def set_role(self, member_id: MemberId, role: Role) -> None: ...

    async def leave(self, member_id: MemberId, *, at: datetime) -> None:
        """They are a member no more; what they did stays."""
        ...

    async def create_invite(
        self,
        *,
        workspace_id: WorkspaceId,
        role: Role,
        created_by: MemberId,
        at: datetime,
        expires_at: datetime,
    ) -> InviteId: ...

    async def invite(self, id: InviteId) -> Invite | None: ...

    async def open_invites(self, workspace_id: WorkspaceId, *, now: datetime) -> Sequence[Invite]:
        """Those that can still be used."""
        ...

    async def use_invite(self, id: InviteId, *, telegram_id: int, now: datetime) -> bool:
        """Mark it used, if it is neither used nor revoked nor expired. False otherwise."""
        ...

    async def revoke_invite(self, workspace_id: WorkspaceId, id: InviteId, *, at: datetime) -> None:
        """Raises NotFound for one that is not open in this workspace."""
        ...

    async def accept_terms(self, member_id: MemberId, *, version: int, at: datetime) -> None: ...

    async def set_test_number(self, member_id: MemberId, number: str) -> None: ...

    async def wipe(self, workspace_id: WorkspaceId) -> None:
        """Everything a workspace has gathered, as if it were new: contacts, lists, imports, campaigns with
        what was sent, accounts, replies, ledger, plan, orders and payments. The workspace, its members, their
        invites and the activity log stay. For trying things out; ids are not used again."""
        ...
