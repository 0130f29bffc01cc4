"""MassSender's side, in a process of its own with the settings of `masssender run`: one line of JSON.

python -m tests.benchmarks.peers.masssender --database … --standin … --account … --messages 5000
"""

import argparse
import asyncio
import json
import sys
import time

from sqlalchemy import func, select

from bot.cli import TURN_SECONDS
from bot.memory import keep_what_is_loaded
from storage.database import Database
from storage.migrate import migrate
from storage.tables import recipients
from tests.benchmarks.cloud_pour_bench import send_all
from tests.benchmarks.peers.processor import processor_seconds


async def measure(asked: argparse.Namespace) -> dict[str, float]:
    """`recorded`: rows that say that their message was sent."""

    def processor() -> float:
        return time.process_time() + sum(processor_seconds(pid) for pid in asked.servers)

    await migrate(asked.database)
    async with Database.open(asked.database) as database:
        # As App.run does: what is loaded by now need not be looked through again and again.
        keep_what_is_loaded()
        spent = await send_all(
            database, asked.standin, json.loads(asked.account), people=asked.messages, throughput=None,
            processor=processor,
        )  # fmt: skip
        async with database.reading() as connection:
            rows = select(func.count()).select_from(recipients).where(recipients.c.sent_at.is_not(None))
            recorded = (await connection.execute(rows)).scalar_one()
    return {"seconds": spent.seconds, "processor": spent.processor, "recorded": recorded}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--standin", required=True)
    parser.add_argument("--account", required=True, help="JSON, as the stand-in made it")
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--servers", type=int, nargs="*", default=[], help="whose processor time counts too")
    sys.setswitchinterval(TURN_SECONDS)
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
