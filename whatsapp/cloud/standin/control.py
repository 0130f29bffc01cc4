"""/_standin/...: how tests, benchmarks and the demo set the scene and ask what really happened, in JSON."""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import orjson

from whatsapp.cloud.standin import folk, review, scene
from whatsapp.cloud.standin.caller import CallFailed
from whatsapp.cloud.standin.estate import Line
from whatsapp.cloud.standin.ledger import by_person
from whatsapp.cloud.standin.wire import Answer, Head, json_answer
from whatsapp.cloud.standin.wishes import BadWish
from whatsapp.cloud.standin.world import World

Json = dict[str, Any]


class Idle(Protocol):
    """`StandIn.idle`."""

    def __call__(self, seconds: float, *, done: bool) -> Awaitable[bool]: ...


_MOST_ROWS: Final = 10_000
_MOST_WAIT: Final = 60.0
_MOST_SIZE: Final = 100 * 1024 * 1024


class Control:
    """The back door. `idle` waits until nothing is left to be told; `hang_up` cuts those held in silence."""

    def __init__(self, world: World, idle: "Idle", hang_up: Callable[[], None]) -> None:
        self._world = world
        self._idle = idle
        self._hang_up = hang_up

    def serve(self, head: Head, body: bytes) -> Answer:
        """One request; `head.steps` begin with _standin."""
        try:
            wish = orjson.loads(body) if body else {}
            if not isinstance(wish, dict):
                raise BadWish("the body is a JSON object")
            return self._route(head, head.steps[1:], wish)
        except orjson.JSONDecodeError as error:
            return json_answer({"error": f"the body is no JSON: {error}"}, 400)
        except (BadWish, ValueError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)

    def _route(self, head: Head, steps: list[str], wish: Json) -> Answer:
        world = self._world
        match head.method, steps:
            case "GET", ["ready"]:
                return json_answer({"ok": True, "cpu_seconds": time.process_time()})
            case "POST", ["reset"]:
                world.reset()
                self._hang_up()  # whoever waits in silence belongs to the world that is gone
                return json_answer({"ok": True})
            case "POST", ["accounts"]:
                return self._account(wish)
            case "POST", ["numbers", line_id]:
                return json_answer(scene.change_number(world, line_id, wish))
            case "POST", ["tokens"]:
                return json_answer(scene.add_token(world, wish))
            case "POST", ["tokens", token, "rotate"]:
                return json_answer(scene.rotate_token(world, token))
            case "DELETE", ["tokens", token]:
                return json_answer(scene.revoke_token(world, token))
            case "POST", ["templates"]:
                return json_answer(review.add_template(world, wish))
            case "POST", ["templates", template_id]:
                return json_answer(review.change_template(world, template_id, wish))
            case "POST", ["account_updates"]:
                return json_answer(scene.account_update(world, wish))
            case "POST", ["clock"]:
                return self._clock(wish)
            case _, [("faults" | "behaviour" | "webhooks"), *_]:
                return self._course(head, steps, wish)
            case _, ["received", *_]:
                return self._received(head, steps[1:])
            case "POST", ["people", number, *rest]:
                return self._person(number, rest, wish)
            case _:
                return json_answer({"error": "no such control"}, 404)

    # --- the course of things --------------------------------------------------------------------------

    def _course(self, head: Head, steps: list[str], wish: Json) -> Answer:
        world = self._world
        match head.method, steps:
            case "GET", ["faults"]:
                return json_answer({"faults": world.faults.as_json()})
            case "POST", ["faults"]:
                if isinstance(wish.get("to"), str):
                    wish["to"] = world.wa_id(wish["to"])
                return json_answer({"id": world.faults.add(wish).id})
            case "DELETE", ["faults", *which]:
                world.faults.clear(int(which[0]) if which else None)
                return json_answer({"ok": True})
            case "GET", ["behaviour"]:
                return json_answer(world.behaviour.as_json())
            case "POST", ["behaviour"]:
                world.behaviour = world.behaviour.changed(wish)
                return json_answer(world.behaviour.as_json())
            case "POST", ["webhooks"]:
                return self._callback(wish)
            case "POST", ["webhooks", "manner"]:
                world.outbox.manner = world.outbox.manner.changed(wish)
                return json_answer({"ok": True})
            case "GET", ["webhooks"]:
                params = head.params()
                wait = min(float(params.get("wait", "0")), _MOST_WAIT)
                done = params.get("until", "done") == "done"
                return self._told(wait, done) if wait > 0 else json_answer(self._counts())
            case _:
                return json_answer({"error": "no such control"}, 404)

    def _counts(self) -> Json:
        outbox = self._world.outbox
        return {**outbox.counts, "waiting": outbox.waiting, "planned": len(self._world.aftermath)}

    async def _told(self, wait: float, done: bool) -> bytes:
        idle = await self._idle(wait, done=done)
        return json_answer({**self._counts(), "idle": idle})

    def _account(self, wish: Json) -> Answer:
        said = scene.add_account(self._world, wish)
        if not wish.get("callback_url"):
            return json_answer(said)
        return self._set_callback(
            {"app_id": said["app_id"], "url": wish["callback_url"], "verify_token": said["verify_token"]},
            said,
        )

    def _callback(self, wish: Json) -> Answer:
        return self._set_callback(wish, {"verified": True})

    async def _set_callback(self, wish: Json, said: Json) -> bytes:
        try:
            await scene.set_callback(self._world, wish)
        except (BadWish, CallFailed) as error:
            return json_answer({"error": str(error), "verified": False}, 400)
        return json_answer({**said, "verified": True})

    def _clock(self, wish: Json) -> bytes:
        seconds = wish.get("advance")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise BadWish("advance is a number of seconds, 0 or more")
        self._world.clock.advance(seconds)
        self._world.tick_soon()
        return json_answer({"now": self._world.clock.now()})

    # --- what was received -----------------------------------------------------------------------------

    def _received(self, head: Head, steps: list[str]) -> Answer:
        world, params = self._world, head.params()
        limit = min(int(params.get("limit", "1000")), _MOST_ROWS)
        match head.method, steps:
            case "GET", []:
                return json_answer(world.ledger.totals(world.lines.values()))
            case "DELETE", []:
                scene.forget_received(world)
                return json_answer({"ok": True})
            case "GET", ["people"]:
                after, least = params.get("after", ""), int(params.get("least", "0"))
                people = by_person(world.lines.values())
                ids = sorted(one for one in people if one > after and people[one][0] >= least)[:limit]
                rows = [{"wa_id": one, "received": people[one][0], "accepted": people[one][1]} for one in ids]
                return json_answer({"people": rows})
            case "GET", ["people", number]:
                received, accepted = by_person(world.lines.values()).get(world.wa_id(number) or "", (0, 0))
                return json_answer({"received": received, "accepted": accepted})
            case "GET", ["messages"]:
                since = int(params.get("after", "0"))
                entries = [one for one in world.ledger.latest if one.seq > since][:limit]
                return json_answer({"messages": [one.as_json() for one in entries]})
            case _:
                return json_answer({"error": "no such control"}, 404)

    # --- people ----------------------------------------------------------------------------------------

    def _person(self, number: str, steps: list[str], wish: Json) -> bytes:
        world = self._world
        wa_id = world.wa_id(number) or world.by_user_id.get(number)
        if wa_id is None:
            raise BadWish(f"{number!r} is no number")
        match steps:
            case []:
                return json_answer(folk.change_person(world, wa_id, wish))
            case ["stop" | "resume" as value]:
                return json_answer(folk.marketing(world, wa_id, value, self._line(wish, wa_id)))
            case ["reply"]:
                line = self._line(wish, wa_id)
                if isinstance(wish.get("media"), dict):
                    wish = {**wish, "media": {**wish["media"], "data": _content(wish["media"])}}
                # `told`: whether anybody hears of it.
                told = world.listening(line.waba)
                return json_answer({"id": folk.reply(world, line, wa_id, wish), "told": told})
            case _:
                return json_answer({"error": "no such control"}, 404)

    def _line(self, wish: Json, wa_id: str) -> Line:
        """The number named, else the one that wrote to this person, else the only one."""
        lines = self._world.lines
        if wish.get("phone_number_id"):
            return scene.line_of(self._world, str(wish["phone_number_id"]))
        known = [line for line in lines.values() if wa_id in line.pairs]
        if len(known) != 1 and len(lines) != 1:
            raise BadWish("say which phone_number_id")
        return known[0] if len(known) == 1 else next(iter(lines.values()))


def _content(media: Json) -> bytes:
    """Of `base64`; or `size` bytes of nothing in particular."""
    size = media.get("size")
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= _MOST_SIZE:
        return bytes(size)
    try:
        return base64.b64decode(media.get("base64") or "", validate=True)
    except (binascii.Error, TypeError) as error:
        raise BadWish("media.base64 is no base64") from error
