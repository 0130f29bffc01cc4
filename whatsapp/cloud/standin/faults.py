"""Misfortune by script, and seeded: the same requests in the same order meet the same faults."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Literal, get_args

from whatsapp.cloud.standin.behaviour import Span, span_of

Kind = Literal[
    "error", "code", "silence_before", "silence_after", "drop_before", "drop_after", "latency", "garbled"
]
Where = Literal["messages", "media", "graph"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong.

    error           HTTP `status` (5xx) with Graph's temporary error as its body; nothing was taken
    code            the refusal `code` of the catalogue, 130429 say; nothing was taken
    silence_before  nothing was taken and nothing is answered
    silence_after   the message was taken and nothing is answered
    drop_before     the connection is cut, nothing was taken
    drop_after      the message was taken and the connection is cut
    latency         goes well, answered `seconds` later
    garbled         the message was taken; the answer is no JSON
    """

    kind: Kind
    share: float = 1.0
    """Part of the matching requests it spoils."""
    times: int | None = None
    """How many it still spoils; None: until cleared."""
    skip: int = 0
    """How many matching requests pass first."""
    to: str | None = None
    """Only messages to this wa_id or number as sent."""
    on: Where = "messages"
    status: int = 500
    code: int = 130429
    seconds: Span = (0.0, 0.0)
    id: int = 0
    spoiled: int = 0


class Faults:
    """The faults in force, oldest first; the first that strikes is the one."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._faults: list[Fault] = []
        self._last_id = 0
        self.active = False

    def add(self, wish: dict[str, Any]) -> Fault:
        """Puts the fault in force. Raises ValueError with a sentence."""
        if wish.get("kind") not in get_args(Kind):
            raise ValueError(f"kind is one of {', '.join(get_args(Kind))}")
        if wish.get("on", "messages") not in get_args(Where):
            raise ValueError(f"on is one of {', '.join(get_args(Where))}")
        if "seconds" in wish:
            wish = {**wish, "seconds": span_of(wish["seconds"])}
        for name in ("id", "spoiled"):
            if name in wish:
                raise ValueError(f"{name} is not yours to give")
        try:
            fault = Fault(**wish)
        except TypeError as error:
            raise ValueError(f"unknown field: {error}") from error
        self._last_id += 1
        fault.id = self._last_id
        self._faults.append(fault)
        self.active = True
        return fault

    def strike(self, where: Where, to: str | None) -> Fault | None:
        """The fault this request meets, counted; None when it goes well."""
        for fault in self._faults:
            if fault.on != where or (fault.to is not None and fault.to != to):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None and fault.times <= 0:
                continue
            if fault.share < 1.0 and self._rng.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            fault.spoiled += 1
            return fault
        return None

    def clear(self, fault_id: int | None = None) -> None:
        """Lifts one fault, or all."""
        self._faults = [one for one in self._faults if fault_id is not None and one.id != fault_id]
        self.active = bool(self._faults)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self._faults]
