"""The other edges of the Graph API that a sender needs: numbers, templates, media, subscriptions, tokens."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson

from whatsapp.cloud.standin.caller import CallFailed
from whatsapp.cloud.standin.errors import Refused, no_such_object
from whatsapp.cloud.standin.estate import MANAGEMENT, MESSAGING, Callback, Grant, Line, Waba
from whatsapp.cloud.standin.listing import picked, templates_of
from whatsapp.cloud.standin.messages import Messages
from whatsapp.cloud.standin.multipart import BadForm, parts_of
from whatsapp.cloud.standin.outbox import verify
from whatsapp.cloud.standin.wire import Answer, Head, answer, json_answer
from whatsapp.cloud.standin.world import World

Json = dict[str, Any]


class Graph:
    """Answers everything but the messages edge."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def serve(self, head: Head, body: bytes) -> Answer:
        """One request."""
        world = self._world
        try:
            fault = None
            if world.faults.active:
                media = len(head.steps) == 2 and head.steps[1] == "media"
                fault = world.faults.strike("media" if media else "graph", None)
                if fault is not None and (spoilt := self._messages.before(fault)) is not None:
                    return spoilt
            said = self._route(head, body)
        except Refused as refused:
            return self._messages.refusal(refused)
        if fault is not None and isinstance(said, bytes):
            return self._messages.after(fault, said)
        return said

    def _route(self, head: Head, body: bytes) -> Answer:
        params = head.params()
        token = head.token or params.get("access_token")
        match head.method, head.steps:
            case "GET", ["debug_token"]:
                return self._debug_token(self._world.granted(token), params.get("input_token", ""))
            case "GET", ["_media", media_id]:
                return self._download(self._world.granted(token), media_id)
            case _:
                grant = self._world.granted(token)
        match head.method, head.steps:
            case "GET", ["me"]:
                return json_answer({"id": grant.app.id, "name": "MassSender system user"})
            case "GET", ["me", "permissions"]:
                granted = [{"permission": one, "status": "granted"} for one in sorted(grant.scopes)]
                return json_answer({"data": granted})
            case "POST", [line_id, "media"]:
                return self._upload(self._number(grant, line_id, MESSAGING, "POST"), head, body)
            case "GET", [waba_id, "message_templates"]:
                return templates_of(self._account(grant, waba_id, "GET"), head, params)
            case "GET", [waba_id, "phone_numbers"]:
                waba = self._account(grant, waba_id, "GET")
                lines = [line.fields() for line in self._world.lines.values() if line.waba is waba]
                return json_answer({"data": [picked(one, params.get("fields")) for one in lines]})
            case "GET" | "POST" | "DELETE", [waba_id, "subscribed_apps"]:
                return self._subscribe(grant, self._account(grant, waba_id, head.method), head.method, body)
            case "GET" | "DELETE", [object_id]:
                return self._object(grant, object_id, head, params)
            case _:
                raise no_such_object(head.method, head.steps[0] if head.steps else "")

    # --- access ----------------------------------------------------------------------------------------

    def _number(self, grant: Grant, line_id: str, scope: str, verb: str) -> Line:
        line = self._world.line_for(grant, line_id, verb)
        if scope not in grant.scopes:
            raise Refused(200 if scope == MESSAGING else 10)
        return line

    def _account(self, grant: Grant, waba_id: str, verb: str) -> Waba:
        waba = self._world.waba_for(grant, waba_id, verb)
        if MANAGEMENT not in grant.scopes:
            raise Refused(10)
        return waba

    def _debug_token(self, asking: Grant, token: str) -> bytes:
        grant = self._world.grants.get(token)
        if grant is None:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return json_answer({"data": {"is_valid": False, "error": error, "scopes": []}})
        now = self._world.clock.now()
        valid = not grant.revoked and (grant.expires_at is None or grant.expires_at > now)
        targets = sorted(grant.wabas if grant.wabas is not None else self._world.wabas)
        data: Json = {
            "app_id": grant.app.id,
            "type": "SYSTEM_USER",
            "application": "MassSender",
            "expires_at": int(grant.expires_at or 0),
            "data_access_expires_at": 0,
            "is_valid": valid,
            "scopes": sorted(grant.scopes),
            "granular_scopes": [{"scope": one, "target_ids": targets} for one in sorted(grant.scopes)],
            "user_id": grant.app.id,
        }
        if not valid:
            data["error"] = {"code": 190, "message": "The session is no longer valid."}
        return json_answer({"data": data})

    # --- objects ---------------------------------------------------------------------------------------

    def _object(self, grant: Grant, object_id: str, head: Head, params: Json) -> bytes:
        world = self._world
        upload = world.media.get(object_id, world.clock.now())
        if upload is not None:
            if head.method == "DELETE":
                world.media.drop(object_id)
                return json_answer({"success": True})
            query = urlencode({"mid": object_id, "hash": upload.sha256[:20]})
            return json_answer(
                {
                    "messaging_product": "whatsapp",
                    "url": f"http://{head.headers.get('host', 'localhost')}/_media/{object_id}?{query}",
                    "mime_type": upload.mime,
                    "sha256": upload.sha256,
                    "file_size": upload.size,
                    "id": object_id,
                }
            )
        if head.method == "DELETE":
            raise no_such_object("DELETE", object_id)
        if object_id in world.wabas:
            waba = self._account(grant, object_id, "GET")
            about: Json = {
                "id": waba.id,
                "name": waba.name,
                "timezone_id": "1",
                "message_template_namespace": waba.id,
                "whatsapp_business_manager_messaging_limit": None,
            }
            return json_answer(picked(about, params.get("fields")))
        line = self._number(grant, object_id, MANAGEMENT, "GET")
        default = "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type"
        return json_answer(picked(line.fields(), params.get("fields") or f"{default},throughput"))

    # --- media -----------------------------------------------------------------------------------------

    def _upload(self, line: Line, head: Head, body: bytes) -> bytes:
        try:
            parts = parts_of(head.headers.get("content-type", ""), body)
        except BadForm as error:
            raise Refused(100, message=f"(#100) Invalid parameter: {error}") from None
        product, file, kind = parts.get("messaging_product"), parts.get("file"), parts.get("type")
        if product is None or product.data != b"whatsapp":
            raise Refused(100, message="(#100) The parameter messaging_product is required.")
        if file is None or file.filename is None:
            raise Refused(100, message="(#100) The parameter file is required.")
        mime = kind.data.decode("latin-1") if kind is not None else ""
        # `type` may be left out when the part itself says what it is.
        upload = self._world.media.put(file.data, mime if "/" in mime else file.mime, self._world.clock.now())
        return json_answer({"id": upload.id})

    def _download(self, grant: Grant, media_id: str) -> bytes:
        upload = self._world.media.get(media_id, self._world.clock.now())
        if upload is None or upload.data is None:
            return answer(404, b"Not found", "text/plain")
        return answer(200, upload.data, upload.mime)

    # --- webhooks --------------------------------------------------------------------------------------

    def _subscribe(self, grant: Grant, waba: Waba, method: str, body: bytes) -> Answer:
        app = grant.app
        if method == "GET":
            data = [
                {
                    "whatsapp_business_api_data": {"id": app_id, "name": "MassSender", "link": ""},
                    **({"override_callback_uri": own.url} if own else {}),
                }
                for app_id, own in waba.subscribed.items()
            ]
            return json_answer({"data": data})
        if method == "DELETE":
            waba.subscribed.pop(app.id, None)
            return json_answer({"success": True})
        said = _loads(body)
        url = said.get("override_callback_uri")
        if not url:
            waba.subscribed[app.id] = None
            return json_answer({"success": True})
        return self._override(waba, app.id, Callback(str(url), str(said.get("verify_token", ""))))

    async def _override(self, waba: Waba, app_id: str, callback: Callback) -> bytes:
        try:
            await verify(callback, challenge_for(self._world.draw))
        except CallFailed as error:
            said = f"(#2200) Callback verification failed with the following errors: {error}"
            return self._messages.refusal(Refused(100, subcode=2200, message=said))
        waba.subscribed[app_id] = callback
        return json_answer({"success": True})


def challenge_for(draw: Callable[[], float]) -> str:
    """The number a callback has to say again."""
    return str(int(draw() * 9e9) + 10**9)


def _loads(body: bytes) -> Json:
    try:
        said = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
