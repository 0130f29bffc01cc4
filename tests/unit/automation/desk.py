"""Ayşe's bakery, its rules, and Bruno who writes to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from domain.automation.decide import decide
from domain.automation.model import Decision, Facts, Message, Rule, RuleId, When

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
FACTS = Facts(
    at=NOW, today=date(2026, 11, 26), is_open=True, plan_runs=True, has_stopped=False, is_first=False,
    fields={"name": "Bruno", "City": "Porto"}, served={},
)  # fmt: skip


def rule(id: int, when: When, words: str = "", **more: Any) -> Rule:
    """In the order of their ids; answers `#id` unless told otherwise."""
    if not {"text", "tag", "opt_out", "hand_over", "media"} & set(more):
        more["text"] = f"#{id}"
    return Rule(id=RuleId(id), position=id, when=when, words=words, **more)


def decided(text: str, *rules: Rule, is_ours: bool = False, **facts: Any) -> Decision:
    return decide(rules, Message(text=text, is_ours=is_ours), replace(FACTS, **facts))


def texts(text: str, *rules: Rule, **facts: Any) -> list[str]:
    return [answer.text for answer in decided(text, *rules, **facts).answers]
