"""The report's files, over a real store and read back by other libraries."""

import asyncio
import csv
import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from python_calamine import load_workbook

from bot.files.pictures import Picture, asides, draw_report, drawable
from bot.files.report import ReportFiles, file_name, report_files
from domain.campaigns.model import Campaign, CampaignStep
from domain.contacts.ports import ImportedRow
from domain.contacts.service import opt_out
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, ReceiptNews, Rejected, SendOutcome
from domain.delivery.recipients import learn
from domain.kernel.ids import CampaignId, MemberId, WorkspaceId
from domain.reports.model import Funnel, Rest
from domain.scheduler.forgetting import forget_person
from storage.database import Database
from tests.fakes.stores import (
    AGREED,
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    number_of,
    open_store,
)

EVIL = '=HYPERLINK("http://evil")'


async def reported(store: Database, folder: Path, people: int) -> ReportFiles:
    """Two of them were reached, one failed, two are not allowed, one by an operator; names mean mischief."""
    async with store.write() as unit:
        home = await a_workspace(unit)
        member = await a_member(unit, home)
        account = await an_account(unit, home)
        made = await a_list(unit, home, people)
        rows = [
            ImportedRow(number="+905300000000", name=EVIL, attributes={}),
            ImportedRow(number="+905300000001", name='Zoë\x07 <b>, "Q"\nلي', attributes={}),
        ]
        await unit.contacts.save_rows(home, made, rows, at=NOW)
        await unit.contacts.record_list_consent(made, AGREED)
        shy = ImportedRow(number="+905299999999", name="Shy", attributes={})
        await unit.contacts.save_rows(home, made, [shy], at=NOW)
        out = await unit.contacts.by_number(home, number_of(people - 1))
        assert out is not None
        await opt_out(unit.contacts, out, by=member, at=NOW)
        campaign = await a_running_campaign(unit, home, member, account, made)
        claims, _ = await unit.delivery.claim(
            campaign, account, desk="d", owner="o", now=NOW, lease_until=NOW + timedelta(minutes=5), limit=3
        )
        answers: list[SendOutcome] = [Accepted("p1"), Accepted("p2"), Rejected("not_on_whatsapp", False)]
        learned = [learn(c, answer, now=NOW) for c, answer in zip(claims, answers, strict=True)]
        await unit.delivery.record(learned, now=NOW)
        read = ReceiptNews(key=claims[0].key, progress=Progress.READ, at=NOW + timedelta(minutes=1))
        await unit.delivery.receipts(account, [read])
        await unit.commit()
    async with store.read() as unit:
        return await report_files(unit, await unit.campaigns.any(campaign), "Europe/Istanbul", "en", folder)


async def test_there_is_one_row_a_recipient_with_words_and_local_times(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = await reported(store, tmp_path, 4)
    sheet = load_workbook(files.books[0]).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["Number", "Name", "State", "Reason", "Sent", "Delivered", "Read", "Replied"]
    assert len(sheet) == 1 + 5
    by_number = {row[0]: row for row in sheet[1:]}
    first = by_number["'+905300000000"]
    assert first[1] == f"'{EVIL}"
    assert first[2] == "read"
    assert first[4] == datetime.fromisoformat("2026-03-02 12:00")
    assert first[6] == datetime.fromisoformat("2026-03-02 12:01")
    assert by_number["'+905299999999"][2:4] == ["excluded", "have not agreed"]
    assert by_number[f"'{number_of(3)}"][2:4] == ["excluded", "opted out"]
    assert sum(row[2] == "failed" and row[3] == "not on WhatsApp" for row in sheet) == 1


async def test_csv_says_the_same_and_excel_sees_that_it_is_unicode(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = await reported(store, tmp_path, 4)
    assert files.csv.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(files.csv.read_text("utf-8-sig"), newline="")))
    assert len(rows) == 1 + 5
    assert rows[0][0] == "Number"
    row = next(row for row in rows if row[0] == "'+905300000000")
    assert row[:5] == ["'+905300000000", f"'{EVIL}", "read", "", "2026-03-02 12:00:00"]
    assert row[6] == "2026-03-02 12:01:00"


async def test_no_cell_of_either_file_can_run(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = await reported(store, tmp_path, 4)
    with zipfile.ZipFile(files.books[0]) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    for row in csv.reader(io.StringIO(files.csv.read_text("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


async def test_the_picture_is_a_png_that_telegram_takes(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        files = await reported(store, tmp_path, 4)
    with Image.open(io.BytesIO(files.picture)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1350))
    assert len(files.picture) < 1_000_000


async def test_ten_thousand_rows_do_not_hold_the_bot(tmp_path: Path) -> None:
    """The event loop keeps turning: its longest pause stays far under what an operator would notice."""
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            home = await a_workspace(unit)
            member = await a_member(unit, home)
            account = await an_account(unit, home)
            made = await a_list(unit, home, 10_000)
            campaign = await a_running_campaign(unit, home, member, account, made)
            await unit.commit()
        gaps: list[float] = []

        async def watch() -> None:
            loop = asyncio.get_running_loop()
            last = loop.time()
            while True:
                await asyncio.sleep(0.005)
                gaps.append(loop.time() - last)
                last = loop.time()

        watcher = asyncio.get_running_loop().create_task(watch())
        async with store.read() as unit:
            files = await report_files(unit, await unit.campaigns.any(campaign), "UTC", "en", tmp_path)
        watcher.cancel()
    assert files.csv.read_bytes().count(b"\r\n") == 10_001
    assert len(gaps) > 20
    assert sorted(gaps)[int(len(gaps) * 0.95)] < 0.05


def a_picture(title: str, *, most: int = 60, sends: int = 24) -> Picture:
    start = datetime.fromisoformat("2026-12-03 09:00")
    return Picture(
        title=title, funnel=Funnel(included=most, sent=most, delivered=most - 1, read=1, replied=0),
        rest=Rest(failed=1, unknown=most, left=0, skipped=most, cancelled=most), excluded=9, language="en",
        sends=[(start + timedelta(hours=3 * n), n % 7) for n in range(sends)],
    )  # fmt: skip


def test_a_name_the_font_does_not_have_is_left_to_the_caption() -> None:
    assert drawable("Spring sale, 20% off…")
    assert not drawable("Весна")
    assert not drawable("خصم")
    assert not drawable("Sale 😀")
    assert draw_report(a_picture("Весна")) == draw_report(a_picture("خصم"))
    assert draw_report(a_picture("Spring")) != draw_report(a_picture("Весна"))


def test_one_that_did_not_go_through_says_so_in_the_picture() -> None:
    shown = {state: draw_report(replace(a_picture("Spring"), state=state)) for state in ("", "cancelled")}
    assert shown[""] != shown["cancelled"]


async def test_the_picture_has_the_state_that_the_campaign_was_left_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Picture] = []

    def draw(picture: Picture) -> bytes:
        drawn.append(picture)
        return b""

    monkeypatch.setattr("bot.files.report.draw_report", draw)
    async with open_store(tmp_path) as store:
        await reported(store, tmp_path, 5)
        async with store.write() as unit:
            campaign = await unit.campaigns.any(CampaignId(1))
            await unit.campaigns.save(campaign.take(CampaignStep.CANCEL, at=NOW), expected=campaign.version)
            await unit.delivery.cancel_waiting(campaign.id)
            await unit.commit()
        async with store.read() as unit:
            await report_files(unit, await unit.campaigns.any(CampaignId(1)), "UTC", "en", tmp_path)
    assert [picture.state for picture in drawn] == ["running", "cancelled"]
    last = drawn[-1]
    assert (last.funnel.included, last.funnel.sent, last.excluded) == (4, 2, 2)
    assert asides(last.rest) == [("failed", 1), ("unknown", 0), ("left", 0), ("cancelled", 1)]


@pytest.mark.parametrize("title", ["", "x" * 300, "word " * 60])
@pytest.mark.parametrize("sends", [0, 1, 24])
def test_any_numbers_can_be_drawn(title: str, sends: int) -> None:
    for most in (1, 10_000_000):
        with Image.open(io.BytesIO(draw_report(a_picture(title, most=most, sends=sends)))) as picture:
            assert picture.size == (1080, 1350)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Spring sale", "report-7-Spring-sale"),
        ("../../etc/passwd", "report-7-etc-passwd"),
        ("Bahar indirimi ☀️ 50%", "report-7-Bahar-indirimi-50"),
        ("Весна", "report-7-Весна"),
        ("???", "report-7"),
        ("x" * 300, "report-7-" + "x" * 40),
    ],
)
def test_a_file_is_named_after_its_campaign_and_nothing_a_path_could_mean(name: str, expected: str) -> None:
    campaign = Campaign(
        id=CampaignId(7), workspace_id=WorkspaceId(1), created_by=MemberId(1), name=name,
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    assert file_name(campaign) == expected


async def test_whoever_was_forgotten_is_a_row_without_number_or_name(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await reported(store, tmp_path, 4)
        async with store.write() as unit:
            (campaign,), _ = await unit.campaigns.of_workspace(WorkspaceId(1), states=[], limit=1)
            gone = await unit.contacts.by_number(WorkspaceId(1), number_of(0))
            assert gone is not None
            await forget_person(unit, WorkspaceId(1), gone.id, by=MemberId(1), called="", at=NOW)
            files = await report_files(unit, campaign, "Europe/Istanbul", "en", tmp_path)
        lines = list(csv.reader(files.csv.read_text("utf-8-sig").splitlines()))
        assert lines[2][:3] == ["forgotten person", "", "read"]
