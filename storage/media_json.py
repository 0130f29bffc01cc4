"""A message's media as a JSON column."""

from dataclasses import asdict
from typing import Any

from domain.delivery.content import Media, MediaKind


def media_to_json(media: Media | None) -> dict[str, Any] | None:
    return None if media is None else asdict(media)


def media_from_json(value: dict[str, Any] | None) -> Media | None:
    return None if value is None else Media(**{**value, "kind": MediaKind(value["kind"])})
