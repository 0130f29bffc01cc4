"""What the operators' side keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.model import Member, Role, Workspace


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

    async def members_of(self, telegram_id: int) -> Sequence[Member]: ...

    async def members(self, workspace_id: WorkspaceId) -> Sequence[Member]: ...

    async def create_member(
        self, *, workspace_id: WorkspaceId, telegram_id: int, name: str, role: Role, at: datetime
    ) -> MemberId: ...

    async def accept_terms(self, member_id: MemberId, *, version: int, at: datetime) -> None: ...

    async def set_test_number(self, member_id: MemberId, number: str) -> None: ...
