"""Telegram's limits, each with the refusal it earns."""

from bot.sandbox.entities import MAX_ENTITIES, Entity
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.utf16 import utf16_len

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
CALLBACK_BYTES = 64
BUTTONS_A_ROW = 8
BUTTONS = 100
ANSWER_CHARACTERS = 200
DOWNLOAD_BYTES = 20 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
PHOTO_BYTES = 10 * 1024 * 1024
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20
ALBUM_MIN, ALBUM_MAX = 2, 10
DELETE_SECONDS = 48 * 3600
PRE_CHECKOUT_SECONDS = 10.0
UPDATE_SECONDS = 24 * 3600
UPDATES_KEPT = 100_000


def check_text(text: str, entities: list[Entity], *, editing: bool = False) -> None:
    """A message's text after parsing: 1-4096 units, at most 100 entities."""
    if not text:
        raise bad_request("message text is empty")
    if utf16_len(text) > TEXT_UNITS:
        raise bad_request("MESSAGE_TOO_LONG" if editing else "message is too long")
    _check_entities(entities)


def check_caption(caption: str, entities: list[Entity]) -> None:
    """A caption after parsing: at most 1024 units, at most 100 entities."""
    if utf16_len(caption) > CAPTION_UNITS:
        raise bad_request("message caption is too long")
    _check_entities(entities)


def _check_entities(entities: list[Entity]) -> None:
    if len(entities) > MAX_ENTITIES:
        raise bad_request("ENTITIES_TOO_LONG")


def check_answer(text: str) -> None:
    """The text of an answer to a tap: at most 200 characters."""
    if utf16_len(text) > ANSWER_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")


def check_upload(size: int, *, photo: bool = False) -> None:
    """An uploaded file: not empty, at most 50 MB; a photo at most 10 MB."""
    if size == 0:
        raise bad_request("file must be non-empty")
    if size > UPLOAD_BYTES:
        raise too_large()
    if photo and size > PHOTO_BYTES:
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
        )


def check_photo_sides(width: int, height: int) -> None:
    """A photo's sides: together at most 10000, at most 20 times as long as wide."""
    longer, shorter = max(width, height), min(width, height)
    if width + height > PHOTO_SIDES or shorter < 1 or longer > PHOTO_RATIO * shorter:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def check_download(size: int) -> None:
    """A bot may fetch files of at most 20 MB."""
    if size > DOWNLOAD_BYTES:
        raise bad_request("file is too big")


def too_large() -> ApiError:
    """What the front server says to a request over the upload limit."""
    return ApiError(413, "Request Entity Too Large")


def check_invoice(title: str, description: str, payload: str) -> None:
    """An invoice's words: title 1-32, description 1-255 characters, payload 1-128 bytes."""
    if not 1 <= utf16_len(title) <= 32:
        raise bad_request("INVOICE_TITLE_INVALID")
    if not 1 <= utf16_len(description) <= 255:
        raise bad_request("INVOICE_DESCRIPTION_INVALID")
    if not 1 <= len(payload.encode()) <= 128:
        raise bad_request("INVOICE_PAYLOAD_INVALID")
