"""The stand-in's world: what exists, what was taken, and what is told to whom. Time comes from one clock."""

import os
import time
from binascii import b2a_base64
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any, Final

from whatsapp.cloud.standin.aftermath import Aftermath, Step, Taken
from whatsapp.cloud.standin.behaviour import Behaviour
from whatsapp.cloud.standin.errors import Refused, no_such_object
from whatsapp.cloud.standin.estate import App, Grant, Line, Pair, Person, Portfolio, Waba
from whatsapp.cloud.standin.faults import Faults
from whatsapp.cloud.standin.ledger import Ledger
from whatsapp.cloud.standin.media import MediaShelf
from whatsapp.cloud.standin.numbers import bsuid_of, digits_of, wa_id_of
from whatsapp.cloud.standin.outbox import Manner, Outbox, callback_of
from whatsapp.cloud.standin.payloads import Update, Who, incoming, status_of
from whatsapp.cloud.standin.talks import Talks
from whatsapp.cloud.standin.templates import Template

Json = dict[str, Any]

WINDOW: Final = 86_400.0
#: Steps let happen in one go, so that requests are answered in between.
_STEPS_AT_ONCE: Final = 500
#: Pairs of a number and a person; beyond this the stand-in refuses rather than grow.
MAX_PAIRS: Final = 5_000_000
#: Statuses and replies planned for later.
MAX_PLANNED: Final = 3_000_000


class WorldClock:
    """Unix time in seconds, and the hand that moves it forward."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._ahead = 0.0

    def now(self) -> float:
        return self._base() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class World:
    """Everything in memory. `wake` is called with the moment at which `tick` has something to do."""

    def __init__(
        self,
        *,
        seed: int = 0,
        keep: int = 50_000,
        clock: WorldClock | None = None,
        wake: Callable[[float], None] = lambda at: None,
    ) -> None:
        self.seed = seed
        self.keep = keep
        self.clock = clock or WorldClock()
        self.manner = Manner()
        self._wake = wake
        # Ids must differ from those of an earlier run: whoever stored them keeps its memory over our restart.
        self._run = os.urandom(6)
        self._ids = count(1)
        self._numbers = count(1)
        self.outbox = Outbox(seed, self.manner, self.clock.now)
        #: What people have on their phones; None where no page shows it.
        self.talks: Talks | None = None
        self.reset()

    def reset(self) -> None:
        """An empty world; faults, behaviour, counts and what waits to be told are forgotten too."""
        self.apps: dict[str, App] = {}
        self.grants: dict[str, Grant] = {}
        self.portfolios: dict[str, Portfolio] = {}
        self.wabas: dict[str, Waba] = {}
        self.lines: dict[str, Line] = {}
        self.templates: dict[str, Template] = {}
        self.people: dict[str, Person] = {}
        self.by_user_id: dict[str, str] = {}
        self.media = MediaShelf(self.seed)
        self.behaviour = Behaviour()
        self.faults = Faults(self.seed)
        self.ledger = Ledger(self.keep)
        self.aftermath = Aftermath(self.seed, self._happened, self._wake)
        self.outbox.forget()
        if self.talks is not None:
            self.talks.forget()
        self._rng = Random(self.seed)
        self.pairs = 0

    def draw(self) -> float:
        """Seeded chance, in [0, 1)."""
        return self._rng.random()

    # --- ids and access --------------------------------------------------------------------------------

    def message_id(self) -> str:
        """A new message id: like Meta's, base64 with all its awkward characters."""
        return wamid(self._run, next(self._ids))

    def object_id(self, prefix: int) -> str:
        """A new id of digits, as Graph's objects have."""
        return f"{prefix}{int.from_bytes(self._run, 'big') % 10**6:06d}{next(self._numbers):06d}"

    def granted(self, token: str | None) -> Grant:
        """The grant of a token. Raises `Refused` 190: unknown, revoked (subcode 460) or expired (463)."""
        grant = self.grants.get(token) if token else None
        if grant is None:
            raise Refused(190, message="Invalid OAuth access token - Cannot parse access token")
        if grant.revoked:
            raise Refused(
                190,
                subcode=460,
                message="Error validating access token: The session has been invalidated because the user "
                "changed their password or Facebook has changed the session for security reasons.",
            )
        if grant.expires_at is not None and self.clock.now() >= grant.expires_at:
            raise Refused(190, subcode=463, message="Error validating access token: Session has expired.")
        return grant

    def line_for(self, grant: Grant, line_id: str, verb: str) -> Line:
        """The number, if the token reaches it. Raises `Refused` 100/33."""
        line = self.lines.get(line_id)
        if line is None or (grant.wabas is not None and line.waba.id not in grant.wabas):
            raise no_such_object(verb, line_id)
        return line

    def waba_for(self, grant: Grant, waba_id: str, verb: str) -> Waba:
        """The business account, if the token reaches it. Raises `Refused` 100/33."""
        waba = self.wabas.get(waba_id)
        if waba is None or (grant.wabas is not None and waba_id not in grant.wabas):
            raise no_such_object(verb, waba_id)
        return waba

    def pair(self, line: Line, wa_id: str) -> Pair:
        """What went between the two; made at the first message. Raises `Refused` 131016 when full."""
        if len(self.aftermath) >= MAX_PLANNED:
            raise Refused(131016, f"the stand-in plans at most {MAX_PLANNED} steps; let some happen")
        pair = line.pairs.get(wa_id)
        if pair is None:
            if self.pairs >= MAX_PAIRS:
                raise Refused(131016, f"the stand-in holds at most {MAX_PAIRS} conversations; reset it")
            self.pairs += 1
            pair = line.pairs[wa_id] = Pair()
        return pair

    def wa_id(self, number: object) -> str | None:
        """WhatsApp's id of a number, by the rules in force; None if it is no number."""
        digits = digits_of(number)
        if digits is None:
            return None
        return wa_id_of(digits) if self.behaviour.normalise else digits

    def person(self, wa_id: str) -> Person:
        """The scripted person, made when first asked for."""
        return self.people.setdefault(wa_id, Person(wa_id=wa_id))

    def who(self, waba: Waba, wa_id: str) -> Who:
        """How the person shows in this account's webhooks; remembers the user id."""
        person = self.people.get(wa_id)
        user_id: str | None = bsuid_of(waba.portfolio.id, wa_id)
        if person is None:
            name, username = f"Person {wa_id[-4:]}", None
        else:
            name, username = person.name or f"Person {wa_id[-4:]}", person.username
            if not person.on_whatsapp:
                user_id = None
        if user_id is not None:
            self.by_user_id[user_id] = wa_id
        if self.behaviour.hide_numbers and username is None:
            username = f"user{wa_id[-4:]}"
        return Who(wa_id if username is None else None, user_id, name, username)

    # --- what happens and who is told ------------------------------------------------------------------

    def listening(self, waba: Waba) -> bool:
        """Whether any app hears of this account."""
        return any(self.apps[app_id].callback or own for app_id, own in waba.subscribed.items())

    def tell(
        self, waba: Waba, line: Line | None, field: str, part: str, item: Json, contact: Json | None = None
    ) -> None:
        """To every app that subscribed to the account and the field."""
        for app_id in waba.subscribed:
            app = self.apps[app_id]
            if field in app.fields:
                update = Update(app, waba, line, field, part, item, contact)
                if callback_of(update) is not None:
                    self.outbox.add(update)

    def tick(self) -> float | None:
        """Lets what is due happen; returns when to come again (a Unix time), None if nothing is planned."""
        now = self.clock.now()
        if self.aftermath.catch_up(now, _STEPS_AT_ONCE):
            return now
        return self.aftermath.next_due

    def tick_soon(self) -> None:
        """After the clock was moved: what became due is due now."""
        due = self.aftermath.next_due
        if due is not None:
            self._wake(due)

    def writes(
        self, line: Line, wa_id: str, kind: str, content: Json, context: Json | None, at: float
    ) -> str:
        """A person writes to the number: opens the service window. Returns the message's id."""
        self.pair(line, wa_id).window_until = at + WINDOW
        who = self.who(line.waba, wa_id)
        message_id = self.message_id()
        item = incoming(who, message_id, at, kind, content, context)
        self.tell(line.waba, line, "messages", "messages", item, who.contact())
        if self.talks is not None:
            self.talks.wrote(line, wa_id, kind, content, at)
        return message_id

    def reads(self, taken: Taken) -> None:
        """The person reads it now, of their own accord."""
        self._happened(taken, Step.READ, self.clock.now())

    def _happened(self, taken: Taken, step: Step, at: float) -> None:
        line = taken.line
        if step is Step.REPLY:
            words = {"body": self.aftermath.words(self.behaviour)}
            context = {"from": line.digits, "id": taken.id}
            self.writes(line, taken.wa_id, "text", words, context, at)
            return
        if self.talks is not None:
            self.talks.happened(taken, step)
        who = self.who(line.waba, taken.wa_id)
        status = status_of(taken, step, at, who)
        self.tell(line.waba, line, "messages", "statuses", status, who.contact())


def wamid(run: bytes, number: int) -> str:
    """`wamid.` and base64 of 20 bytes: a fixed start as Meta's have, the run, the message's number."""
    raw = b"\x1c\x18\x0c" + run + b"\x15\x02\x00" + number.to_bytes(8, "big")
    return "wamid." + b2a_base64(raw, newline=False).decode()
