"""Our own WhatsApp Web worker: started when it is needed, restarted when it dies, gone when we are."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.worker import OwnWorker
from bot.worker_needs import INSTALLED, handed_on
from domain.accounts.web import SessionState, WorkerMissing, WorkerTrouble
from domain.delivery.ports import Accepted, Fault, Rejected
from tests.contract.lines import MemoryMedia, message
from tests.web_worker import QUICK, Hands, fake_worker, link, reaches, settings_in, workers_at
from whatsapp.web.worker import FixedPlace

T = WorkerTrouble
ROOT = Path(__file__).resolve().parents[2]


def alive(pid: int) -> bool:
    """A process that has ended and was not yet waited for is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def ends(pid: int) -> None:
    async with asyncio.timeout(15):
        while alive(pid):
            await asyncio.sleep(0.02)


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def worker_files(folder: Path, main: str = "", *, installed: bool = True) -> Path:
    """A worker's folder with another program in it."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.js").write_text(main)
    (folder / "package.json").write_text('{"type": "module"}')
    if installed:
        (folder / INSTALLED).parent.mkdir()
        (folder / INSTALLED).write_text("{}")
    return folder


async def test_nothing_is_started_before_somebody_needs_it(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        [node] = await web.nodes()
        assert (node.sessions, node.trouble) == (0, None)
        assert own.process is None
        assert not (tmp_path / "worker").exists()


async def test_a_killed_worker_comes_back_and_the_campaign_goes_on(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        remote = await link(web, own, "s1")
        gateway = web.gateway(remote, MemoryMedia())
        assert isinstance(await gateway.send(message("k1")), Accepted)
        before, process = await own.address(), own.process
        assert process is not None
        process.kill()
        assert isinstance(await gateway.send(message("k2")), Accepted)
        assert await own.address() != before
        await reaches(web, remote, SessionState.READY)
        assert len(await Hands(own).got("s1")) == 2


@pytest.mark.parametrize("trouble", ["die", "die_after", "crash_after"])
async def test_a_worker_that_dies_in_the_middle_of_a_send_sends_it_once_at_most(
    tmp_path: Path, trouble: str
) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        remote = await link(web, own, "s1")
        gateway = web.gateway(remote, MemoryMedia())
        await Hands(own).do("s1", "next-sends", troubles=[trouble])
        outcome = await gateway.send(message("k1"))
        assert not isinstance(outcome, Rejected)
        assert isinstance(await gateway.send(message("k2")), Accepted)
        texts = [one["provider_id"] for one in await Hands(own).got("s1")]
        assert len(texts) == (1 if trouble == "die" else 2)


async def test_it_ends_in_order_when_we_do(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own:
        await own.address()
        process = own.process
    assert process is not None
    assert process.returncode == 0


async def test_it_ends_by_itself_when_we_are_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from bot.worker import OwnWorker\n"
        "from tests.web_worker import settings_in\n"
        "async def main():\n"
        "    async with OwnWorker(settings_in(pathlib.Path(sys.argv[1]))) as own:\n"
        "        await own.address()\n"
        "        print(own.process.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    ours = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "WORKER_FAKE": "1", **QUICK},
    )  # fmt: skip
    assert ours.stdout is not None
    said = b""
    while not said.strip().isdigit():
        said = await ours.stdout.readline()
    assert alive(int(said))
    ours.send_signal(signal.SIGKILL)
    await ours.wait()
    await ends(int(said))


async def test_its_token_shows_nowhere_and_none_of_our_secrets_is_handed_on(tmp_path: Path) -> None:
    async with fake_worker(
        tmp_path, TELEGRAM_BOT_TOKEN="123456:telegram-secret", WORKER_TOKEN="x" * 40
    ) as own:
        _, token = await own.address()
        assert own.process is not None
        shown = Path(f"/proc/{own.process.pid}/cmdline").read_bytes()
        shown += Path(f"/proc/{own.process.pid}/environ").read_bytes()
        assert token.encode() not in shown
        assert b"telegram-secret" not in shown
        assert not (tmp_path / "worker" / "token").exists()
        assert stat.S_IMODE((tmp_path / "worker").stat().st_mode) == 0o700


def test_what_is_handed_on_is_chosen() -> None:
    given = {"PATH": "/bin", "WORKER_FAKE": "1", "LC_ALL": "C", "SECRET_KEY": "s", "DATABASE_URL": "p"}
    assert handed_on(given) == {"PATH": "/bin", "WORKER_FAKE": "1", "LC_ALL": "C"}


async def why_not(own: OwnWorker) -> WorkerTrouble:
    async with own:
        with pytest.raises(WorkerMissing) as at_a_glance:
            await own.glance()
        with pytest.raises(WorkerMissing) as missing:
            await own.address()
        assert at_a_glance.value.trouble is missing.value.trouble
    return missing.value.trouble


def environment(path: Path, **more: str) -> Mapping[str, str]:
    return {"PATH": str(path), **more}


async def test_without_node_it_is_said_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = OwnWorker(settings_in(tmp_path), environment(tmp_path))
    assert await why_not(own) is T.NODE_MISSING
    assert "Node.js" in capsys.readouterr().out


async def test_an_old_node_is_not_taken(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "node", "#!/bin/sh\necho v18.19.0\n")
    assert await why_not(OwnWorker(settings_in(tmp_path), environment(tmp_path / "bin"))) is T.NODE_OLD


@pytest.mark.parametrize("path", [None, "/no/such/chromium"])
async def test_without_chromium_it_is_said_what_is_missing(tmp_path: Path, path: str | None) -> None:
    program(tmp_path / "bin" / "node", "#!/bin/sh\necho v22.1.0\n")
    own = OwnWorker(settings_in(tmp_path, chromium_path=path), environment(tmp_path / "bin"))
    assert await why_not(own) is T.CHROMIUM_MISSING


async def test_a_worker_that_is_not_where_it_should_be_is_said(tmp_path: Path) -> None:
    own = OwnWorker(settings_in(tmp_path, worker_dir=tmp_path / "elsewhere"))
    assert await why_not(own) is T.WORKER_NOT_FOUND


async def test_its_packages_are_installed_where_npm_is_there(tmp_path: Path) -> None:
    folder = worker_files(tmp_path / "worker-files", _LISTENS, installed=False)
    program(
        tmp_path / "bin" / "npm",
        f'#!/bin/sh\n[ "$PUPPETEER_SKIP_DOWNLOAD" = 1 ] && mkdir node_modules && echo "{{}}" > {INSTALLED}\n',
    )
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    own = OwnWorker(settings_in(tmp_path, worker_dir=folder), {"PATH": path, "WORKER_FAKE": "1"})
    async with own:
        with pytest.raises(WorkerMissing) as missing:
            await own.address()
        assert missing.value.trouble is T.WORKER_INSTALLING
        async with asyncio.timeout(15):
            while own.trouble is not None:
                await asyncio.sleep(0.02)
        assert (await own.address())[0].startswith("http://127.0.0.1:")


_LISTENS = "process.stdout.write(JSON.stringify({listening: 9}) + '\\n'); process.stdin.resume();\n"


async def test_without_npm_it_is_said_that_it_is_not_installed(tmp_path: Path) -> None:
    folder = worker_files(tmp_path / "worker-files", installed=False)
    program(tmp_path / "bin" / "node", "#!/bin/sh\necho v22.1.0\n")
    program(tmp_path / "bin" / "chromium", "#!/bin/sh\n")
    own = OwnWorker(settings_in(tmp_path, worker_dir=folder), environment(tmp_path / "bin"))
    assert await why_not(own) is T.WORKER_NOT_INSTALLED


async def test_packages_that_come_by_themselves_are_no_trouble_before_somebody_needs_them(
    tmp_path: Path,
) -> None:
    folder = worker_files(tmp_path / "worker-files", installed=False)
    for name in ("node", "npm", "chromium"):
        program(tmp_path / "bin" / name, "#!/bin/sh\necho v22.1.0\n")
    own = OwnWorker(settings_in(tmp_path, worker_dir=folder), environment(tmp_path / "bin"))
    assert await own.glance() is None
    (tmp_path / "bin" / "npm").unlink()
    other = OwnWorker(settings_in(tmp_path, worker_dir=folder), environment(tmp_path / "bin"))
    with pytest.raises(WorkerMissing) as missing:
        await other.glance()
    assert missing.value.trouble is T.WORKER_NOT_INSTALLED


async def test_one_that_does_not_come_up_is_tried_again_and_meanwhile_it_is_said(tmp_path: Path) -> None:
    folder = worker_files(tmp_path / "worker-files", "process.exit(1);\n")
    environ = {**os.environ, "WORKER_FAKE": "1"}
    async with OwnWorker(settings_in(tmp_path, worker_dir=folder), environ, patience=0.5) as own:
        with pytest.raises(WorkerMissing) as missing:
            await own.address()
        assert missing.value.trouble is T.WORKER_DOWN
        (folder / "src" / "main.js").write_text(_LISTENS)
        own.patience = 15
        assert await own.address()


async def test_several_workers_each_keep_their_numbers(tmp_path: Path) -> None:
    async with (
        fake_worker(tmp_path / "a", WORKER_MAX_SESSIONS="1") as a,
        fake_worker(tmp_path / "b", WORKER_MAX_SESSIONS="5") as b,
        workers_at(a=FixedPlace(*await a.address()), b=FixedPlace(*await b.address())) as web,
    ):
        assert {node.name: node.limit for node in await web.nodes()} == {"a": 1, "b": 5}
        names = [web.name_for(f"d1-w1-{n}") for n in range(6)]
        assert sorted(name[0] for name in names) == ["a", "b", "b", "b", "b", "b"]
        for name in names[:2]:
            await web.start(name)
            await reaches(web, name, SessionState.QR)
        await a.stop()
        nodes = {node.name: node.trouble for node in await web.nodes()}
        assert nodes == {"a": T.WORKER_DOWN, "b": None}
        with pytest.raises(ValueError, match="no name"):
            web.name_for("Not A Name")


async def test_a_number_of_a_worker_that_is_not_in_the_settings_cannot_send(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        outcome = await web.gateway("gone/s1", MemoryMedia()).send(message())
        assert outcome == Rejected("channel_down", True, Fault.ACCOUNT)
        with pytest.raises(WorkerMissing) as missing:
            await web.look("gone/s1")
        assert missing.value.trouble is T.WORKER_UNKNOWN


async def test_a_wrong_token_is_said(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own:
        url, _ = await own.address()
        async with workers_at(main=FixedPlace(url, "another-token")) as web:
            with pytest.raises(WorkerMissing) as missing:
                await web.start("main/s1")
            assert missing.value.trouble is T.WORKER_UNAUTHORIZED
            assert [node.trouble for node in await web.nodes()] == [T.WORKER_UNAUTHORIZED]
            outcome = await web.gateway("main/s1", MemoryMedia()).send(message())
            assert outcome == Rejected("channel_refused", False, Fault.ACCOUNT)
