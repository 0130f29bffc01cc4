"""All that is counted where it happens. One in a process, with a registry of its own: nothing is global."""

import platform

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.gc_collector import GCCollector

from bot.machine import program_version
from bot.ops.tallies import WAIT_BOUNDS, SendTallies


class Meters:
    """No label holds what has no end (a number, a name, a workspace) or what is anybody's business."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.sends = SendTallies()
        self.registry.register(self.sends)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = Info("masssender_build", "The program.", registry=self.registry)
        build.info({"version": program_version(), "python": platform.python_version()})
        self._limiter = Histogram(
            "masssender_telegram_limiter_wait_seconds", "How long a message to Telegram waited for its turn.",
            ["chat"], buckets=WAIT_BOUNDS, registry=self.registry,
        )  # fmt: skip
        self._floods = Counter(
            "masssender_telegram_floods", "Times that Telegram said: too many.", registry=self.registry
        )
        self._webhooks = Counter(
            "masssender_webhook_answers", "Answers to WhatsApp's webhooks.", ["status"],
            registry=self.registry,
        )  # fmt: skip
        for chat in ("private", "group"):
            self._limiter.labels(chat)

    def telegram_waited(self, seconds: float, *, in_group: bool) -> None:
        self._limiter.labels("group" if in_group else "private").observe(seconds)

    def telegram_flooded(self) -> None:
        self._floods.inc()

    def webhook_answered(self, status: int) -> None:
        self._webhooks.labels(str(status)).inc()
