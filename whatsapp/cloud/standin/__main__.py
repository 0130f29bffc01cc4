"""`python -m whatsapp.cloud.standin --port 9000`: says one line of JSON once it listens, then serves."""

import argparse
import asyncio
import gc
import json
import signal
import sys

from whatsapp.cloud.standin.app import StandIn


def main() -> None:
    parser = argparse.ArgumentParser(prog="whatsapp.cloud.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=int, default=50_000, help="messages kept in full; counts stay exact")
    parser.add_argument("--silence-seconds", type=float, default=60.0)
    parser.add_argument("--webhook-lines", type=int, default=16, help="webhook posts under way at a time")
    asked = parser.parse_args()
    # Hundreds of thousands of small objects live long here: looking through them often finds nothing.
    gc.set_threshold(100_000, 50, 100)
    work = serve(asked)
    try:
        import uvloop
    except ImportError:  # no uvloop for Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


async def serve(asked: argparse.Namespace) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    standin = StandIn(
        host=asked.host,
        port=asked.port,
        seed=asked.seed,
        keep=asked.keep,
        silence_seconds=asked.silence_seconds,
        webhook_lines=asked.webhook_lines,
    )
    async with standin:
        sys.stdout.write(json.dumps({"ready": True, "url": standin.url, "port": standin.port}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    main()
