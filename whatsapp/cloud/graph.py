"""Reads what the Graph API knows of a number: limit, quality, templates, and whether the token is good."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx

from domain.delivery.cloud_account import (
    CloudPermissionMissing,
    CloudRefuses,
    CloudTokenRefused,
    CloudUnreachable,
    CloudWrongId,
    NumberInfo,
    TemplateList,
    check_id,
    check_token,
)
from domain.delivery.templates import MessageTemplate
from whatsapp.cloud.calls import CallFailed, Calls, CloudLine
from whatsapp.cloud.errors import TABLE, GraphError, read_error
from whatsapp.cloud.pieces import items, obj
from whatsapp.cloud.template_json import (
    NUMBER_FIELDS,
    NUMBER_FIELDS_AT_LEAST,
    TEMPLATE_FIELDS,
    number_from_json,
    template_from_json,
)

log = logging.getLogger(__name__)

SENDING: Final = "whatsapp_business_messaging"
MANAGING: Final = "whatsapp_business_management"

#: 100 with this: no such thing, or none that this token may see.
_NO_SUCH_OBJECT: Final = 33
_A_PAGE: Final = 100
_MOST_PAGES: Final = 100
_LONGEST_CURSOR: Final = 2000


class CloudGraph:
    """Implements `CloudDirectory` for one number."""

    def __init__(self, client: httpx.AsyncClient, line: CloudLine, *, seconds: float = 15.0) -> None:
        self._line = line
        self._calls = Calls(client, line, seconds=seconds)

    async def number(self) -> NumberInfo:
        phone_number_id = check_id(self._line.phone_number_id)
        try:
            body = await self._get(phone_number_id, {"fields": NUMBER_FIELDS}, of=phone_number_id)
        except CloudRefuses as refuses:
            if refuses.data.get("number") != 100:
                raise
            # A version of the API that does not know all of them.
            body = await self._get(phone_number_id, {"fields": NUMBER_FIELDS_AT_LEAST}, of=phone_number_id)
        try:
            return number_from_json(body)
        except ValueError as error:
            raise CloudUnreachable() from error

    async def check_permissions(self) -> None:
        try:
            body = await self._get("me/permissions", {}, of="me")
        except (CloudRefuses, CloudWrongId, CloudPermissionMissing, CloudUnreachable):
            return
        data = body.get("data")
        granted = {
            one.get("permission")
            for one in (data if isinstance(data, list) else ())
            if isinstance(one, dict) and one.get("status") == "granted"
        }
        missing = [one for one in (SENDING, MANAGING) if one not in granted]
        if granted and missing:
            raise CloudPermissionMissing(permission=", ".join(missing))

    async def templates(self, waba_id: str) -> TemplateList:
        waba_id = check_id(waba_id)
        found: dict[str, MessageTemplate] = {}
        unreadable, after, seen = 0, None, set[str]()
        for _ in range(_MOST_PAGES):
            params = {"fields": TEMPLATE_FIELDS, "limit": str(_A_PAGE)}
            body = await self._get(
                f"{waba_id}/message_templates",
                params if after is None else params | {"after": after},
                of=waba_id,
            )
            page, bad = _templates(body)
            unreadable += bad
            # By id: a template that moved to another page while we read is there once.
            found.update((one.id, one) for one in page)
            after = _next(body)
            if after is None or after in seen:
                break
            seen.add(after)
        return TemplateList(templates=list(found.values()), unreadable=unreadable)

    async def subscribe(self, waba_id: str) -> None:
        waba_id = check_id(waba_id)
        try:
            answer = await self._calls.post_json(f"{waba_id}/subscribed_apps", {})
        except CallFailed as failed:
            log.info("webhooks of a business account could not be asked for: %s", failed.reason)
            return
        error = read_error(answer.body)
        if error is not None:
            log.info("webhooks of a business account are refused: code %d", error.code)

    async def _get(self, path: str, params: Mapping[str, str], *, of: str) -> Mapping[str, Any]:
        check_token(self._line.token())
        try:
            answer = await self._calls.get(path, params)
        except CallFailed as failed:
            raise CloudUnreachable() from failed
        error = read_error(answer.body)
        if error is not None:
            raise _refusal(error, answer.status, of)
        if answer.status in {401, 403}:
            raise CloudTokenRefused()
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise CloudUnreachable()
        return answer.body


def _refusal(error: GraphError, status: int, of: str) -> Exception:
    row = TABLE.get(error.code)
    log.info("the Graph API refuses: code %d, subcode %s", error.code, error.subcode)
    if error.code == 100 and error.subcode == _NO_SUCH_OBJECT:
        return CloudWrongId(id=of)
    match row.reason if row is not None else None:
        case "token_refused":
            return CloudTokenRefused()
        case "permission_missing":
            return CloudPermissionMissing(permission=f"{SENDING}, {MANAGING}")
        case "number_gone":
            return CloudWrongId(id=of)
        case "temporary" | "too_fast":
            return CloudUnreachable()
    return CloudUnreachable() if status >= 500 else CloudRefuses(number=error.code)


def _templates(body: Mapping[str, Any]) -> tuple[list[MessageTemplate], int]:
    """Those of one page that can be understood, and how many cannot."""
    good, bad = [], 0
    try:
        page = items(body.get("data"), "data")
    except ValueError as error:
        raise CloudUnreachable() from error
    for one in page:
        try:
            good.append(template_from_json(obj(one, "template")))
        except ValueError:
            bad += 1
    return good, bad


def _next(body: Mapping[str, Any]) -> str | None:
    paging = body.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) else None
    if not isinstance(paging, dict) or not isinstance(cursors, dict) or not paging.get("next"):
        return None
    after = cursors.get("after")
    return after if isinstance(after, str) and 0 < len(after) <= _LONGEST_CURSOR else None
