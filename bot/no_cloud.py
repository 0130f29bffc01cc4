"""Where no way to WhatsApp's official channel is put together with the bot."""

from datetime import datetime
from typing import Final

from bot.cloud_desk import CheckedNumber, WebhookAddress
from domain.accounts.model import Account
from domain.delivery.cloud_account import CloudUnreachable
from domain.kernel.ids import AccountId, WorkspaceId
from domain.scheduler.unit import Unit

_NOWHERE: Final = WebhookAddress(url=None, path="/webhooks/whatsapp", verify_token="", takes=False)


class NoCloud:
    """`CloudNumbers` that cannot be reached."""

    webhook = _NOWHERE

    async def check(self, phone_number_id: str, token: str) -> CheckedNumber:
        raise CloudUnreachable()

    def seal(self, token: str) -> str:
        raise CloudUnreachable()

    def unseal(self, sealed: str) -> str:
        raise CloudUnreachable()

    async def keep(
        self, unit: Unit, workspace_id: WorkspaceId, checked: CheckedNumber, *, at: datetime
    ) -> Account:
        raise CloudUnreachable()

    async def refresh(self, id: AccountId) -> None:
        raise CloudUnreachable()

    async def use_business_account(self, id: AccountId, waba_id: str) -> None:
        raise CloudUnreachable()

    async def use_app_secret(self, unit: Unit, id: AccountId, app_secret: str) -> None:
        raise CloudUnreachable()
