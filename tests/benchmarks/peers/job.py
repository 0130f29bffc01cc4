"""What a peer does for one message, the same for each of them: claim the row, post the message, record it.

The row is PostgreSQL's with synchronous_commit on: a commit is on the disk before anybody goes on. A message
whose row is claimed already is left alone, as by MassSender: nobody is written to twice.

Runs in the peers' own environment, so nothing of MassSender's is imported here.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import httpx
import psycopg
from psycopg_pool import AsyncConnectionPool

#: Jobs under way at a time, where the peer says how many.
AT_ONCE: Final = 50
#: PostgreSQL does not get quicker with more of them on a small machine.
CONNECTIONS: Final = 20
TIMEOUT: Final = 60

CLAIM: Final = (
    "INSERT INTO sent (n, claimed_at) VALUES (%s, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING n"
)
RECORD: Final = "UPDATE sent SET wamid = %s, recorded_at = clock_timestamp() WHERE n = %s"


def postgres() -> str:
    return os.environ["PEERS_POSTGRES"]


def redis() -> str:
    return os.environ["PEERS_REDIS"]


def address() -> str:
    return os.environ["PEERS_MESSAGES"]


def headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ['PEERS_TOKEN']}"}


def message(n: int) -> dict[str, Any]:
    """As MassSender sends it: the same template, filled for the n-th person."""
    values = [{"type": "text", "text": f"Person {n}"}, {"type": "text", "text": "Bonn"}]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "biz_opaque_callback_data": f"peer-{n}",
        "to": f"+9053{n:08d}",
        "type": "template",
        "template": {
            "name": "sale",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": values}],
        },
    }


def connect() -> psycopg.Connection[Any]:
    return psycopg.connect(postgres(), autocommit=True)


def send(n: int, connection: psycopg.Connection[Any], post: Callable[..., Any]) -> None:
    """`post`: of requests or httpx, which agree about what is used here."""
    if connection.execute(CLAIM, [n]).fetchone() is None:
        return
    answer = post(address(), json=message(n), headers=headers(), timeout=TIMEOUT)
    answer.raise_for_status()
    connection.execute(RECORD, [answer.json()["messages"][0]["id"], n])


class Kept:
    """A client and connections that an asyncio worker keeps open for all its jobs."""

    async def open(self) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self.client = httpx.AsyncClient(limits=limits, timeout=TIMEOUT, trust_env=False)
        self.pool = AsyncConnectionPool(
            postgres(), min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}, open=False
        )
        await self.pool.open(wait=True)

    async def send(self, n: int) -> None:
        async with self.pool.connection() as connection:
            claimed = await (await connection.execute(CLAIM, [n])).fetchone()
        if claimed is None:
            return
        answer = await self.client.post(address(), json=message(n), headers=headers())
        answer.raise_for_status()
        async with self.pool.connection() as connection:
            await connection.execute(RECORD, [answer.json()["messages"][0]["id"], n])

    async def close(self) -> None:
        await self.client.aclose()
        await self.pool.close()
