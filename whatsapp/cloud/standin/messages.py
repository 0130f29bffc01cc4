"""POST /{phone number}/messages: the request that must be quick, and everything it can be refused for."""

import re
from typing import Any, Final

import orjson

from whatsapp.cloud.standin.aftermath import Taken
from whatsapp.cloud.standin.content import Content, content_of
from whatsapp.cloud.standin.errors import Refused, error_body
from whatsapp.cloud.standin.estate import MESSAGING, Line, Pair
from whatsapp.cloud.standin.faults import Fault
from whatsapp.cloud.standin.rates import pair_after
from whatsapp.cloud.standin.wire import Answer, Head, Held, answer, ok
from whatsapp.cloud.standin.world import World

_TRACKER_LIMIT: Final = 512
_USER_ID: Final = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}", re.ASCII)
_ACCEPTED: Final = ',"message_status":"accepted"'
_SUCCESS: Final = ok(b'{"success":true}')
#: How long a caller who gets no answer is kept waiting before the line is cut.
SILENCE_SECONDS: Final = 60.0

Json = dict[str, Any]


class Messages:
    """The messages edge of every number."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.silence_seconds = SILENCE_SECONDS
        self._traces = 0

    def post(self, head: Head, body: bytes) -> Answer:
        """Answers one request. What was taken is counted before the answer leaves."""
        world = self._world
        world.ledger.requests += 1
        try:
            grant = world.granted(head.token)
            line = world.line_for(grant, head.steps[0], "POST")
            if MESSAGING not in grant.scopes:
                raise Refused(200)
            said = _object(body)
            fault = None
            if world.faults.active:
                fault = world.faults.strike("messages", world.wa_id(said.get("to")))
                if fault is not None and (spoilt := self.before(fault)) is not None:
                    return spoilt
            if said.get("messaging_product") != "whatsapp":
                raise Refused(100, message="(#100) The parameter messaging_product is required.")
            if "status" in said:
                return _read_mark(said)
            reply = ok(self._send(line, said, body))
        except Refused as refused:
            return self.refusal(refused)
        return reply if fault is None else self.after(fault, reply)

    # --- faults and refusals ---------------------------------------------------------------------------

    def refusal(self, refused: Refused) -> bytes:
        """The whole answer to a refused request; counted."""
        self._world.ledger.refused[refused.code] += 1
        self._traces += 1
        return answer(refused.status, error_body(refused, f"AStandIn{self._traces:015d}"))

    def before(self, fault: Fault) -> Answer | None:
        """The answer to a request that is spoilt before anything is taken; None: take it first."""
        match fault.kind:
            case "error":
                self._world.ledger.refused[fault.status] += 1
                self._traces += 1
                refused = Refused(2 if fault.status == 503 else 1)
                return answer(fault.status, error_body(refused, f"AStandIn{self._traces:015d}"))
            case "code":
                return self.refusal(Refused(fault.code))
            case "silence_before":
                return Held(self.silence_seconds, None)
            case "drop_before":
                return Held(0.0, None)
            case _:
                return None

    def after(self, fault: Fault, reply: bytes) -> Answer:
        """The answer to a request that was taken all the same."""
        match fault.kind:
            case "silence_after":
                return Held(self.silence_seconds, None)
            case "drop_after":
                return Held(0.0, None)
            case "garbled":
                return answer(200, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")
            case _:
                low, high = fault.seconds
                return Held(low + (high - low) * self._world.draw(), reply)

    # --- one message -----------------------------------------------------------------------------------

    def _send(self, line: Line, said: Json, raw: bytes) -> bytes:
        world = self._world
        now = world.clock.now()
        tracker = said.get("biz_opaque_callback_data")
        if tracker is not None and (not isinstance(tracker, str) or len(tracker) > _TRACKER_LIMIT):
            raise Refused(
                100, message="(#100) Param biz_opaque_callback_data must be at most 512 characters long."
            )
        dialled, wa_id = self._recipient(said)
        if not line.throughput.take(now):
            raise Refused(130429)
        if line.restricted:
            raise Refused(131048)
        if wa_id == line.digits:
            raise Refused(131021)
        content = content_of(world, line, said, now)
        pair = world.pair(line, wa_id)
        due = pair.due
        if line.pair_rate:
            paid = pair_after(due, now)
            if paid is None:
                raise Refused(131056)
            due = paid
        self._may(line, wa_id, pair, content, now)
        pair.due = due
        return self._take(line, wa_id, dialled, pair, content, tracker, raw, now)

    def _recipient(self, said: Json) -> tuple[str, str]:
        """What was dialled, and the wa_id. Raises `Refused`."""
        to = said.get("to")
        if to is not None:
            wa_id = self._world.wa_id(to)
            if wa_id is None:
                raise Refused(131009, "Parameter value is not valid: to is not a phone number")
            return to, wa_id
        user_id = said.get("recipient")
        if not isinstance(user_id, str) or not user_id:
            raise Refused(100, message="(#100) The parameter to is required.")
        known = self._world.by_user_id.get(user_id) if _USER_ID.fullmatch(user_id) else None
        if known is None:
            raise Refused(131009, "Parameter value is not valid: recipient is no user id of this business")
        return user_id, known

    def _may(self, line: Line, wa_id: str, pair: Pair, content: Content, now: float) -> None:
        """Window, limit, and the person's own wishes. Raises what is said at once, notes the rest."""
        world = self._world
        late = content.late
        marketing = content.category == "marketing"
        if pair.window_until <= now:
            if content.template is None:
                late = late or (131047, None)
            elif not line.waba.portfolio.recipients.take(wa_id, now):
                raise Refused(
                    131048, "The messaging limit of unique recipients in 24 hours has been reached."
                )
        if marketing and wa_id[0] == "1" and len(wa_id) == 11 and not world.behaviour.us_marketing:
            late = late or (131049, None)
        person = world.people.get(wa_id)
        if person is not None and late is None:
            if not person.on_whatsapp:
                late = (131026, None)
            elif marketing and person.stopped:
                late = (131050, None)
            elif marketing and person.capped:
                late = (131049, None)
        if late is not None and late[0] not in world.behaviour.late_errors:
            raise Refused(*late)
        content.late = late

    def _take(
        self, line: Line, wa_id: str, dialled: str, pair: Pair, content: Content, tracker: str | None,
        raw: bytes, now: float,
    ) -> bytes:  # fmt: skip
        world = self._world
        rules = world.behaviour
        late = content.late
        if late is None and world.aftermath.fails(rules):
            late = (131026, None)
        person = world.people.get(wa_id) if world.people else None
        arrives = person is None or not person.blocked
        message_id = world.message_id()
        pair.accepted += 1
        pair.last = message_id
        if late is None and arrives:
            pair.received += 1
        failed = late[0] if late else None
        world.ledger.take(now, line.id, wa_id, message_id, content.key, tracker, failed, raw, arrives=arrives)
        if content.file is not None:
            world.ledger.files[content.file] += 1
        taken = None
        if world.listening(line.waba):
            billable = content.template is not None
            taken = Taken(line, wa_id, message_id, tracker, content.category, billable)
            taken.failure = late
            world.aftermath.follow(taken, now, rules, arrives=arrives)
        if world.talks is not None:
            world.talks.got(line, wa_id, message_id, raw, content.template, now, arrives=arrives, taken=taken)
        by_id = dialled[0].isalpha()
        return (
            f'{{"messaging_product":"whatsapp","contacts":[{{"input":"{dialled}",'
            f'"{"user_id" if by_id else "wa_id"}":"{dialled if by_id else wa_id}"}}],'
            f'"messages":[{{"id":"{message_id}"'
            f"{'' if content.template is None else _ACCEPTED}}}]}}"
        ).encode()


def _object(body: bytes) -> Json:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(
            100, message="(#100) Invalid parameter", details=f"The body is no JSON: {error}"
        ) from None
    if not isinstance(said, dict):
        raise Refused(100, message="(#100) Invalid parameter", details="The body must be a JSON object")
    return said


def _read_mark(said: Json) -> bytes:
    if said.get("status") != "read" or not isinstance(said.get("message_id"), str):
        raise Refused(100, message="(#100) Param status must be one of {READ} and needs a message_id.")
    return _SUCCESS
