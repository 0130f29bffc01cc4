"""How fast the stand-in of the Cloud API takes messages: faster than what is measured against it.

The stand-in and the load are two processes; with two cores each has its own. Rates are the median of runs
(and the least): one request at a time on each of 64 connections; eight in flight on each; and one while 3,000
statuses a second go to a callback besides. The stand-in's own processor time is told too: what else runs on
the machine disturbs it less.

    python -m tests.benchmarks.cloud_standin_bench --runs 5 --requests 60000
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import uvloop

CONNECTIONS, STATUSES = 64, 3000


@contextmanager
def standin() -> Iterator[str]:
    """The stand-in in a process of its own; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "whatsapp.cloud.standin", "--keep", "1000"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(10)


class Pusher(asyncio.Protocol):
    """Keeps `depth` requests in flight on its connection until there are none left."""

    def __init__(self, requests: list[bytes], depth: int, done: asyncio.Future[int]) -> None:
        self._requests = requests
        self._depth = depth
        self._done = done
        self._answered = 0
        self._sent = 0
        self.good = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def push(self, count: int) -> None:
        assert self._transport is not None
        self._transport.write(b"".join(self._requests[self._sent : self._sent + count]))
        self._sent += count

    def data_received(self, data: bytes) -> None:
        # Answers are small: one cut in two by the network is counted by its first line alone.
        answered = data.count(b"HTTP/1.1 ")
        self.good += data.count(b"HTTP/1.1 200")
        self._answered += answered
        if self._answered >= len(self._requests):
            if not self._done.done():
                self._done.set_result(self.good)
        elif answered:
            self.push(answered)


def requests_for(account: dict[str, Any], host: str, run: int, count: int) -> list[list[bytes]]:
    """Template messages, each to somebody else, shared out to the connections."""
    head = (
        f"POST /v23.0/{account['phone_number_id']}/messages HTTP/1.1\r\nHost: {host}\r\n"
        f"Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: bench\r\n"
        f"Authorization: Bearer {account['token']}\r\nContent-Type: application/json\r\nContent-Length: "
    )
    lanes: list[list[bytes]] = [[] for _ in range(CONNECTIONS)]
    for nth in range(count):
        body = json.dumps(
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": f"+4479{run:02d}{nth:06d}",
                "type": "template",
                "template": {
                    "name": "spring",
                    "language": {"code": "en"},
                    "components": [
                        {
                            "type": "body",
                            "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "20 %"}],
                        }
                    ],
                },
                "biz_opaque_callback_data": f"attempt-{run}-{nth}",
            }
        )
        lanes[nth % CONNECTIONS].append(f"{head}{len(body)}\r\n\r\n{body}".encode())
    return lanes


def _itself(pusher: Pusher) -> Pusher:
    return pusher


async def drive(url: str, lanes: list[list[bytes]], depth: int) -> float:
    """Requests a second of one run. Every answer must be a 200."""
    loop = asyncio.get_running_loop()
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    pushers: list[Pusher] = []
    ends: list[asyncio.Future[int]] = []
    for lane in lanes:
        end: asyncio.Future[int] = loop.create_future()
        pusher = Pusher(lane, depth, end)
        await loop.create_connection(partial(_itself, pusher), where.hostname, where.port)
        pushers.append(pusher)
        ends.append(end)
    started = time.perf_counter()
    for pusher in pushers:
        pusher.push(depth)
    good = sum(await asyncio.gather(*ends))
    seconds = time.perf_counter() - started
    count = sum(len(lane) for lane in lanes)
    assert good == count, f"only {good} of {count} were taken"
    return count / seconds


class Callback(asyncio.Protocol):
    """A webhook callback that says 200 to everything and gives back the challenge."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end]
            stop = end + 4 + int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            if len(data) < stop:
                break
            said = head.partition(b"hub.challenge=")[2].partition(b"&")[0]
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
            data = data[stop:]
        self._rest = data


def prepare(client: httpx.Client, **more: Any) -> dict[str, Any]:
    """A number without limits and a template."""
    made = client.post("/_standin/accounts", json={"throughput": None, **more})
    account: dict[str, Any] = made.raise_for_status().json()
    body = {"type": "BODY", "text": "Dear {{1}}, everything is {{2}} off."}
    wish = {"name": "spring", "components": [body], "waba_id": account["waba_id"]}
    client.post("/_standin/templates", json=wish).raise_for_status()
    return account


def series(url: str, runs: int, count: int, depth: int) -> tuple[list[float], float]:
    """Requests a second of each run, and the stand-in's own microseconds a request."""
    rates: list[float] = []
    with httpx.Client(base_url=url) as client:
        spent = 0.0
        for run in range(runs):
            client.post("/_standin/reset").raise_for_status()
            lanes = requests_for(prepare(client), urlsplit(url).netloc, run, count)
            before = client.get("/_standin/ready").json()["cpu_seconds"]
            rates.append(uvloop.run(drive(url, lanes, depth)))
            spent += client.get("/_standin/ready").json()["cpu_seconds"] - before
            totals = client.get("/_standin/received").json()
            assert (totals["received"], totals["people"], totals["twice"]) == (count, count, 0), totals
    return rates, spent / runs / count * 1e6


async def beside_webhooks(url: str, run: int, count: int) -> tuple[float, float]:
    """Requests a second taken while 3,000 statuses a second are told, and the statuses a second told."""
    loop = asyncio.get_running_loop()
    async with await loop.create_server(Callback, "127.0.0.1", 0) as server:
        callback = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        told, quiet = await asyncio.to_thread(_two_numbers, url, callback, count / STATUSES)
        # Every message of the first number is told of soon: 3,000 a second.
        await drive(url, requests_for(told, urlsplit(url).netloc, run, count), 8)
        async with httpx.AsyncClient(base_url=url) as client:
            before = (await client.get("/_standin/webhooks")).json()["told"]
            started = time.perf_counter()
            rate = await drive(url, requests_for(quiet, urlsplit(url).netloc, run, count), 1)
            seconds = time.perf_counter() - started
            counts = (await client.get("/_standin/webhooks")).json()
            statuses = (counts["told"] - before) / seconds
            await client.post("/_standin/reset")
    return rate, statuses


def _two_numbers(url: str, callback: str, within: float) -> tuple[dict[str, Any], dict[str, Any]]:
    with httpx.Client(base_url=url) as client:
        client.post("/_standin/reset").raise_for_status()
        told = prepare(client, callback_url=callback)
        behaviour = {"sent_after": [0, within], "delivered_share": 0}
        client.post("/_standin/behaviour", json=behaviour).raise_for_status()
        return told, prepare(client, subscribe=False, app_id="8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--requests", type=int, default=60_000, help="a run")
    asked = parser.parse_args()
    runs, count = asked.runs, asked.requests
    figures: dict[str, float] = {}
    with standin() as url:
        for name, depth in (("keepalive", 1), ("pipelined", 8)):
            rates, spent = series(url, runs, count, depth)
            figures[f"cloud_standin_{name}_per_s"] = statistics.median(rates)
            figures[f"cloud_standin_{name}_least_per_s"] = min(rates)
            figures[f"cloud_standin_{name}_cpu_us"] = spent
        both = [uvloop.run(beside_webhooks(url, run, count)) for run in range(runs)]
        figures["cloud_standin_with_webhooks_per_s"] = statistics.median(rate for rate, _ in both)
        figures["cloud_standin_with_webhooks_least_per_s"] = min(rate for rate, _ in both)
        figures["cloud_standin_statuses_per_s"] = statistics.median(told for _, told in both)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
