"""Media: photos, videos, documents, audio, voice, albums, and files to download."""

import asyncio
import mimetypes
from typing import Any

from bot.sandbox import strictness
from bot.sandbox.errors import bad_request
from bot.sandbox.files import StoredFile
from bot.sandbox.methods import common
from bot.sandbox.methods.table import Method, method
from bot.sandbox.models import Json
from bot.sandbox.parsing import Arguments, Upload
from bot.sandbox.photos import photo_sizes
from bot.sandbox.state import Sandbox, random_digits

MEDIA_FIELDS = ("photo", "video", "document", "audio", "voice")

_NUMBERS = {"video": ("width", "height", "duration"), "audio": ("duration",), "voice": ("duration",)}
_DEFAULTS = {"width": 640, "height": 360, "duration": 0}
_GENERIC = "application/octet-stream"


async def store(sandbox: Sandbox, kind: str, upload: Upload, about: Json) -> Json:
    """Keep an upload; the content fields of a message that shows it."""
    strictness.check_upload(len(upload.data), photo=kind == "photo")
    if kind == "photo":
        return {"photo": await _store_photo(sandbox, upload)}
    mime = upload.mime if upload.mime not in ("", _GENERIC) else mimetypes.guess_type(upload.name)[0]
    extra: Json = {name: _number(about, name) for name in _NUMBERS.get(kind, ())}
    if kind == "audio":
        extra |= {name: str(about[name])[:64] for name in ("performer", "title") if about.get(name)}
    stored = sandbox.files.add(kind, upload.data, name=upload.name, mime=mime or _GENERIC, **extra)
    return {kind: stored.as_json()}


async def _store_photo(sandbox: Sandbox, upload: Upload) -> list[Json]:
    sizes = await asyncio.to_thread(photo_sizes, upload.data)
    stored = [
        sandbox.files.add(
            "photo", size.data, name="photo.jpg", mime="image/jpeg", width=size.width, height=size.height
        )
        for size in sizes
    ]
    ids = [one.file_id for one in stored]
    for one in stored:
        one.siblings = ids
    return [one.as_json() for one in stored]


def _number(about: Json, name: str) -> int:
    value = about.get(name)
    try:
        return int(str(value)) if value not in (None, "") else _DEFAULTS[name]
    except ValueError:
        raise bad_request(f'can\'t parse "{name}": an Integer is expected') from None


def _again(sandbox: Sandbox, kind: str, file_id: str) -> Json:
    """The content of a message that shows a file sent before."""
    stored = sandbox.files.by_id(file_id)
    if stored is None:
        if "://" in file_id:
            raise bad_request("failed to get HTTP URL content")
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    if kind != "photo":
        return {kind: stored.as_json()}
    sizes = [sandbox.files.by_id(one) for one in stored.siblings]
    return {"photo": [size.as_json() for size in sizes if size is not None]}


async def _content(sandbox: Sandbox, args: Arguments, kind: str, source: Any, about: Json) -> Json:
    """What `source` names: `attach://part` of this request, or a file_id."""
    if not isinstance(source, str) or not source:
        raise bad_request(f"there is no {kind} in the request")
    if not source.startswith("attach://"):
        return _again(sandbox, kind, source)
    upload = args.files.get(source.removeprefix("attach://"))
    if upload is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return await store(sandbox, kind, upload, about)


async def input_media(sandbox: Sandbox, args: Arguments, wish: Any) -> tuple[str, Json]:
    """An InputMedia: its kind, and the content of a message that shows it."""
    if not isinstance(wish, dict):
        raise bad_request("can't parse InputMedia: Expected an Object")
    kind = wish.get("type")
    if kind not in MEDIA_FIELDS or kind == "voice":
        raise bad_request("can't parse InputMedia: Unsupported type specified")
    caption = common.caption_content(
        str(wish.get("caption") or ""), str(wish.get("parse_mode") or ""), wish.get("caption_entities")
    )
    if caption and wish.get("show_caption_above_media"):
        caption["show_caption_above_media"] = True
    content = await _content(sandbox, args, kind, wish.get("media"), wish)
    return kind, content | caption


def _sender(kind: str) -> Method:
    async def send(sandbox: Sandbox, args: Arguments) -> Json:
        chat = common.target(sandbox, args)
        caption = common.caption_of(args)
        how = common.options(chat, args)
        source = f"attach://{kind}" if kind in args.files else args.text(kind)
        content = await _content(sandbox, args, kind, source, args.fields)
        return sandbox.message_json(common.send(sandbox, chat, content | caption, how))

    return send


for _kind in MEDIA_FIELDS:
    method(f"send{_kind.title()}")(_sender(_kind))


@method("sendMediaGroup")
async def send_media_group(sandbox: Sandbox, args: Arguments) -> list[Json]:
    chat = common.target(sandbox, args)
    wishes = args.json("media")
    if not isinstance(wishes, list) or len(wishes) < strictness.ALBUM_MIN:
        raise bad_request("too few media to send as an album")
    if len(wishes) > strictness.ALBUM_MAX:
        raise bad_request("too many messages to send as an album")
    _check_mix([wish.get("type") for wish in wishes if isinstance(wish, dict)])
    how = common.options(chat, args)
    how.markup = how.keyboard = None
    contents = [(await input_media(sandbox, args, wish))[1] for wish in wishes]
    how.extras["media_group_id"] = random_digits()
    return [sandbox.message_json(common.send(sandbox, chat, content, how)) for content in contents]


def _check_mix(kinds: list[Any]) -> None:
    for alone in ("document", "audio"):
        if alone in kinds and any(kind != alone for kind in kinds):
            raise bad_request(f"{alone} can't be mixed with other media types")


@method("getFile")
async def get_file(sandbox: Sandbox, args: Arguments) -> Json:
    stored = _known(sandbox, args.text("file_id"))
    strictness.check_download(len(stored.data))
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


def _known(sandbox: Sandbox, file_id: str) -> StoredFile:
    if not file_id:
        raise bad_request("file_id not specified")
    stored = sandbox.files.by_id(file_id)
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    return stored
