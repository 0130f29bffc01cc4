"""A real S3 server on this machine: moto's, a process of its own with packages of its own.

Those cannot stand beside ours: they need an older dateutil. `make s3` installs them.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = ROOT / ".venv" / "s3" / "bin" / "moto_server"
IS_INSTALLED: Final = bool(os.environ.get("CI")) or PROGRAM.exists()
BUCKET: Final = "desk"
START_SECONDS: Final = 120.0


class S3Server:
    """`strict`: keys are checked, and none is known."""

    def __init__(self, *, strict: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environment = {**os.environ, **({"INITIAL_NO_AUTH_ACTION_COUNT": "0"} if strict else {})}
        self._process = subprocess.Popen(
            [str(PROGRAM), "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        self._wait()

    def address(self, prefix: str, bucket: str = BUCKET) -> str:
        """What stands in MEDIA_URL."""
        return f"s3+http://key:a%2Fsecret@127.0.0.1:{self.port}/{bucket}/{prefix}"

    def make_bucket(self) -> None:
        assert httpx.put(f"http://127.0.0.1:{self.port}/{BUCKET}", trust_env=False).status_code == 200

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/moto-api/", trust_env=False, timeout=5)
                return
            except httpx.HTTPError:
                assert self._process.poll() is None, "the S3 server ended"
                time.sleep(0.1)
        raise AssertionError("the S3 server did not start")


@contextmanager
def s3_server(*, strict: bool = False) -> Iterator[S3Server]:
    server = S3Server(strict=strict)
    try:
        if not strict:
            server.make_bucket()
        yield server
    finally:
        server.stop()
