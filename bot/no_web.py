"""Where no worker for WhatsApp Web is put together with the bot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from domain.accounts.web import WebGroups, WebMember, WebSession, WorkerNode
from domain.delivery.ports import ChannelDown


def _down() -> NoReturn:
    raise ChannelDown("no worker for WhatsApp Web")


class NoWeb:
    """`WebSessions` that cannot be reached."""

    def name_for(self, wanted: str) -> str:
        return wanted

    async def start(
        self, remote: str, *, number: str | None = None, listen_since: datetime | None = None
    ) -> WebSession:
        _down()

    async def look(self, remote: str, *, rev: int | None = None, wait_seconds: float = 0) -> WebSession:
        _down()

    async def newest(self, remote: str) -> int:
        _down()

    async def pairing_code(self, remote: str, number: str) -> str:
        _down()

    async def logout(self, remote: str) -> None:
        _down()

    async def delete(self, remote: str) -> None:
        _down()

    async def check_numbers(self, remote: str, numbers: Sequence[str]) -> Mapping[str, bool | None]:
        _down()

    async def groups(self, remote: str, *, refresh: bool = False) -> WebGroups:
        _down()

    async def members(self, remote: str, group: str) -> Sequence[WebMember]:
        _down()

    async def nodes(self) -> Sequence[WorkerNode]:
        return ()
