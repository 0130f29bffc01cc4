"""What each kind of process shows of itself."""

from collections.abc import Mapping

from bot.chat.lanes import Lanes
from bot.chat.poller import Poller
from bot.ops.health import Check, database_answers, poller_is_alive, schema_is_current, workers_are_reached
from bot.ops.inside import Inside
from bot.ops.readings import Polls, Process, Readings
from bot.parts import Parts
from bot.senders import Senders


def inside_of_chat(
    parts: Parts, *, poller: Poller, lanes: Lanes, senders: Senders, sessions: Mapping[str, str]
) -> Inside:
    """`sessions`: a word for each linked number of WhatsApp Web."""

    def polls() -> Polls:
        return Polls(answered=poller.polls_answered, failed=poller.polls_failed, last=poller.last_good_poll)

    process = Process(
        driven=lambda: senders.at_work, polls=polls, sessions=sessions.values,
        lanes=lambda: (lanes.busy - lanes.waiting, lanes.waiting),
    )  # fmt: skip
    checks = {
        **_checks(parts),
        "telegram": poller_is_alive(polls, parts.clock),
        "worker": workers_are_reached(parts.store, parts.channels.web),
    }
    return Inside(parts.meters, Readings(process, parts.store, parts.clock), checks)


def inside_of_sender(parts: Parts, *, senders: Senders) -> Inside:
    checks = _checks(parts)
    # Without any in the settings, the process of the chat starts one that is its own.
    if parts.settings.whatsapp_worker_url:
        checks["worker"] = workers_are_reached(parts.store, parts.channels.web)
    process = Process(driven=lambda: senders.at_work)
    return Inside(parts.meters, Readings(process, parts.store, parts.clock), checks)


def _checks(parts: Parts) -> dict[str, Check]:
    return {"database": database_answers(parts.store), "schema": schema_is_current(parts.schema)}
