"""What the official channel needs kept: its accounts, their templates, webhooks, and who people are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, Self

from domain.delivery.channel import Uploaded
from domain.delivery.cloud_account import NumberInfo, Throughput
from domain.delivery.templates import MessageTemplate
from domain.kernel.ids import AccountId
from domain.pacing.channel_limits import PeopleLimit, Quality

#: Why a webhook stands aside that is signed by nobody who may speak of its number, as far as we know yet.
UNVOUCHED: Final = "unvouched"


class TokenState(StrEnum):
    GOOD = "good"
    REFUSED = "refused"
    LACKS_PERMISSION = "lacks_permission"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccount:
    """What is kept of a number beside its `Account`, whose `remote` is the `phone_number_id`.

    `waba_id`: its business account; empty while WhatsApp has not told. `token`, `app_secret`: sealed,
    never readable here; None where none was given. `ceiling`: messages a second it may send.
    `people`: None when WhatsApp does not say. `status` and `can_send` are WhatsApp's words ("connected",
    "available", ...), empty when it does not say. `templates_at`: when its templates were last fetched.
    `heard_at`: when a webhook about it last came, to the minute; None while none ever has.
    """

    account_id: AccountId
    phone_number_id: str
    waba_id: str
    token: bytes
    app_secret: bytes | None
    verified_name: str
    quality: Quality
    throughput: Throughput
    ceiling: float
    people: PeopleLimit | None
    status: str
    can_send: str
    token_state: TokenState
    token_state_at: datetime
    checked_at: datetime
    templates_at: datetime | None = None
    heard_at: datetime | None = None

    def read(self, info: NumberInfo, *, at: datetime) -> Self:
        """As WhatsApp describes the number now; the token was good enough to ask."""
        return replace(
            self.with_token_state(TokenState.GOOD, at=at),
            waba_id=info.waba_id or self.waba_id,
            verified_name=info.name,
            quality=info.quality,
            throughput=info.throughput,
            ceiling=info.ceiling,
            people=info.people or self.people,
            status=info.status,
            can_send=info.can_send,
            checked_at=at,
        )

    def with_token_state(self, state: TokenState, *, at: datetime) -> Self:
        """`token_state_at` moves only when the state does."""
        return self if state is self.token_state else replace(self, token_state=state, token_state_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The body of a call of WhatsApp's, as it came. `id` grows in order of arrival."""

    id: int
    raw: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """Who somebody is on an account. `number`: E.164 with its plus, as contacts have it; `wa_id` and
    `user_id`: what WhatsApp calls them, where it has told and it is not the number itself. `wrote_at`: when
    they last wrote to this account. `counted_at`: when they last took one of the business's limit of people.
    """

    number: str
    wa_id: str | None = None
    user_id: str | None = None
    wrote_at: datetime | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What WhatsApp calls the person with this number; None where it did not tell."""

    number: str
    wa_id: str | None = None
    user_id: str | None = None


class CloudStore(Protocol):
    """Everything of the official channel that outlives a process."""

    # ---- accounts

    async def account(self, id: AccountId, *, lock: bool = False) -> CloudAccount | None:
        """None for one of another channel, and for one that was removed. Whoever means to save it asks with
        `lock`: others who do wait until this unit ends."""
        ...

    async def accounts(self, *, waba_id: str | None = None) -> Sequence[CloudAccount]:
        """Of one business account, or all."""
        ...

    async def save(self, account: CloudAccount) -> None:
        """Write all of it, new or known."""
        ...

    async def forget(self, id: AccountId) -> None:
        """For an account that is removed: its secrets go. Who people are to it stays, and how many of them it
        has written to."""
        ...

    async def heard(self, phone_number_ids: Sequence[str], *, at: datetime) -> None:
        """A webhook came that is about these numbers. Writes only where `heard_at` is a minute older."""
        ...

    # ---- templates

    async def save_templates(
        self, waba_id: str, templates: Sequence[MessageTemplate], *, at: datetime
    ) -> None:
        """All that the business account has now: others of it are forgotten, and its accounts' `templates_at`
        is set."""
        ...

    async def save_template(self, waba_id: str, template: MessageTemplate) -> None:
        """One of them changed. One that is not known is not added."""
        ...

    async def templates(self, waba_id: str) -> Sequence[MessageTemplate]:
        """By name, then language."""
        ...

    async def template(self, waba_id: str, id: str) -> MessageTemplate | None: ...

    # ---- webhooks

    async def store_webhooks(self, bodies: Sequence[tuple[bytes, datetime]]) -> None:
        """Keep bodies in this order; one that came before (by its hash) is kept once."""
        ...

    async def webhooks(self, *, limit: int) -> Sequence[Webhook]:
        """Those not worked yet, in order of arrival."""
        ...

    async def waits_since(self) -> datetime | None:
        """When the first of those came that are not worked yet; None when none waits."""
        ...

    async def webhooks_done(self, ids: Sequence[int]) -> None:
        """Worked: the bodies go; that they came is remembered until pruned."""
        ...

    async def set_webhook_aside(self, id: int, *, why: str) -> None:
        """It cannot be worked: the body is kept for whoever looks into it, and is not worked again."""
        ...

    async def reopen_webhooks(self, *, why: str) -> None:
        """Those that were set aside for this reason wait to be worked again."""
        ...

    async def webhooks_aside(self) -> int:
        """How many are set aside."""
        ...

    async def prune_webhooks(self, *, before: datetime) -> int:
        """Forget those that came before then and are worked or set aside. WhatsApp repeats for seven days."""
        ...

    # ---- files at WhatsApp: `domain.delivery.channel.UploadedMedia` in one unit

    async def upload(self, remote: str, key: str) -> Uploaded | None: ...

    async def save_upload(self, remote: str, key: str, uploaded: Uploaded) -> None: ...

    async def forget_upload(self, remote: str, key: str) -> None: ...

    # ---- people

    async def people(self, id: AccountId, numbers: Sequence[str]) -> Mapping[str, KnownPerson]:
        """By number; those of whom nothing is known are absent. `counted_at` is the latest over all numbers
        of the same business account."""
        ...

    async def name_people(self, id: AccountId, named: Sequence[Named]) -> None:
        """Learn what people are called. A name that was somebody else's is theirs no more; what is None
        stays as it was known. That both numbers reach the same person is remembered, for all accounts of the
        workspace; a `wa_id` that is the number itself takes back what was said before. Writes only what is
        new."""
        ...

    async def numbers_of(
        self, id: AccountId, *, wa_ids: Sequence[str] = (), user_ids: Sequence[str] = ()
    ) -> Mapping[str, str]:
        """The numbers of people by what WhatsApp calls them (either name); unknown ones are absent, and so is
        a `wa_id` that is the number itself without its plus."""
        ...

    async def same_person(self, id: AccountId, number: str) -> Sequence[str]:
        """All numbers that are known to reach whoever this one does, itself among them: those dialled that
        WhatsApp answered with the same name, to any account of the workspace, and that name as a number."""
        ...

    async def people_wrote(self, id: AccountId, wrote: Sequence[tuple[str, datetime]]) -> None:
        """(number, when): the later moment stays."""
        ...

    async def count_people(self, id: AccountId, numbers: Sequence[str], *, at: datetime) -> None:
        """These take one each of the business's limit of people, from now on."""
        ...

    async def people_counted(self, id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        """(minute, people) from the minute of `since` on, the future included, oldest first: of all numbers
        of the same business account, which share the limit. For `PeopleLimit.room`. In a write unit whoever
        asks goes alone for this business until it ends."""
        ...
