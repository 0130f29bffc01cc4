"""Stores on SQLite, and on PostgreSQL where MASSSENDER_TEST_POSTGRES names a server.

Without a server the PostgreSQL half is not collected, rather than skipped: `make test` starts one.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from domain.kernel.ids import AccountId, ListId, MemberId, WorkspaceId
from storage.database import Database
from storage.migrate import migrate
from tests.fakes.stores import a_list, a_member, a_workspace, an_account, migrated_file, sqlite_url
from tests.web_worker import HAS_NODE

#: Without Node.js there is no worker to hold anything against; tests/everything.py says so.
collect_ignore = [] if HAS_NODE else ["test_own_worker.py"]

SERVER = os.environ.get("MASSSENDER_TEST_POSTGRES")
if not SERVER:
    collect_ignore += ["stores/test_turns.py", "stores/test_moving.py"]
KINDS = ["sqlite"]
if SERVER:
    KINDS.append("postgresql")

_numbers = itertools.count(1)


class Server:
    """Makes databases on the PostgreSQL server, and takes them away."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.prefix = f"masssender_{os.getpid()}"

    def run(self, statement: str) -> None:
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, *, template: str | None = None) -> str:
        """A fresh database; returns its address."""
        name = f"{self.prefix}_{next(_numbers)}"
        self.run(
            f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else "")
        )
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


@pytest.fixture(scope="session")
def server() -> Server:
    assert SERVER is not None
    return Server(SERVER)


@pytest.fixture(scope="session")
def migrated_template(server: Server) -> Iterator[str]:
    """The name of a migrated, empty database that others are copied from."""
    url = server.create()
    asyncio.run(migrate(url))
    yield make_url(url).database or ""
    server.drop(url)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with nothing in it, not even tables."""
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "masssender.db")
        return
    server: Server = request.getfixturevalue("server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database with no rows."""
    if kind == "sqlite":
        path = tmp_path / "masssender.db"
        shutil.copyfile(asyncio.run(migrated_file()), path)
        yield sqlite_url(path)
        return
    server: Server = request.getfixturevalue("server")
    url = server.create(template=request.getfixturevalue("migrated_template"))
    yield url
    server.drop(url)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Database]:
    async with Database.open(url) as database:
        yield database


@pytest.fixture
async def other_process(url: str) -> AsyncIterator[Database]:
    """The same database, as another process would open it."""
    async with Database.open(url) as database:
        yield database


@dataclass(frozen=True, kw_only=True)
class Bakery:
    """Where most tests begin: a workspace with its owner and one connected account."""

    space: WorkspaceId
    ayse: MemberId
    account: AccountId


@pytest.fixture
async def bakery(store: Database) -> Bakery:
    async with store.write() as unit:
        space = await a_workspace(unit)
        ayse = await a_member(unit, space)
        account = await an_account(unit, space)
        await unit.commit()
    return Bakery(space=space, ayse=ayse, account=account)


@pytest.fixture
async def ten_who_agreed(store: Database, bakery: Bakery) -> ListId:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 10)
        await unit.commit()
    return list_id
