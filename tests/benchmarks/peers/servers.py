"""Redis and PostgreSQL that keep what they are told, in a temporary folder, as long as the block."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.crash.processes import free_port
from tests.postgres import PostgresServer, find_binaries

#: Unlike the tests', which speed is all of: a commit is on the disk before anybody is told of it.
DURABLE: Final = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}  # fmt: skip


class NotInstalled(Exception):
    """Says what to install."""


@dataclass(frozen=True)
class Server:
    """`address` is a URL, for PostgreSQL without a driver's name."""

    address: str
    pid: int


@contextmanager
def redis_server() -> Iterator[Server]:
    """Raises NotInstalled."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("Redis is not installed, which most of the peers need (apt install redis-server).")
    with tempfile.TemporaryDirectory(prefix="masssender-redis-") as folder:
        port = free_port()
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "everysec", "--loglevel", "warning"]
        process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            _until_it_answers(process, port)
            yield Server(f"redis://127.0.0.1:{port}/0", process.pid)
        finally:
            process.terminate()
            process.wait(20)


def _until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return tell_redis(port, "PING")
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("redis-server does not answer")


def tell_redis(port: int, command: str) -> None:
    """Raises OSError when it is not there or does not do it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(f"{command}\r\n".encode())
        if not line.recv(100).startswith(b"+"):
            raise OSError(f"Redis refused {command}")


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Raises NotInstalled."""
    binaries = find_binaries()
    if binaries is None:
        raise NotInstalled("PostgreSQL is not installed, which keeps the rows (apt install postgresql).")
    folder = Path(tempfile.mkdtemp(prefix="masssender-postgres-"))
    server = PostgresServer(folder, binaries, DURABLE)
    try:
        server.create()
        server.start()
        try:
            pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
            yield Server(server.address.replace("+psycopg", ""), pid)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
