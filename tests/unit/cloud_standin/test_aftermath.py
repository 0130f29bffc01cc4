"""What follows a message: drawn from the seed, in the order of its time."""

from typing import Any

from whatsapp.cloud.standin.aftermath import Aftermath, Step, Taken
from whatsapp.cloud.standin.behaviour import Behaviour
from whatsapp.cloud.standin.estate import Line, Portfolio, Waba
from whatsapp.cloud.standin.rates import Throughput, UniqueRecipients

NOW = 1_800_000_000.0
LINE = Line(
    id="1",
    waba=Waba(id="2", name="", portfolio=Portfolio(id="p", recipients=UniqueRecipients(None))),
    digits="442079460000",
    verified_name="",
    throughput=Throughput(None),
)
BUSY = Behaviour(
    delivered_share=0.9, delivered_after=(0, 5), read_share=0.5, read_after=(1, 50), reply_share=0.3
)


def course(seed: int, rules: Behaviour, people: int = 50, **more: Any) -> list[tuple[str, Step, float]]:
    happened: list[tuple[str, Step, float]] = []
    woken: list[float] = []
    aftermath = Aftermath(seed, lambda taken, step, at: happened.append((taken.id, step, at)), woken.append)
    for nth in range(people):
        taken = Taken(LINE, f"4477009{nth:05d}", f"m{nth}", None, "marketing", True)
        aftermath.follow(taken, NOW, rules, **{"arrives": True, **more})
    while (due := aftermath.next_due) is not None:
        aftermath.catch_up(due, 10)
    assert woken[0] == NOW
    return happened


def test_the_same_seed_gives_the_same_course_and_another_seed_another() -> None:
    assert course(1, BUSY) == course(1, BUSY) != course(2, BUSY)


def test_steps_happen_in_the_order_of_their_time() -> None:
    moments = [at for _, _, at in course(3, BUSY)]
    assert moments == sorted(moments)


def test_nobody_reads_what_was_not_delivered_nor_answers_what_was_not_read() -> None:
    steps: dict[str, list[Step]] = {}
    for name, step, _ in course(4, BUSY, people=300):
        steps.setdefault(name, []).append(step)
    order = [Step.SENT, Step.DELIVERED, Step.READ, Step.REPLY]
    assert all(found == order[: len(found)] for found in steps.values())
    assert {len(found) for found in steps.values()} == {1, 2, 3, 4}


def test_what_does_not_arrive_stays_sent() -> None:
    assert {step for _, step, _ in course(5, BUSY, arrives=False)} == {Step.SENT}


def test_a_few_steps_at_a_time_leave_the_rest_for_later() -> None:
    aftermath = Aftermath(1, lambda taken, step, at: None, lambda at: None)
    for nth in range(5):
        aftermath.follow(Taken(LINE, "1", f"m{nth}", None, "", True), NOW, Behaviour(), arrives=True)
    assert aftermath.catch_up(NOW, 3)
    assert len(aftermath) == 7
    assert not aftermath.catch_up(NOW, 100)
    assert not aftermath.pending(NOW + 1e9)
