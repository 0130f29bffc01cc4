"""English: active hours, and campaigns that begin by the clock."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # Late starts
    "notice.campaign.started.late": "▶️ <b>{name}</b> has started, {late} late: MassSender was not running when it was due.",
    "notice.campaign.too_late": "🕘 <b>{name}</b> was due {late} ago, when MassSender was not running. So long after its time it does not start by itself: it "
    "is a draft again. Shall it start now?",
    "notice.campaign.start_now": "▶️ Start now",
    "activity.campaign.too_late": "did not start {about}: its time was long past",
    "refused.campaign.never_open": "The active hours of this number are never open, so nothing would leave. Open some in 🕘 Hours, or let the campaign go "
    "without them: turn <b>Hours</b> off in its review.",
    "reason.never_open": "no common hour on the clocks they may be on",
}
