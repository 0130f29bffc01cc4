"""People who write to an account of WhatsApp Web whose worker does not run on the real one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import httpx

from domain.accounts.model import Account
from domain.accounts.web import WorkerMissing
from domain.delivery.ports import ChannelDown
from domain.delivery.simulators import OnlyReal
from whatsapp.client import is_on_this_machine
from whatsapp.web.session import Session

_SECONDS: Final = 10.0


class WebPeople:
    """Implements `domain.delivery.simulators.Simulator`: at the stand-in of the page, where `standin` is its
    control address (on this machine); else at the worker's fake, which only a worker started with it has."""

    def __init__(
        self, client: httpx.AsyncClient, session_of: Callable[[str], Session], standin: str | None
    ) -> None:
        self._client, self._session_of, self._standin = client, session_of, standin

    async def write(self, account: Account, sender: str, text: str) -> None:
        """See `Simulator.write`."""
        if self._standin is not None:
            if not is_on_this_machine(self._standin):
                raise OnlyReal(number=account.number)
            body = {"from": sender, "to": account.number, "text": text}
            await self._post(account, f"{self._standin.rstrip('/')}/control/reply", {}, body)
            return
        session = self._session_of(account.remote)
        try:
            url, token = await session.worker.place.address()
        except WorkerMissing as error:
            raise ChannelDown(str(error)) from error
        fake = f"{url.rstrip('/')}/fake/sessions/{session.name}/reply"
        headers = {"Authorization": f"Bearer {token}"}
        await self._post(account, fake, headers, {"from": sender, "text": text})

    async def _post(self, account: Account, url: str, headers: dict[str, str], body: dict[str, str]) -> None:
        try:
            answer = await self._client.post(url, json=body, headers=headers, timeout=_SECONDS)
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise ChannelDown("the worker, or the stand-in behind it, does not answer") from error
        if answer.status_code == HTTPStatus.NOT_FOUND and self._standin is None:
            raise OnlyReal(number=account.number)
        if not answer.is_success:
            raise ChannelDown(f"the worker, or the stand-in behind it, answers {answer.status_code}")
