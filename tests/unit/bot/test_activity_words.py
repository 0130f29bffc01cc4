"""What stands in the activity log is put into words, whoever wrote it and whatever they are called."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.announced import lines_of
from bot.screens.log import changes, line_words, place_words, what_words
from bot.texts import has
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.operators.activity import Activity, Topic
from domain.scheduler.events import AccountChanged, CampaignPaused, PlanEnding
from tests.chat.contact_chat import HOSTILE, Chat
from tests.fakes.stores import NOW, a_campaign, a_member, a_workspace, an_account, open_store

ROOT = Path(__file__).resolve().parents[3]
WORD = re.compile(r"[a-z]+\.[a-z_]+")
#: Functions that take the word of a line.
NOTING = frozenset({"log", "log_both", "note", "note_step", "_note", "_step", "_line", "Activity"})

LINE = Activity(
    workspace_id=None, at=NOW, telegram_id=1, who="Ayşe", topic=Topic.CAMPAIGNS, what="campaign.paused",
    screen="campaign.cancel", about="Spring", before={"state": "running"}, after={"state": "paused"},
)  # fmt: skip


def words_noted() -> Iterator[tuple[str, str]]:
    """Every word that is written out where something is noted, with where."""
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in NOTING:
                continue
            given = [*node.args[:4], *(word.value for word in node.keywords if word.arg == "what")]
            for part in (part for one in given for part in _either(one)):
                if isinstance(part, ast.Constant) and WORD.fullmatch(str(part.value)):
                    yield str(part.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def _either(given: ast.expr) -> tuple[ast.expr, ...]:
    """`"given" if … else "taken"` is both."""
    return (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)


def test_every_word_that_is_noted_has_a_sentence() -> None:
    noted = list(words_noted())
    assert [(word, where) for word, where in noted if not has(f"activity.{word}")] == []
    assert len({word for word, _ in noted}) > 50


def test_a_line_says_who_did_what_from_where_and_what_changed() -> None:
    text = line_words(LINE, now=NOW + timedelta(hours=1), zone="Europe/Istanbul", lang="en")
    assert text == "12:00 · <b>Ayşe</b> paused Spring\n<i>state: running → paused</i> · Campaign"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({}, {}, ""),
        ({"speed": "2-5 s"}, {"speed": "30-60 s"}, "speed: 2-5 s → 30-60 s"),
        ({}, {"people": 1204}, "people: 1,204"),
        ({"people": 3}, {}, "people: 3 → —"),
        ({"time": None}, {"time": "2026-03-02 18:00"}, "time: — → 2026-03-02 18:00"),
        ({}, {"paused": ["Spring", "Summer"], "left_out": 2}, "paused: Spring, Summer, left out: 2"),
        ({"on": False}, {"on": True}, "on: no → yes"),
        ({"country": "US", "zone": "UTC"}, {"country": "GB", "zone": "UTC"}, "country: US → GB"),
        ({}, {"until": "2026-03-02T15:30:59.123456+00:00"}, "until: 2026-03-02 18:30"),
    ],
)
def test_before_and_after_are_shown_briefly(
    before: dict[str, object], after: dict[str, object], shown: str
) -> None:
    assert changes(replace(LINE, before=before, after=after), "en", zone="Europe/Istanbul") == shown


def test_a_word_or_screen_of_another_version_is_shown_all_the_same() -> None:
    assert what_words(replace(LINE, what="moon.reached"), "en") == "moon.reached"
    assert place_words("moon.crater", "en") == "the chat"
    assert place_words("/new", "en") == "/new"
    assert place_words("campaign.cancel", "en") == "Campaign"


async def test_a_page_of_hostile_names_fits_and_is_no_markup(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        chat = await Chat.begin(store)
        nasty = replace(
            LINE, workspace_id=chat.workspace.id, who=HOSTILE, about=HOSTILE, before={"name": HOSTILE},
            after={"name": HOSTILE * 5, "paused": [HOSTILE] * 50},
        )  # fmt: skip
        async with store.write() as unit:
            for n in range(20):
                await unit.activity.add(replace(nasty, telegram_id=n + 1))
            await unit.commit()
        for name, page in (("log", 0), ("log", 2), ("log", 99), ("log.people", 1), ("log.topics", 0)):
            await chat.open(name, x=page)
            assert await chat.at() == name


async def test_masssender_tells_each_campaign_that_it_paused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.write() as unit:
        space = await a_workspace(unit)
        member, id = await a_member(unit, space), await an_account(unit, space)
        made = await a_campaign(unit, space, member, id, state=CampaignState.PAUSED)
        paused = replace(made, pause_reason=PauseReason.RESTRICTED)
        account = replace(await unit.accounts.account(id), state=AccountState.RESTRICTED)
    told = list(lines_of(AccountChanged(account=account, paused=(paused, paused)), at=NOW))
    assert [line.what for line in told] == ["account.restricted", "campaign.paused", "campaign.paused"]
    assert told[1].after == {"state": "paused", "reason": "restricted"}
    [line] = lines_of(CampaignPaused(campaign=paused, reason=PauseReason.FAILURES), at=NOW)
    assert (line.telegram_id, line.who, line.screen) == (None, "MassSender", "")
    assert line.after["reason"] == "failures"
    assert list(lines_of(PlanEnding(workspace_id=space, until=NOW, days=3), at=NOW)) == []
