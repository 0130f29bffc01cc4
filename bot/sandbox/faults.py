"""Scripted misfortune: what a test tells the sandbox to do wrong, to which calls, how often."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

FaultKind = Literal["flood", "error", "silence", "drop_before", "drop_after", "delay"]

_NUMBERS = {"chat_id", "times", "skip", "retry_after", "status"}
_OPTIONAL = {"chat_id", "times"}
_TEXTS = {"method", "description"}


@dataclass(kw_only=True, slots=True)
class Fault:
    """What goes wrong.

    flood        429 with `retry_after` seconds, no effect
    error        `status` with `description`, no effect
    silence      the call takes effect and is never answered
    drop_before  the connection is cut and nothing happened
    drop_after   the call takes effect and the connection is cut
    delay        the call takes effect and is answered `seconds` later
    """

    kind: FaultKind
    method: str = "*"
    chat_id: int | None = None
    times: int | None = 1
    """How many calls it still spoils; None until cleared."""
    skip: int = 0
    """How many matching calls pass first."""
    retry_after: int = 5
    status: int = 502
    description: str = "Bad Gateway"
    seconds: float = 1.0
    fault_id: int = 0
    spoiled: int = 0
    """How many calls it has spoiled so far."""

    def matches(self, method: str, chat_id: int | None) -> bool:
        return self.method.lower() in ("*", method) and self.chat_id in (None, chat_id)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class FaultBook:
    """The faults in force, oldest first."""

    _faults: list[Fault] = field(default_factory=list)
    _last_id: int = 0

    def add(self, fault: Fault) -> Fault:
        """Put `fault` in force; its `fault_id` is given here."""
        self._last_id += 1
        fault.fault_id = self._last_id
        self._faults.append(fault)
        return fault

    def add_json(self, wish: dict[str, Any]) -> Fault:
        """The same from a request's JSON. Raises ValueError with a sentence when it makes no sense."""
        if wish.get("kind") not in get_args(FaultKind):
            raise ValueError(f"kind must be one of {', '.join(get_args(FaultKind))}")
        known = {"kind", *_NUMBERS, *_TEXTS, "seconds"}
        if unknown := set(wish) - known:
            said, may = ", ".join(sorted(unknown)), ", ".join(sorted(known))
            raise ValueError(f"unknown fields: {said}; known: {may}")
        for name in _NUMBERS & set(wish):
            if not isinstance(wish[name], int) and not (name in _OPTIONAL and wish[name] is None):
                raise ValueError(f"{name} must be a whole number")
        if not isinstance(wish.get("seconds", 1.0), int | float):
            raise ValueError("seconds must be a number")
        if not all(isinstance(wish.get(name, ""), str) for name in _TEXTS):
            raise ValueError("method and description must be text")
        return self.add(Fault(**wish))

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that spoils this call, counted; None when it goes well. `method` is in lower case."""
        if not self._faults:
            return None
        for fault in self._faults:
            if not fault.matches(method, chat_id):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            fault.spoiled += 1
            return fault
        return None

    def clear(self, fault_id: int | None = None) -> None:
        """Lift one fault, or all."""
        self._faults = [f for f in self._faults if fault_id is not None and f.fault_id != fault_id]

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))
