"""The protocol both sides are held to, worker_node/protocol, and whether something is of its shape."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

PROTOCOL = Path(__file__).resolve().parents[3] / "worker_node" / "protocol"
SCHEMAS: dict[str, Any] = json.loads((PROTOCOL / "schemas.json").read_text("utf-8"))
GOLDEN: list[dict[str, Any]] = json.loads((PROTOCOL / "golden.json").read_text("utf-8"))


def golden(name: str) -> Any:
    """The body of that name."""
    return next(example["body"] for example in GOLDEN if example["name"] == name)


def holds(schema: str, body: Any) -> bool:
    """Whether `body` is what the protocol calls a `schema`."""
    reference = {"$ref": f"#/definitions/{schema}", "definitions": SCHEMAS["definitions"]}
    return Draft7Validator(reference).is_valid(body)
