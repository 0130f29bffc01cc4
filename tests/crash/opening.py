"""Opens a `FaultyDesk`: its small disk, its stand-ins, its lines, two workspaces, and its own processes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from bot.chat.codec import Press, encode
from bot.cloud_secrets import CloudSecrets
from bot.sandbox.client import SandboxClient
from bot.vault import Vault
from domain.kernel.ids import AccountId
from domain.operators.model import TERMS_VERSION, Role
from storage.database import Database as Store
from storage.migrate import migrate
from tests.crash.disk import SmallDisk, small_disk
from tests.crash.faulty_desk import CAP, FaultyDesk, Workspace
from tests.crash.processes import Process, answers, bot_environment, free_port
from tests.crash.schedule import Database
from tests.crash.skewed import Skew
from tests.crash.wire import Wire, wire_to
from tests.fakes.cloud import SALE, a_cloud_account
from tests.fakes.stores import rich
from tests.official_desk import APP_SECRET, KEY, NUMBER, VERIFY, set_the_scene
from tests.postgres import PostgresServer, find_binaries

#: Each workspace's name and member: no member may ever see the other's.
SPACES: Final = (("Bakery", 1001), ("Florist", 1002))
#: What the official number sends a second.
THROUGHPUT: Final = 40
#: Committed means committed, also when the server is killed; only the machine's own crash is left out.
_DURABLE: Final = {
    "fsync": "off", "max_connections": "150", "listen_addresses": "127.0.0.1", "min_wal_size": "32MB",
    "max_wal_size": "64MB",
}  # fmt: skip
_DISK_MB: Final = {Database.SQLITE: 128, Database.POSTGRES: 320}


@asynccontextmanager
async def faulty_desk(folder: Path, kind: Database) -> AsyncIterator[FaultyDesk]:
    """Everything runs, and both members stand at Home."""
    async with AsyncExitStack() as stack:
        folder.mkdir(parents=True)
        disk = stack.enter_context(small_disk(megabytes=_DISK_MB[kind]))
        server = stack.enter_context(_server(disk)) if kind is Database.POSTGRES else None
        address = f"sqlite+aiosqlite:///{disk.folder / 'masssender.db'}" if server is None else server.address
        await migrate(address)
        store = await stack.enter_async_context(Store.open(address))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=60))
        ports = {name: free_port() for name in ("telegram", "whatsapp", "webhooks")}
        far = _far(folder, ports)
        for name, process in far.items():
            await process.start()
            stack.push_async_callback(process.kill)
            health = "_sandbox/health" if name == "telegram" else "_standin/ready"
            await answers(f"http://127.0.0.1:{ports[name]}/{health}", process, seconds=120)
        ends = ports | {"phones": ports["telegram"]} | ({} if server is None else {"database": server.port})
        wires = {name: await stack.enter_async_context(wire_to(port)) for name, port in ends.items()}
        telegram, standin = (f"http://127.0.0.1:{ports[name]}" for name in ("telegram", "whatsapp"))
        async with httpx.AsyncClient(base_url=standin, trust_env=False, timeout=60) as whatsapp:
            account = await set_the_scene(whatsapp, THROUGHPUT)
        client = await stack.enter_async_context(SandboxClient(telegram))
        spaces = [await _workspace(store, client, *one) for one in SPACES]
        skews, ours = {}, {}
        shared = (
            {"DATABASE_URL": server.address.replace(str(server.port), str(wires["database"].port))}
            if server
            else {}
        )
        environment = _environment(folder, disk, wires, ports["webhooks"], shared)
        for name in ("bot", "sender-1", "sender-2") if server else ("bot",):
            skews[name] = Skew(folder / f"{name}.clock")
            command = [str(skews[name].file), "run" if name == "bot" else "sender"]
            ours[name] = Process(command, environment, folder / f"{name}.log", module="tests.crash.skewed")
        desk = FaultyDesk(
            folder=folder, kind=kind, store=store, http=http, phones=f"{telegram}/phones", standin=standin,
            client=client, ours=ours, far=far, skews=skews, wires=wires, disk=disk, server=server,
            spaces=spaces, official=await _official(store, spaces[1], account), app_id=str(account["app_id"]),
        )  # fmt: skip
        for process in ours.values():
            stack.push_async_callback(process.kill)
            await process.start()
        await _everybody_is_there(desk)
        yield desk


@contextmanager
def _server(disk: SmallDisk) -> Iterator[PostgresServer]:
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is not installed"
    server = PostgresServer(disk.folder, binaries, _DURABLE)
    server.create()
    server.start()
    try:
        yield server
    finally:
        with suppress(RuntimeError):  # struck down just then
            server.stop()


def _far(folder: Path, ports: dict[str, int]) -> dict[str, Process]:
    telegram = ["sandbox", "--port", str(ports["telegram"]), "--folder", str(folder / "sandbox"), "--instant"]
    whatsapp = ["--port", str(ports["whatsapp"]), "--silence-seconds", "1"]
    return {
        "telegram": Process(telegram, {}, folder / "telegram.log"),
        "whatsapp": Process(whatsapp, {}, folder / "whatsapp.log", module="whatsapp.cloud.standin"),
    }


def _environment(
    folder: Path, disk: SmallDisk, wires: dict[str, Wire], webhooks: int, shared: dict[str, str]
) -> dict[str, str]:
    def url(name: str) -> str:
        return f"http://127.0.0.1:{wires[name].port}"

    return bot_environment(
        url("telegram"), folder, SIMULATED_URL=f"{url('phones')}/phones", DATA_DIR=str(disk.folder),
        MEDIA_URL=str(folder / "media"), SECRET_KEY=KEY, WHATSAPP_API_BASE_URL=f"{url('whatsapp')}/v23.0",
        WEBHOOK_PORT=str(webhooks), WHATSAPP_APP_SECRET=APP_SECRET, WHATSAPP_VERIFY_TOKEN=VERIFY,
        MAX_RECIPIENTS_PER_CAMPAIGN="100000", MAX_SENDS_PER_DAY=str(CAP), ADMIN_IDS="1003",
        OPS_ADDRESS="", **shared,
    )  # fmt: skip


async def _workspace(store: Store, client: SandboxClient, name: str, telegram_id: int) -> Workspace:
    at = datetime.now(UTC)
    async with store.write() as unit:
        id = await unit.operators.create_workspace(
            name=name, country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, id)
        member = await unit.operators.create_member(
            workspace_id=id, telegram_id=telegram_id, name=f"{name}'s owner", role=Role.OWNER, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        taps = await unit.contacts.create_list(id, "for taps", at=at)
        await unit.commit()
    button = encode(Press(action="dr.new", id=taps))
    return Workspace(id=id, member=member, chat=client.chat(telegram_id), name=name, button=button)


async def _official(store: Store, space: Workspace, account: dict[str, Any]) -> AccountId:
    at, remote = datetime.now(UTC), str(account["phone_number_id"])
    secrets = CloudSecrets(Vault(KEY.encode()), store, app_secret="", verify_token="")
    async with store.write() as unit:
        id = await a_cloud_account(
            unit, space.id, number=NUMBER, remote=remote, waba_id=str(account["waba_id"]), app_secret=None,
            token=secrets.seal_token(remote, str(account["token"])).encode(), checked_at=at,
        )  # fmt: skip
        await unit.cloud.save_templates(str(account["waba_id"]), [SALE], at=at)
        await unit.commit()
    return id


async def _everybody_is_there(desk: FaultyDesk) -> None:
    await desk.listen()
    for space in desk.spaces:
        await space.chat.say("/start")
        await space.chat.wait_for(lambda message: message.from_bot, timeout=180)
