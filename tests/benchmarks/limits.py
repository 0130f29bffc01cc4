"""What is asked of the figures, in one place: floors and ceilings, and whether they hold."""

from collections.abc import Iterator, Mapping
from typing import Final

AT_LEAST: Final[Mapping[str, float]] = {
    # 100,000 rows in 6 seconds.
    "import_rows_per_s": 100_000 / 6,
    "claim_send_learn_per_s": 1_000,
    # Else it would be the stand-in that is measured.
    "cloud_standin_keepalive_per_s": 20_000,
    "cloud_sends_per_s_at_limit": 950,
    "cloud_ratio_bare_client": 0.60,
    "statuses_per_s": 2_000,
    # Of what is sent with nobody answering.
    "replies_ratio_of_sends": 0.90,
    "two_senders_ratio": 1.7,
}
AT_MOST: Final[Mapping[str, float]] = {
    "import_peak_mb": 300,
    "tap_p99_ms_during_import": 200,
    "hostile_message_ms_max": 10,
    # The median: what else the machine does meanwhile shows in the rest.
    "balance_screen_10k_ms_p50": 100,
    "tap_p99_ms_during_cloud": 200,
    "webhook_p99_ms_during_cloud": 250,
    "replies_lost": 0,
    "replies_double": 0,
    # Telegram's own limit of a group; a private chat is held to it too.
    "replies_busiest_minute": 20,
    # A thousand accounts, each with pauses of 2 to 5 seconds, in one process.
    "paced_lateness_p99_ms": 250,
    "paced_cores": 1,
    "paced_peak_mb": 400,
    "import_seconds_100k": 3,
    "import_200k_reader_peak_mb": 300,
    "idle_mb": 120,
    "ready_seconds": 2,
    # A workspace of a million contacts: the slowest screen, as a median. A report of 200,000 people, of which
    # half is there before it begins and a quarter is its picture.
    "screens_1m_ms_max": 100,
    "report_200k_peak_mb": 200,
}


def verdict(name: str, figure: float) -> tuple[bool, str]:
    """Whether it is as asked, and the words for it; nothing is asked of most figures."""
    if name in AT_LEAST:
        holds, asked = figure >= AT_LEAST[name], f"at least {AT_LEAST[name]:,.2f}"
    elif name in AT_MOST:
        holds, asked = figure <= AT_MOST[name], f"at most {AT_MOST[name]:,.2f}"
    else:
        return True, ""
    return holds, f"{asked}: {'holds' if holds else 'FALLS SHORT'}"


def not_measured(figures: Mapping[str, float]) -> Iterator[str]:
    """Of which something is asked, and that are not there: a bench failed, or has another name for it."""
    return (name for name in (*AT_LEAST, *AT_MOST) if name not in figures)
