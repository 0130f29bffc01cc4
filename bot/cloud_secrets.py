"""Tokens and app secrets of official numbers, opened: in memory, for as long as the program runs."""

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.vault import SealedOtherwise, Vault
from domain.delivery.cloud_accounts import CloudAccount
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

_NONE: Final = ""
_WAITING: Final = "token that waits for its number"


class CloudSecrets:
    """What is signed with, and what may be sent with. `app_secret` and `verify_token` are the desk's own; the
    first holds for numbers that have none."""

    def __init__(self, vault: Vault, store: Store[Unit], *, app_secret: str, verify_token: str) -> None:
        self._vault, self._store = vault, store
        self._app_secret, self._verify_token = app_secret, verify_token
        self._tokens: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        #: How often secrets were taken.
        self._taken = 0
        #: Set while anybody's calls can be told from others'.
        self.any = asyncio.Event()
        self._look()

    # -- sealed ------------------------------------------------------------------------------------------

    def seal_token(self, phone_number_id: str, token: str) -> str:
        return self._vault.seal(token, context=f"token:{phone_number_id}")

    def seal_secret(self, phone_number_id: str, secret: str) -> str:
        return self._vault.seal(secret, context=f"app_secret:{phone_number_id}")

    def seal_waiting(self, token: str) -> str:
        """Of a number that is not known yet."""
        return self._vault.seal(token, context=_WAITING)

    def open_waiting(self, sealed: str) -> str:
        """Raises SealedOtherwise."""
        return self._vault.open(sealed, context=_WAITING)

    # -- opened ------------------------------------------------------------------------------------------

    async def load(self) -> Sequence[AccountId]:
        """All that are kept. Returns accounts whose token was sealed by another key."""
        accounts = await self._all_kept()
        lost = [one.account_id for one in accounts if not self.take(one)]
        here = {one.phone_number_id for one in accounts}
        for known in (self._tokens, self._secrets):
            for gone in known.keys() - here:
                del known[gone]
        self._look()
        return lost

    async def refresh(self, id: AccountId) -> None:
        """Those of one account as they are kept now: another process may have been given them."""
        while True:
            before = self._taken
            async with self._store.read() as unit:
                account = await unit.cloud.account(id)
            if self._taken == before:
                break
        if account is not None:
            self.take(account)

    async def _all_kept(self) -> Sequence[CloudAccount]:
        """Read anew where some were taken meanwhile: what was read would bring back what they replaced."""
        while True:
            before = self._taken
            async with self._store.read() as unit:
                accounts = await unit.cloud.accounts()
            if self._taken == before:
                return accounts

    def take(self, account: CloudAccount) -> bool:
        """Those of one account count from now on. False: its token does not open."""
        self._taken += 1
        id = account.phone_number_id
        token = self._opened(account.token, f"token:{id}")
        self._tokens[id] = token
        self._secrets[id] = self._opened(account.app_secret or b"", f"app_secret:{id}")
        self._look()
        return token != _NONE

    def _opened(self, sealed: bytes, context: str) -> str:
        try:
            return self._vault.open(sealed.decode("ascii", "replace"), context=context)
        except SealedOtherwise:
            return _NONE

    def _look(self) -> None:
        if self.app_secrets():
            self.any.set()
        else:
            self.any.clear()

    def token(self, phone_number_id: str) -> str:
        """Empty for a number without one that can be used."""
        return self._tokens.get(phone_number_id, _NONE)

    # -- WebhookKeys (whatsapp/cloud/signed.py) -------------------------------------------------------------

    @property
    def for_all(self) -> bool:
        """Whether the desk's own secret holds for numbers that have none."""
        return bool(self._app_secret)

    def app_secrets(self) -> Sequence[str]:
        return [one for one in {self._app_secret, *self._secrets.values()} if one]

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        own = self._secrets.get(phone_number_id) or self._app_secret
        return [own] if own else []

    def verify_tokens(self) -> Sequence[str]:
        return [self._verify_token]

    def __repr__(self) -> str:
        return f"CloudSecrets({len(self._tokens)} numbers)"
