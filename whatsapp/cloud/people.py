"""People of the stand-in of WhatsApp's official channel. The real API is never asked."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

import httpx

from domain.accounts.model import Account
from domain.delivery.ports import ChannelDown
from domain.delivery.simulators import NobodyListens, OnlyReal
from whatsapp.client import is_on_this_machine

_SECONDS: Final = 10.0


class CloudPeople:
    """Implements `domain.delivery.simulators.Simulator`: the stand-in is asked to let somebody write, and
    brings it as it brings everything, by a signed webhook."""

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client, self._base_url = client, base_url

    async def write(self, account: Account, sender: str, text: str) -> None:
        """See `Simulator.write`."""
        if not is_on_this_machine(self._base_url):
            raise OnlyReal(number=account.number)
        there = urlsplit(self._base_url)
        url = f"{there.scheme}://{there.netloc}/_standin/people/{quote(sender)}/reply"
        try:
            answer = await self._client.post(
                url, json={"text": text, "phone_number_id": account.remote}, timeout=_SECONDS
            )
            said = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise ChannelDown("the stand-in of the official channel does not answer") from error
        if answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            # Something else listens there.
            raise OnlyReal(number=account.number)
        if not answer.is_success:
            raise ChannelDown(f"the stand-in of the official channel answers {answer.status_code}")
        if said.get("told") is False:
            raise NobodyListens()
