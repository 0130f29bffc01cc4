"""A database made by an earlier version, with work in it, gets to today's shape and loses nothing."""

import asyncio
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from domain.delivery.ports import ReplyNews
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from storage import migrate as migrating
from storage.database import Database
from storage.migrate import RowsWithoutReference, TablesHeld, downgrade, migrate
from storage.revisions import SCRIPTS
from storage.tables import (
    account_usage,
    accounts,
    attempts,
    campaigns,
    consent_events,
    contacts,
    directs,
    imports,
    members,
    metadata,
    recipients,
    replies,
    reply_tellings,
    workspaces,
)
from tests.contract.stores.purse import until_somebody_waits
from tests.contract.stores.test_migrations import constraints, difference
from tests.fakes.stores import NOW, a_campaign, a_list, a_running_campaign, an_account, sqlite_url

#: What databases out there were made by. Whoever has to change the shape writes the next revision.
LANDED = {"0001_everything.py": "9bf013ade4be3970b1c0be36d8675b2f89c015ff188e4716ea69a0fd89e6ff79"}

#: Two workspaces, the second with the highest ids. In each row only what revision 0001 had columns for.
ROWS: dict[Table, list[dict[str, object]]] = {
    workspaces: [
        {"id": n, "name": f"Shop {n}", "country": "TR", "zone": "UTC", "language": "en", "created_at": NOW}
        for n in (1, 2)
    ],
    members: [
        {"id": n, "workspace_id": n, "telegram_id": 1000 + n, "name": "Ayşe", "role": "owner",
         "created_at": NOW}
        for n in (1, 2)
    ],
    accounts: [
        {"id": n, "workspace_id": n, "channel": "simulated", "number": "+44770090000", "name": "Shop",
         "remote": f"sim-{n}", "state": "connected", "state_at": NOW, "is_default": True, "news_cursor": 0,
         "created_at": NOW, "is_removed": False}
        for n in (1, 2)
    ],
    account_usage: [{"account_id": 2, "minute": NOW, "claims": 3}],
    contacts: [
        {"id": n, "workspace_id": n, "number": "+905300000001", "name": "Zoë", "name_folded": "zoë",
         "attributes": {"city": "Ankara"}, "consent": "granted", "created_at": NOW, "changed_at": NOW}
        for n in (1, 2)
    ],
    consent_events: [
        {"id": 1, "contact_id": 2, "granted": True, "source": "signed_up", "evidence": "form", "at": NOW}
    ],
    campaigns: [
        {"id": n, "workspace_id": n, "created_by": n, "name": "It's \"March\"", "account_id": n,
         "state": "running", "version": 3, "text": "Hello {name}", "audience_kind": "tag",
         "audience_ref": "all", "gap_shortest": 1, "gap_longest": 2, "faults_in_row": 0, "created_at": NOW,
         "changed_at": NOW, "started_at": NOW}
        for n in (1, 2)
    ],
    imports: [
        {"id": n, "workspace_id": n, "member_id": n, "chat_id": 5, "state": "done", "version": 1,
         "filename": "people.csv", "telegram_file": "f", "size": 5, "done_rows": 1, "total_rows": 1,
         "created_at": NOW, "changed_at": NOW}
        for n in (1, 2)
    ],
    recipients: [
        {"id": n, "campaign_id": n, "contact_id": n, "number": "+905300000001", "name": "Zoë",
         "state": "claimed", "attempts": 1}
        for n in (1, 2)
    ],
    attempts: [
        {"key": f"desk-{n}-1", "recipient_id": n, "account_id": n, "n": 1, "progress": 10, "owner": "me",
         "lease_until": NOW, "claimed_at": NOW}
        for n in (1, 2)
    ],
    directs: [
        {"id": n, "workspace_id": n, "account_id": n, "member_id": n, "chat_id": 5, "purpose": "test",
         "key": f"desk-d{n}", "number": "+905300000001", "text": "Hello", "state": "queued",
         "campaign_id": n, "queued_at": NOW}
        for n in (1, 2)
    ],
    replies: [
        {"id": 1, "workspace_id": 2, "account_id": 2, "event": "e", "number": "+905300000001", "text": "Hi",
         "at": NOW, "contact_id": 2, "campaign_id": 2}
    ],
}  # fmt: skip


def only(folder: Path, *revisions: str) -> Path:
    """The migrations as they were when there were no more of them than these."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "versions").glob("0*.py"):
        if not path.name.startswith(revisions):
            path.unlink()
    return folder


def _rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the tables above, of the columns revision 0001 had."""
    found = {}
    for table in ROWS:
        columns = [table.c[name] for name in sorted(ROWS[table][0])]
        found[table.name] = sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)
    return found


def _shape(connection: Connection) -> object:
    """What `difference` does not look at: checks, foreign keys, indexes with their conditions, and which
    tables never give an id twice."""
    found = inspect(connection)
    keys = {name: sorted(str(key) for key in found.get_foreign_keys(name)) for name in metadata.tables}
    if connection.dialect.name != "sqlite":
        return constraints(connection), keys
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master"))
    made = {str(row.name): row.sql for row in rows}
    indexes = {name: sql for name, sql in made.items() if name.startswith(("ix_", "uq_"))}
    never_again = {name for name, sql in made.items() if sql is not None and "AUTOINCREMENT" in sql}
    return constraints(connection), keys, indexes, never_again & set(metadata.tables)


async def filled(url: str, scripts: Path) -> dict[str, list[tuple[object, ...]]]:
    """A database of revision 0001 with the rows above."""
    await migrate(url, scripts=scripts)
    async with Database.open(url) as database, database.connection() as connection:
        for table, rows in ROWS.items():
            await connection.execute(insert(table), rows)
            if connection.dialect.name == "postgresql" and "id" in table.c:
                # Rows with ids of their own do not move the sequence on.
                sequence = func.pg_get_serial_sequence(table.name, "id")
                await connection.execute(select(func.setval(sequence, len(rows))))
        before = await connection.run_sync(_rows)
        await connection.commit()
    return before


@pytest.mark.parametrize("name", LANDED)
def test_a_migration_that_has_landed_stays_as_it_is(name: str) -> None:
    content = (SCRIPTS / "versions" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == LANDED[name]


async def test_what_was_there_is_still_there_in_todays_shape(empty_url: str, tmp_path: Path) -> None:
    before = await filled(empty_url, only(tmp_path / "old", "0001"))
    done = await migrate(empty_url)
    assert done.before == "0001"
    async with Database.open(empty_url) as database, database.connection() as connection:
        assert await connection.run_sync(_rows) == {**before, "contacts": _looked_for(before["contacts"])}
        assert await connection.run_sync(difference) == []
        upgraded = await connection.run_sync(_shape)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(_shape) == upgraded


def _looked_for(people: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Revision 0013 looks for names without their accents."""
    return [tuple("zoe" if value == "zoë" else value for value in one) for one in people]


async def test_people_from_before_are_found_without_accents(empty_url: str, tmp_path: Path) -> None:
    await filled(empty_url, only(tmp_path / "old", "0001"))
    names = ["Ayşe", "Lefèvre", "IŞIK", "İPEK", "Plain"]
    async with Database.open(empty_url) as database, database.connection() as connection:
        common = {key: value for key, value in ROWS[contacts][0].items() if key != "id"}
        rows = [
            {**common, "number": f"+9053000001{n:02d}", "name": name, "name_folded": name.casefold()}
            for n, name in enumerate(names)
        ]
        await connection.execute(insert(contacts), rows)
        await connection.commit()
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.read() as unit:
        for text, name in (
            ("ayse", "Ayşe"), ("AYŞE", "Ayşe"), ("lefevre", "Lefèvre"), ("isik", "IŞIK"), ("ışık", "IŞIK"),
            ("ipek", "İPEK"), ("plain", "Plain"), ("zoe", "Zoë"),
        ):  # fmt: skip
            found, total = await unit.contacts.search(WorkspaceId(1), text)
            assert ([one.name for one in found], total) == ([name], 1), text


async def test_what_is_written_after_the_upgrade_is_newer_than_all_that_was_told(
    empty_url: str, tmp_path: Path
) -> None:
    """Of a person who was forgotten no reply is left: not to be told of would be whoever wrote next."""
    old = only(tmp_path / "old", *(f"{n:04d}" for n in range(1, 13)))
    await filled(empty_url, only(tmp_path / "oldest", "0001"))
    await migrate(empty_url, scripts=old)
    async with Database.open(empty_url) as database, database.connection() as connection:
        told = {"chat_id": 5, "workspace_id": 1, "newest": 70, "told": 70, "due_at": NOW}
        await connection.execute(insert(reply_tellings), [told])
        if connection.dialect.name == "postgresql":
            await connection.execute(select(func.setval("replies_id_seq", 70)))
        await connection.commit()
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.write() as unit:
        news = ReplyNews(event="next", sender="+905300000009", text="hello", at=NOW)
        reply = await unit.delivery.reply(AccountId(1), news)
        assert reply is not None and reply.id == 71


@pytest.mark.parametrize("order", [(recipients, contacts), (contacts, recipients)])
async def test_whoever_works_on_meanwhile_is_not_stood_in_the_way_of(
    kind: str, empty_url: str, tmp_path: Path, order: Sequence[Table]
) -> None:
    """A sender of the version before, whatever it takes first and whatever next."""
    await filled(empty_url, only(tmp_path / "old", "0001"))
    if kind == "sqlite":  # nobody else has the file
        return

    async def sends() -> None:
        async with database.connection() as connection:
            for table in order:
                there = update(table).where(table.c.id == 1).values(number="+905300000002")
                await connection.execute(there)
                if table is order[0]:
                    has_begun.set()
                    await until_somebody_waits(database, kind)
            await connection.commit()

    async def migrates() -> None:
        await has_begun.wait()
        assert (await migrate(empty_url)).before == "0001"

    has_begun = asyncio.Event()
    async with Database.open(empty_url) as database:
        await asyncio.gather(sends(), migrates())
        async with database.connection() as connection:
            assert await connection.run_sync(difference) == []
            for table in order:
                number = await connection.scalar(select(table.c.number).where(table.c.id == 1))
                assert number == "+905300000002"


async def test_a_database_that_others_never_let_go_of_stays_as_it_was(
    kind: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(empty_url, only(tmp_path / "old", "0001"))
    if kind == "sqlite":  # nobody else has the file
        return
    monkeypatch.setattr(migrating, "MOST_TRIES", 2)
    async with Database.open(empty_url) as database:
        async with database.connection() as connection:
            await connection.execute(update(contacts).values(name="held"))
            with pytest.raises(TablesHeld):
                await migrate(empty_url)
        assert await standing_revision(database) == "0001"


async def standing_revision(database: Database) -> str | None:
    async with database.connection() as connection:
        revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


async def test_parts_under_way_are_one_campaign_still(empty_url: str, tmp_path: Path) -> None:
    await filled(empty_url, only(tmp_path / "old", "0001"))
    common = {**ROWS[campaigns][0], "started_at": NOW, "audience_kind": "list", "audience_ref": "1"}
    said = ["Hello", "Hello", "Bye"]
    async with Database.open(empty_url) as database, database.connection() as connection:
        rows = [{**common, "id": n, "text": text} for n, text in enumerate(said, start=11)]
        await connection.execute(insert(campaigns), rows)
        await connection.commit()
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.connection() as connection:
        found = await connection.execute(select(campaigns.c.id, campaigns.c.origin))
        origins = dict(found.all())
    assert [origins[n] for n in (11, 12, 13)] == [11, 11, 13]


async def test_after_a_wipe_no_id_is_given_a_second_time(empty_url: str, tmp_path: Path) -> None:
    """Keys of attempts and of notices are made of ids: one used again would be taken for sent already."""
    await filled(empty_url, only(tmp_path / "old", "0001"))
    await migrate(empty_url)
    space, member = WorkspaceId(2), MemberId(2)
    async with Database.open(empty_url) as database, database.write() as unit:
        await unit.operators.wipe(space)
        account = await an_account(unit, space, remote="sim-3")
        draft = await a_campaign(unit, space, member, account)
        people = await a_list(unit, space, 1)
        running = await a_running_campaign(unit, space, member, account, people, price=0)
        (recipient,) = await unit.delivery.recipients(running)
        kept = await unit.delivery.recipients(CampaignId(1))
    assert (account, draft.id, recipient.id) == (3, 3, 3)
    assert len(kept) == 1


async def test_down_again_keeps_the_rows_too(empty_url: str, tmp_path: Path) -> None:
    before = await filled(empty_url, only(tmp_path / "old", "0001"))
    await migrate(empty_url)
    await downgrade(empty_url, "0001")
    async with Database.open(empty_url) as database, database.connection() as connection:
        assert await connection.run_sync(_rows) == before


LOSING = """
from alembic import op
revision = "0002"
down_revision = "0001"

def upgrade() -> None:
    op.execute("DELETE FROM contacts WHERE id = 1")

def downgrade() -> None: ...
"""


async def test_a_migration_that_would_tear_rows_apart_is_undone(tmp_path: Path) -> None:
    """SQLite does not watch over references while it migrates, since tables are rebuilt by dropping them."""
    url, scripts = sqlite_url(tmp_path / "masssender.db"), only(tmp_path / "old", "0001")
    before = await filled(url, scripts)
    (scripts / "versions" / "0002_losing.py").write_text(LOSING)
    with pytest.raises(RowsWithoutReference, match="refer to nothing"):
        await migrate(url, scripts=scripts)
    async with Database.open(url) as database, database.connection() as connection:
        assert await connection.run_sync(_rows) == before
