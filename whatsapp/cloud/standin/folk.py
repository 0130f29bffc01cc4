"""What people do when the control API asks them to: write, stop marketing, block, take a username."""

from base64 import b64encode
from typing import Any

from whatsapp.cloud.standin import payloads
from whatsapp.cloud.standin.estate import Line
from whatsapp.cloud.standin.media import KINDS
from whatsapp.cloud.standin.wishes import known_only, one_of
from whatsapp.cloud.standin.world import WINDOW, World

Json = dict[str, Any]


def change_person(world: World, wa_id: str, wish: Json) -> Json:
    """Name, username, blocked, on_whatsapp, capped; `window`: open or closed, with every number."""
    known_only(wish, "name", "username", "blocked", "on_whatsapp", "capped", "window")
    person = world.person(wa_id)
    if "window" in wish:
        until = world.clock.now() + WINDOW if wish["window"] == "open" else 0.0
        for line in world.lines.values():
            world.pair(line, wa_id).window_until = until
    person.name = str(wish.get("name", person.name))
    person.username = wish.get("username", person.username)
    for name in ("blocked", "on_whatsapp", "capped"):
        setattr(person, name, bool(wish.get(name, getattr(person, name))))
    return {"wa_id": wa_id, "blocked": person.blocked, "on_whatsapp": person.on_whatsapp}


def marketing(world: World, wa_id: str, value: str, line: Line) -> Json:
    """The person stops or resumes marketing: `user_preferences`."""
    world.person(wa_id).stopped = value == "stop"
    who = world.who(line.waba, wa_id)
    item = payloads.preference(who, value, world.clock.now())
    world.tell(line.waba, line, "user_preferences", "user_preferences", item, who.contact())
    return {"ok": True}


def reply(world: World, line: Line, wa_id: str, wish: Json) -> str:
    """The person writes: `text`, `button` (of a template: text, payload), `choice` (of an interactive
    message: id, title) or `media` (kind, mime, data, caption, filename, voice). `context`: a message id, or
    "last"."""
    known_only(wish, "phone_number_id", "text", "button", "choice", "media", "context")
    now = world.clock.now()
    said_to = wish.get("context")
    if said_to == "last":
        said_to = world.pair(line, wa_id).last or None
    context = {"from": line.digits, "id": said_to} if said_to else None
    if "button" in wish:
        kind, content = "button", dict(wish["button"])
        content.setdefault("payload", content.get("text"))
    elif "choice" in wish:
        kind, content = "interactive", {"type": "button_reply", "button_reply": dict(wish["choice"])}
    elif "media" in wish:
        kind, content = _sent_along(world, wish["media"], now)
    else:
        kind, content = "text", {"body": str(wish.get("text", "Hello"))}
    return world.writes(line, wa_id, kind, content, context, now)


def _sent_along(world: World, media: Json, now: float) -> tuple[str, Json]:
    kind = one_of(str(media.get("kind", "image")), frozenset(KINDS), "kind")
    upload = world.media.receive(media["data"], str(media.get("mime", "image/jpeg")), now)
    digest = b64encode(bytes.fromhex(upload.sha256)).decode()
    # In base64 here, and in hex where the file is asked for: so they are at Meta's.
    content: Json = {"id": upload.id, "mime_type": upload.mime, "sha256": digest}
    if media.get("caption"):
        content["caption"] = str(media["caption"])
    if kind == "document":
        content["filename"] = str(media.get("filename", "file"))
    if kind == "audio":
        content["voice"] = bool(media.get("voice", False))
    return kind, content
