"""What the official channel needs kept, in tables."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from domain.accounts.model import Channel
from domain.delivery.channel import Uploaded
from domain.delivery.cloud_accounts import CloudAccount, Webhook
from domain.delivery.templates import MessageTemplate
from domain.kernel.ids import AccountId
from domain.pacing.channel_limits import PeopleLimit
from storage.base import once_a_snapshot
from storage.cloud_people import SqlCloudPeople
from storage.tables import (
    accounts,
    cloud_accounts,
    cloud_templates,
    cloud_uploads,
    cloud_webhooks,
)
from storage.template_json import template_from_json, template_to_json

_UNLIMITED: Final = -1


def _account(row: Row[Any]) -> CloudAccount:
    people = None
    if row.people is not None:
        people = PeopleLimit(people=None if row.people == _UNLIMITED else row.people)
    return CloudAccount(
        account_id=AccountId(row.account_id), phone_number_id=row.remote, waba_id=row.waba_id,
        token=row.token, app_secret=row.app_secret,
        verified_name=row.verified_name, quality=row.quality, throughput=row.throughput, ceiling=row.ceiling,
        people=people, status=row.status, can_send=row.can_send, token_state=row.token_state,
        token_state_at=row.token_state_at, checked_at=row.checked_at, templates_at=row.templates_at,
        heard_at=row.heard_at,
    )  # fmt: skip


def _columns(account: CloudAccount) -> dict[str, Any]:
    people = None
    if account.people is not None:
        people = _UNLIMITED if account.people.people is None else account.people.people
    return {
        "account_id": account.account_id, "waba_id": account.waba_id, "token": account.token,
        "app_secret": account.app_secret,
        "verified_name": account.verified_name, "quality": account.quality,
        "throughput": account.throughput, "ceiling": account.ceiling, "people": people,
        "status": account.status, "can_send": account.can_send, "token_state": account.token_state,
        "token_state_at": account.token_state_at, "checked_at": account.checked_at,
        "templates_at": account.templates_at, "heard_at": account.heard_at,
    }  # fmt: skip


class SqlCloud(SqlCloudPeople):
    """Implements `domain.delivery.cloud_accounts.CloudStore`."""

    # ---- accounts

    @once_a_snapshot
    async def account(self, id: AccountId, *, lock: bool = False) -> CloudAccount | None:
        found = await self._some(cloud_accounts.c.account_id == id, lock=lock)
        return found[0] if found else None

    async def accounts(self, *, waba_id: str | None = None) -> Sequence[CloudAccount]:
        return await self._some(true() if waba_id is None else cloud_accounts.c.waba_id == waba_id)

    async def _some(self, condition: ColumnElement[bool], *, lock: bool = False) -> Sequence[CloudAccount]:
        statement = (
            select(cloud_accounts, accounts.c.remote)
            .join_from(cloud_accounts, accounts, accounts.c.id == cloud_accounts.c.account_id)
            .where(condition, ~accounts.c.is_removed)
            .order_by(cloud_accounts.c.account_id)
        )
        if lock:
            statement = statement.with_for_update(of=cloud_accounts)
        return [_account(row) for row in await self._db.execute(statement)]

    async def save(self, account: CloudAccount) -> None:
        row = _columns(account)
        await self._db.execute(
            self._insert(cloud_accounts)
            .values(row)
            .on_conflict_do_update(index_elements=["account_id"], set_=row)
        )

    async def forget(self, id: AccountId) -> None:
        await self._db.execute(delete(cloud_accounts).where(cloud_accounts.c.account_id == id))

    async def heard(self, phone_number_ids: Sequence[str], *, at: datetime) -> None:
        c, a = cloud_accounts.c, accounts.c
        minute = at.replace(second=0, microsecond=0)
        about = select(a.id).where(a.channel == Channel.CLOUD, self._among(a.remote, phone_number_ids))
        await self._db.execute(
            update(cloud_accounts)
            .where(c.account_id.in_(about), or_(c.heard_at.is_(None), c.heard_at < minute))
            .values(heard_at=minute)
        )

    # ---- templates

    async def save_templates(
        self, waba_id: str, templates: Sequence[MessageTemplate], *, at: datetime
    ) -> None:
        await self._db.execute(delete(cloud_templates).where(cloud_templates.c.waba_id == waba_id))
        if templates:
            rows = [{"waba_id": waba_id, "id": one.id, **_template(one)} for one in templates]
            await self._db.execute(insert(cloud_templates), rows)
        c = cloud_accounts.c
        await self._db.execute(update(cloud_accounts).where(c.waba_id == waba_id).values(templates_at=at))

    async def save_template(self, waba_id: str, template: MessageTemplate) -> None:
        c = cloud_templates.c
        await self._db.execute(
            update(cloud_templates)
            .where(c.waba_id == waba_id, c.id == template.id)
            .values(_template(template))
        )

    async def templates(self, waba_id: str) -> Sequence[MessageTemplate]:
        c = cloud_templates.c
        rows = await self._db.scalars(
            select(c.template).where(c.waba_id == waba_id).order_by(c.name, c.language, c.id)
        )
        return [template_from_json(value) for value in rows]

    async def template(self, waba_id: str, id: str) -> MessageTemplate | None:
        c = cloud_templates.c
        value = await self._db.scalar(select(c.template).where(c.waba_id == waba_id, c.id == id))
        return None if value is None else template_from_json(value)

    # ---- webhooks

    async def store_webhooks(self, bodies: Sequence[tuple[bytes, datetime]]) -> None:
        if not bodies:
            return
        rows = [{"hash": sha256(raw).digest(), "body": raw, "at": at} for raw, at in bodies]
        statement = self._insert(cloud_webhooks).on_conflict_do_nothing(index_elements=["hash"])
        await self._db.execute(statement, rows)

    async def webhooks(self, *, limit: int) -> Sequence[Webhook]:
        c = cloud_webhooks.c
        rows = await self._db.execute(
            select(c.id, c.body, c.at)
            .where(c.body.is_not(None), c.aside.is_(None))
            .order_by(c.id)
            .limit(limit)
        )
        return [Webhook(id=row.id, raw=row.body, at=row.at) for row in rows]

    async def waits_since(self) -> datetime | None:
        c = cloud_webhooks.c
        return await self._db.scalar(
            select(c.at).where(c.body.is_not(None), c.aside.is_(None)).order_by(c.id).limit(1)
        )

    async def webhooks_done(self, ids: Sequence[int]) -> None:
        c = cloud_webhooks.c
        await self._db.execute(update(cloud_webhooks).where(self._among(c.id, ids)).values(body=None))

    async def set_webhook_aside(self, id: int, *, why: str) -> None:
        await self._db.execute(update(cloud_webhooks).where(cloud_webhooks.c.id == id).values(aside=why))

    async def reopen_webhooks(self, *, why: str) -> None:
        c = cloud_webhooks.c
        await self._db.execute(update(cloud_webhooks).where(c.aside == why).values(aside=None))

    async def webhooks_aside(self) -> int:
        c = cloud_webhooks.c
        return (
            await self._db.scalar(
                select(func.count()).select_from(cloud_webhooks).where(c.aside.is_not(None))
            )
            or 0
        )

    async def prune_webhooks(self, *, before: datetime) -> int:
        c = cloud_webhooks.c
        result = await self._db.execute(
            delete(cloud_webhooks).where(c.at < before, or_(c.body.is_(None), c.aside.is_not(None)))
        )
        return int(result.rowcount)

    # ---- files at WhatsApp

    async def upload(self, remote: str, key: str) -> Uploaded | None:
        c = cloud_uploads.c
        row = (
            await self._db.execute(select(c.id, c.at).where(c.remote == remote, c.key == key))
        ).one_or_none()
        return None if row is None else Uploaded(id=row.id, at=row.at)

    async def save_upload(self, remote: str, key: str, uploaded: Uploaded) -> None:
        row = {"remote": remote, "key": key, "id": uploaded.id, "at": uploaded.at}
        await self._db.execute(
            self._insert(cloud_uploads)
            .values(row)
            .on_conflict_do_update(
                index_elements=["remote", "key"], set_={"id": uploaded.id, "at": uploaded.at}
            )
        )

    async def forget_upload(self, remote: str, key: str) -> None:
        c = cloud_uploads.c
        await self._db.execute(delete(cloud_uploads).where(c.remote == remote, c.key == key))


def _template(template: MessageTemplate) -> dict[str, Any]:
    return {"name": template.name, "language": template.language, "template": template_to_json(template)}
