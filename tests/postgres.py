"""A throw-away PostgreSQL server for a test run."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: Nobody's data is in it: speed is all that counts.
SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100",
    "listen_addresses": "127.0.0.1",
}  # fmt: skip


def find_binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, newest version first; None where PostgreSQL is not installed."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
        reverse=True,
    )
    for folder in installed:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def running_postgres() -> Iterator[str | None]:
    """The address of a server that lives as long as the block, or None where PostgreSQL is not installed.

    A server named by MASSSENDER_TEST_POSTGRES already is used instead.
    """
    given = os.environ.get("MASSSENDER_TEST_POSTGRES")
    binaries = find_binaries()
    if given or binaries is None:
        yield given or None
        return
    folder = Path(tempfile.mkdtemp(prefix="masssender-postgres-"))
    server = PostgresServer(folder, binaries, SETTINGS)
    try:
        server.create()
        server.start()
        try:
            yield server.address
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class PostgresServer:
    """A server whose data, socket and log are in `folder`."""

    def __init__(self, folder: Path, binaries: Path, settings: Mapping[str, str]) -> None:
        self.folder, self.port = folder, _free_port()
        self._binaries, self._settings = binaries, settings

    @property
    def address(self) -> str:
        return self.address_at(self.port)

    def address_at(self, port: int) -> str:
        """Through whatever listens there for it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def create(self) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        _run(self._binaries / "initdb", "-D", self._data, *options)

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        options += f" -p {self.port} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        _run(self._binaries / "pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self) -> None:
        """At once, as if it were killed: what was committed is there at the next start. Raises RuntimeError
        when it is not running."""
        _run(self._binaries / "pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")


def _run(program: Path, *arguments: str) -> None:
    """As the user `postgres` when we are root, because PostgreSQL refuses to run as root."""
    command = [str(program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # Not captured through a pipe: the server would inherit it, and reading would never end.
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program.name} ended with {done.returncode}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
