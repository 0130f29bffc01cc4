"""Numbers of the official channel, as operators handle them: added, looked after, given a new token."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.accounts.model import Account
from domain.delivery.cloud_account import NumberInfo, TemplateList
from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, WorkspaceId
from domain.scheduler.unit import Unit


class CloudNumberTaken(DomainError):
    """`number` is in another workspace of this desk."""

    code = "cloud.number_taken"


class CloudSecretRefused(DomainError):
    """What was given is no secret of an app; never says what it was."""

    code = "cloud.secret_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNumber:
    """A number and a token that WhatsApp accepted together; nothing is kept of them yet. `token` is sealed.
    `templates`: None where WhatsApp does not tell to which business account the number belongs."""

    info: NumberInfo
    token: str = field(repr=False)
    templates: TemplateList | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAddress:
    """What is entered at Meta, so that deliveries and replies come in. `url`: None while nobody has set a
    public one. `takes`: whether the desk has an app secret, with which WhatsApp signs what it brings; without
    one each number wants its own."""

    url: str | None
    path: str
    verify_token: str = field(repr=False)
    takes: bool


class CloudNumbers(Protocol):
    """`desk.cloud`. What asks WhatsApp raises CloudTokenRefused, CloudPermissionMissing, CloudWrongId,
    CloudRefuses or CloudUnreachable, and is for `before`: no unit may be open."""

    @property
    def webhook(self) -> WebhookAddress: ...

    async def check(self, phone_number_id: str, token: str) -> CheckedNumber:
        """Ask WhatsApp about both. Of an account that is there already: check(account.remote, new token)."""
        ...

    def seal(self, token: str) -> str:
        """A token that waits in the chat for the id of its number."""
        ...

    def unseal(self, sealed: str) -> str:
        """Raises SealedOtherwise."""
        ...

    async def keep(
        self, unit: Unit, workspace_id: WorkspaceId, checked: CheckedNumber, *, at: datetime
    ) -> Account:
        """Add it, connected; or, where the workspace has it, give it this token and connect it again. Paused
        campaigns stay paused. Raises CloudNumberTaken."""
        ...

    async def refresh(self, id: AccountId) -> None:
        """Ask WhatsApp anew for the number's health and templates, and keep what it says. A token that is
        refused stops the account, with a notice, before this raises. Raises SealedOtherwise, too: the token
        was kept under another SECRET_KEY and has to be given again."""
        ...

    async def use_business_account(self, id: AccountId, waba_id: str) -> None:
        """For a number of which WhatsApp did not say to whom it belongs: fetch that account's templates and
        keep both."""
        ...

    async def use_app_secret(self, unit: Unit, id: AccountId, app_secret: str) -> None:
        """Keep the secret of the app that this number belongs to, sealed: with it WhatsApp signs what it
        brings. The desk's own holds for numbers without one. Raises CloudSecretRefused for what is none."""
        ...
