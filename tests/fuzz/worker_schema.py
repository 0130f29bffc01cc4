"""The worker's API as OpenAPI, made of `worker_node/protocol/schemas.json`, which both sides read."""

import json
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

_WORKER: Final = Path(__file__).resolve().parents[2] / "worker_node"
_ROUTE: Final = re.compile(r"app\.(get|post|put|delete)\(\s*'(/[^']+)'")


class Door(NamedTuple):
    """One operation: its body and its answer, by the protocol's names; which queries it takes."""

    method: str
    path: str
    body: str = ""
    answer: str = ""
    query: tuple[str, ...] = ()


_ONE: Final = "/v1/sessions/{id}"
DOORS: Final = (
    Door("get", "/v1/node", answer="node"),
    Door("get", "/v1/sessions", answer="sessions"),
    Door("put", _ONE, body="start_request", answer="session"),
    Door("get", _ONE, answer="session", query=("rev", "wait")),
    Door("post", f"{_ONE}/stop", answer="session"),
    Door("post", f"{_ONE}/logout", answer="session"),
    Door("delete", _ONE),
    Door("get", f"{_ONE}/qr", answer="qr"),
    Door("post", f"{_ONE}/pairing-code", body="pairing_request", answer="pairing_code"),
    Door("post", f"{_ONE}/messages", body="message", answer="message_state", query=("wait",)),
    Door("get", f"{_ONE}/messages/{{key}}", answer="message_state", query=("wait",)),
    Door("post", f"{_ONE}/messages/{{key}}/close", answer="message_state"),
    Door("post", f"{_ONE}/numbers/check", body="check_request", answer="checked"),
    Door("get", f"{_ONE}/groups", answer="groups", query=("refresh",)),
    Door("get", f"{_ONE}/group-members", answer="group_members", query=("group",)),
    Door("get", f"{_ONE}/events", answer="events", query=("after", "wait")),
    Door("get", f"{_ONE}/attachments/{{event}}"),
)
#: Sessions that are there, one that is not: otherwise nearly every request would end at "no such session".
SESSIONS: Final = ("ready", "fresh", "nobody")
_QUERIES: Final[dict[str, dict[str, Any]]] = {
    "rev": {"type": "string", "pattern": "^[0-9]{1,15}$"},
    # Short: a request that waits for a minute is no hang, and no test either.
    "wait": {"type": "string", "enum": ["0", "0.01"]},
    "refresh": {"type": "string", "enum": ["true", "false"]},
    "group": {"type": "string", "pattern": "^[0-9-]{1,60}@g\\.us$"},
    "after": {"type": "string", "pattern": "^[0-9]{1,15}$"},
}


def routes_of_the_worker() -> set[tuple[str, str]]:
    """As its source registers them, without the fake's own and those that stand open to scrapers."""
    found = set()
    for file in sorted((_WORKER / "src" / "http").glob("*.js")):
        for method, path in _ROUTE.findall(file.read_text()):
            if path.startswith("/v1/"):
                found.add((method, re.sub(r":(\w+)", r"{\1}", path)))
    return found


def openapi() -> dict[str, Any]:
    text = (_WORKER / "protocol" / "schemas.json").read_text()
    schemas = json.loads(text.replace("#/definitions/", "#/components/schemas/"))["definitions"]
    paths: dict[str, dict[str, Any]] = {}
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {"title": "worker", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(door: Door) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "required": False, "schema": _QUERIES[name]} for name in door.query
    ]
    parameters.extend(
        {"name": name, "in": "path", "required": True, "schema": _in_path(name)}
        for name in re.findall(r"{(\w+)}", door.path)
    )
    if door.path.endswith("/messages"):
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": _ref("key")}
        )
    refused = {"description": "refused", "content": {"application/json": {"schema": _ref("error")}}}
    good: dict[str, Any] = {"description": "done"}
    if door.answer:
        good["content"] = {"application/json": {"schema": _ref(door.answer)}}
    operation: dict[str, Any] = {
        "parameters": parameters,
        "responses": {"200" if door.answer else "2XX": good, "4XX": refused, "5XX": refused},
    }
    if door.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(door.body)}},
        }
    return operation


def _in_path(name: str) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {
        "id": {"type": "string", "enum": list(SESSIONS)},
        "key": dict(_ref("key")),
        "event": {"type": "string", "pattern": "^[A-Za-z0-9_@.]{1,200}$"},
    }
    return known[name]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
