"""How numbers, times and names are put."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.screens import campaign_words as words
from bot.screens.campaign_card import ICONS, digest, planned_rate, rate_of, state_words
from bot.screens.campaign_card import Card as CampaignCard
from bot.screens.plan_days import Outlook, outlook_lines
from bot.texts import CATALOGUES, has, plain, refusal
from bot.texts.en_campaigns import TEXTS
from domain.campaigns import model, template
from domain.campaigns.days import DaysPlan, PlannedDay
from domain.campaigns.model import Campaign, CampaignState, PauseReason
from domain.delivery.recipients import RecipientState, Tally
from domain.kernel.errors import DomainError
from domain.kernel.ids import CampaignId, MemberId, WorkspaceId
from domain.pacing.rules import GENTLE, NORMAL, GapRefused, Pacing

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ISTANBUL = ZoneInfo("Europe/Istanbul")
SPRING = Campaign(
    id=CampaignId(1), workspace_id=WorkspaceId(1), created_by=MemberId(1), name="spring",
    created_at=NOW, changed_at=NOW,
)  # fmt: skip


def test_who_has_no_name_is_shown_once() -> None:
    assert words.person("Ayşe", "+905321234567") == "<b>Ayşe</b> (+905321234567)"
    assert words.person("<i>", "+905321234567") == "<b>&lt;i&gt;</b> (+905321234567)"
    for nameless in ("", "+905321234567"):
        assert words.person(nameless, "+905321234567") == "<b>+905321234567</b>"


def test_no_other_sentence_puts_a_number_in_brackets_behind_a_name() -> None:
    behind = re.compile(r"\{(name|person|who)\}(</b>)? \(\{number\}\)")
    assert [key for key, text in CATALOGUES["en"].items() if behind.search(text)] == ["person"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOW, "15:00"),
        (datetime(2026, 12, 1, 21, 30, tzinfo=UTC), "2 Dec 00:30"),
        (datetime(2026, 12, 3, 11, 5, tzinfo=UTC), "3 Dec 14:05"),
        (datetime(2027, 1, 3, 11, 5, tzinfo=UTC), "3 Jan 2027 14:05"),
    ],
)
def test_a_moment_is_as_short_as_it_can_be(at: datetime, shown: str) -> None:
    assert words.moment(at, ISTANBUL, NOW) == shown


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 0, "▱▱▱▱▱▱▱▱▱▱▱▱ 0%"),
        (0, 10, "▱▱▱▱▱▱▱▱▱▱▱▱ 0%"),
        (1, 1000, "▰▱▱▱▱▱▱▱▱▱▱▱ 0%"),
        (5, 10, "▰▰▰▰▰▰▱▱▱▱▱▱ 50%"),
        (999, 1000, "▰▰▰▰▰▰▰▰▰▰▰▱ 99%"),
        (10, 10, "▰▰▰▰▰▰▰▰▰▰▰▰ 100%"),
    ],
)
def test_the_bar_is_full_only_at_the_end(done: int, total: int, shown: str) -> None:
    assert words.bar(done, total) == shown


def test_lengths_are_counted_as_telegram_does() -> None:
    assert words.units("aé😀") == 4
    assert words.cut("😀😀😀", 5) == "😀😀…"
    assert words.cut("abc", 3) == "abc"
    assert words.quoted("a<b", 100) == "a&lt;b"
    assert words.units(words.quoted("&" * 500, 100)) <= 100


@pytest.mark.parametrize(
    ("pacing", "shown"),
    [
        (GENTLE, "gentle, 30-60 s between messages"),
        (NORMAL, "normal, 2-5 s between messages"),
        (Pacing(shortest=timedelta(seconds=2.5), longest=timedelta(seconds=8)), "2.5-8 s between messages"),
        (Pacing(shortest=timedelta(seconds=9), longest=timedelta(seconds=9)), "9 s between messages"),
        (Pacing(shortest=timedelta(0), longest=timedelta(0)), "as fast as it goes"),
        (Pacing.at(1), "1 message a second"),
        (Pacing.at(999), "999 messages a second"),
    ],
)
def test_a_speed_is_said_in_words(pacing: Pacing, shown: str) -> None:
    assert words.speed(pacing) == shown


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("Spring", "Spring (again)"),
        ("Spring (again)", "Spring (again 2)"),
        ("Spring (again 9)", "Spring (again 10)"),
        ("Spring (retry)", "Spring (retry) (again)"),
        ("x" * 60, "x" * 52 + " (again)"),
        ("", " (again)"),
    ],
)
def test_what_follows_a_campaign_is_told_from_it_by_its_name(name: str, again: str) -> None:
    assert words.named_again(name, "again", 60) == again


def test_the_rate_is_that_of_the_last_minutes_only() -> None:
    usage = [(NOW - timedelta(hours=1), 500), (NOW - timedelta(minutes=2), 20), (NOW, 10)]
    assert rate_of(usage, since=NOW - timedelta(hours=2), now=NOW) == 10
    assert rate_of(usage, since=NOW - timedelta(seconds=30), now=NOW) == 20
    assert rate_of([], since=None, now=NOW) == 0


@pytest.mark.parametrize(
    ("pacing", "sharing", "rate"),
    [(GENTLE, 1, 1), (NORMAL, 1, 17), (NORMAL, 2, 9), (Pacing(shortest=HOUR, longest=HOUR), 1, 0)],
)
def test_the_pauses_leave_room_for_so_many_a_minute(pacing: Pacing, sharing: int, rate: int) -> None:
    assert planned_rate(pacing, sharing) == rate


def test_every_state_has_words_and_a_picture() -> None:
    for state in CampaignState:
        for reason in (None, *PauseReason):
            tally = Tally(by_state={RecipientState.SENT: 1})
            campaign = Campaign(
                id=CampaignId(1), workspace_id=WorkspaceId(1), created_by=MemberId(1), name="spring",
                state=state, pause_reason=reason, created_at=NOW, changed_at=NOW,
            )  # fmt: skip
            assert state_words(campaign, tally, "en")
            assert ICONS[state]


@pytest.mark.parametrize(
    ("is_shut", "told"),
    [
        (True, "Outside active hours now: it starts by itself at 15:00."),
        (False, "Today's limit of this number is used up: the first message leaves at 15:00."),
    ],
)
def test_why_the_first_message_waits_is_told_as_it_is(is_shut: bool, told: str) -> None:
    at = NOW + 3 * HOUR
    day = PlannedDay(day=at.date(), people=16, begins=at, ends=at + timedelta(seconds=1))
    outlook = Outlook(plan=DaysPlan(days=(day,)), start=NOW, zone="UTC", is_shut=is_shut)
    lines = "\n".join(outlook_lines(outlook, NOW, "en"))
    assert told in lines and "16 people, at 15:00" in lines


def test_the_digest_changes_with_the_numbers_and_the_state_but_not_with_the_clock() -> None:
    one = CampaignCard(campaign=SPRING, tally=Tally(by_state={RecipientState.SENT: 1}), rate=5, finish=NOW)
    later = CampaignCard(campaign=SPRING, tally=Tally(by_state={RecipientState.SENT: 1}), rate=9)
    more = CampaignCard(campaign=SPRING, tally=Tally(by_state={RecipientState.SENT: 2}))
    assert digest(one, "en") == digest(later, "en")
    assert digest(one, "en") != digest(more, "en")
    assert digest(one, "en").partition(":")[0] == digest(more, "en").partition(":")[0]


@pytest.mark.parametrize(
    "code",
    [
        "not_on_whatsapp", "temporary", "restricted", "channel_down", "channel_refused", "unlinked",
        "media_refused", "too_long", "silence", "gateway_error", "interrupted", "no_consent", "stopped",
        "over_cap", "counted", "sent_again", "invalid",
    ],
)  # fmt: skip
def test_every_reason_has_plain_words(code: str) -> None:
    assert has(f"reason.{code}")
    assert "_" not in words.reason(code)


def test_a_reason_without_words_is_shown_as_it_is_and_none_as_nothing() -> None:
    assert words.reason("new_from_whatsapp") == "new_from_whatsapp"
    assert words.reason(None) == ""


@pytest.mark.parametrize("state", RecipientState)
def test_every_recipients_state_has_words(state: RecipientState) -> None:
    assert plain(f"recipient.{state.value}")


REFUSALS: list[DomainError] = [
    model.StepRefused(CampaignState.COMPLETED, model.CampaignStep.PAUSE),
    model.NotADraft(),
    model.Incomplete(missing="text"),
    model.NumberGone(number="+447700900001"),
    model.NobodyToSendTo(no_consent=3, stopped=1),
    model.OverTheCap(people=640, cap=200),
    model.StartsInThePast(),
    template.UnknownField(field="x", known=["name"]),
    template.TextTooLong(length=5000, limit=4096),
    template.TextEmpty(),
    GapRefused(lowest=2, highest=3600),
]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: error.code)
def test_every_refusal_of_a_campaign_has_a_sentence(error: DomainError) -> None:
    sentence = refusal(error)
    assert len(sentence) > 20
    assert "{" not in sentence.replace("{name|friend}", "")


def test_every_button_label_of_ours_fits() -> None:
    assert all(text.strip() for text in TEXTS.values())
