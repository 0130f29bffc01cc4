"""A desk grown to a million contacts, quickly: rows are made by the database itself, in a statement a table.

It begins from the bakery (tests/architecture/bakery.py), which has one of everything that a button can name;
its lists, tags, campaigns and conversations are those that grow, so every button leads to something large.
"""

# ruff: noqa: S608 -- of numbers and words of this file

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.campaigns.model import CampaignState
from domain.kernel.ids import WorkspaceId
from storage.contact_search import behind, take_in
from storage.ledger import SqlLedger
from storage.types import Moment
from tests.architecture.bakery import TAG
from tests.fakes.stores import NOW

PEOPLE: Final = 1_000_000
#: On each of the bakery's first lists: what one import brings. The last one has everybody else.
ON_A_LIST: Final = 200_000
LISTS: Final = 5
#: Every third person.
FEW: Final = "regulars"
#: Tags of 2,000 people each.
TAGS: Final = 60
RECIPIENTS: Final = 200_000
LARGE: Final = (CampaignState.RUNNING, CampaignState.COMPLETED, CampaignState.PAUSED)
OTHERS: Final = 2_000
TALKS: Final = 100_000
LINES: Final = 100_000
#: Numbers that were asked about: 200 a day and account for a month, of three accounts.
CHECKED: Final = 18_000

FIRST: Final = (
    "Ayşe", "Can", "Deniz", "Elif", "Fatma", "Hasan", "İbrahim", "Jale", "Kemal", "Leyla", "Mehmet", "Nur",
    "Oya", "Pınar", "Rana", "Selim", "Tuna", "Ufuk", "Veli", "Yasemin", "Zeynep",
)  # fmt: skip
LAST: Final = (
    "Aydın", "Bulut", "Çelik", "Demir", "Erdoğan", "Güneş", "Işık", "Kaya", "Öztürk", "Polat", "Şahin",
    "Taş", "Uçar", "Yıldız", "Zengin", "Arslan", "Koç", "Kurt", "Özkan",
)  # fmt: skip

_COUNTED: Final = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {most}) "
_COUNTED_ON_POSTGRES: Final = "WITH n(i) AS (SELECT generate_series(0, {most} - 1)) "


@dataclass(frozen=True, slots=True)
class Filler:
    """Statements in the words of either database."""

    db: AsyncConnection

    @property
    def on_sqlite(self) -> bool:
        return self.db.dialect.name == "sqlite"

    def moment(self, at: datetime = NOW) -> str:
        if self.on_sqlite:
            return str(Moment().process_bind_param(at, self.db.dialect))
        return f"TIMESTAMPTZ '{at.isoformat()}'"

    def seconds(self, after: str, *, since: datetime = NOW) -> str:
        """So many seconds after a moment; `after` is an expression."""
        if self.on_sqlite:
            return f"{self.moment(since)} + ({after}) * 1000000"
        return f"{self.moment(since)} + ({after}) * INTERVAL '1 second'"

    def digits(self, number: str, length: int) -> str:
        return f"SUBSTR(CAST({10**length} + {number} AS TEXT), 2)"

    def json(self, words: str) -> str:
        return words if self.on_sqlite else f"CAST({words} AS JSONB)"

    async def run(self, statement: str, *, most: int = 0, **values: Any) -> None:
        counted = _COUNTED if self.on_sqlite else _COUNTED_ON_POSTGRES
        words = statement.replace("@n", counted.format(most=most).strip())
        await self.db.execute(text(words), values)

    async def ids(self, question: str, **values: Any) -> list[int]:
        return [row[0] for row in await self.db.execute(text(question), values)]


async def fill(db: AsyncConnection, *, people: int = PEOPLE) -> None:
    """All of it, in one transaction."""
    filler = Filler(db)
    [space] = await filler.ids("SELECT MIN(id) FROM workspaces")
    await _people(filler, space, people)
    await _lists_and_tags(filler, space, people)
    account = await _campaigns(filler, space)
    await _talks(filler, space, account)
    await _books(filler, space, account)
    # As the bot does when there is nothing to import.
    while await behind(db):
        await take_in(db, people)
    await db.commit()
    if not filler.on_sqlite:
        # Which PostgreSQL does by itself.
        await db.execute(text("ANALYZE"))
        await db.commit()


def _folded(name: str) -> str:
    from domain.contacts.folding import folded

    return folded(name)


async def _people(f: Filler, space: int, people: int) -> None:
    """One in 25 has said stop, one in 16 has not been asked; names are spread over the alphabet, one in 50 of
    them with a number."""
    rows = ", ".join(f"({n}, '{name}', '{_folded(name)}')" for n, name in enumerate(FIRST))
    more = ", ".join(f"({n}, '{name}', '{_folded(name)}')" for n, name in enumerate(LAST))
    number = "CASE WHEN i % 50 = 0 THEN ' ' || (i % 997) ELSE '' END"
    city = f.json('\'{"city":"City \' || (i % 81) || \'","no":"\' || i || \'"}\'')
    await f.run(
        f"""INSERT INTO contacts (workspace_id, number, name, name_folded, attributes, consent, created_at,
                changed_at)
            @n, one(k, name, folded) AS (VALUES {rows}), two(k, name, folded) AS (VALUES {more})
            SELECT {space}, '+9054' || {f.digits("i", 8)}, one.name || ' ' || two.name || {number},
                one.folded || ' ' || two.folded || {number}, {city},
                CASE WHEN i % 25 = 0 THEN 'revoked' WHEN i % 16 = 0 THEN 'unrecorded' ELSE 'granted' END,
                {f.moment()}, {f.moment()}
            FROM n JOIN one ON one.k = i % {len(FIRST)} JOIN two ON two.k = i % {len(LAST)}""",
        most=people,
    )  # fmt: skip
    await f.run(
        f"INSERT INTO contact_fields (workspace_id, name) VALUES ({space}, 'city'), ({space}, 'no')"
        " ON CONFLICT DO NOTHING"
    )
    await f.run(
        f"""INSERT INTO consent_events (contact_id, granted, source, evidence, at)
            SELECT id, consent = 'granted', 'customers', 'customers.xlsx', {f.moment()}
            FROM contacts WHERE workspace_id = {space} AND consent <> 'unrecorded'"""
    )


async def _lists_and_tags(f: Filler, space: int, people: int) -> None:
    lists = await f.ids(
        f"SELECT id FROM contact_lists WHERE workspace_id = {space} ORDER BY id LIMIT {LISTS}"
    )
    [first] = await f.ids(f"SELECT MIN(id) FROM contacts WHERE number = '+9054{0:08}'")
    for n, one in enumerate(lists):
        last = first + ON_A_LIST * (n + 1) if n < LISTS - 1 else first + people
        await f.run(
            f"""INSERT INTO list_members (list_id, contact_id) SELECT {one}, id FROM contacts
                WHERE id >= {first + ON_A_LIST * n} AND id < {last} AND workspace_id = {space}
                ORDER BY id"""
        )
    tags = [(TAG, f"id < {first + ON_A_LIST}"), (FEW, "id % 3 = 0")]
    tags += [(f"tag {n:02}", f"id < {first + 2_000}") for n in range(TAGS)]
    for tag, which in tags:
        await f.run(
            f"""INSERT INTO contact_tags (contact_id, tag, workspace_id) SELECT id, :tag, {space}
                FROM contacts WHERE id >= {first} AND {which} AND workspace_id = {space} ORDER BY id""",
            tag=tag,
        )
    await f.run(
        f"""INSERT INTO number_checks (workspace_id, number, on_whatsapp, at, contact_id)
            SELECT workspace_id, number, id % 50 <> 0, {f.moment()}, id FROM contacts
            WHERE workspace_id = {space} AND id >= {first} AND id < {first + CHECKED} ORDER BY number"""
    )


#: Recipients by what became of them, of a hundred.
FATES: Final[dict[CampaignState, str]] = {
    CampaignState.RUNNING: "WHEN i % 100 < 40 THEN 'waiting' WHEN i % 100 < 41 THEN 'unknown'",
    CampaignState.PAUSED: "WHEN i % 100 < 70 THEN 'waiting' WHEN i % 100 < 71 THEN 'unknown'",
    CampaignState.COMPLETED: "WHEN i % 100 < 1 THEN 'unknown' WHEN i % 100 < 2 THEN 'skipped'",
}
_SENT: Final = "state IN ('sent', 'delivered', 'read')"


async def _campaigns(f: Filler, space: int) -> int:
    """Returns the account that they leave from."""
    [account] = await f.ids(f"SELECT MIN(id) FROM accounts WHERE workspace_id = {space}")
    for state in LARGE:
        [id] = await f.ids(
            f"SELECT MIN(id) FROM campaigns WHERE workspace_id = {space} AND state = '{state.value}'"
        )
        fates = (
            f"CASE {FATES[state]} WHEN i % 100 < 74 THEN 'read' WHEN i % 100 < 90 THEN 'delivered'"
            " WHEN i % 100 < 94 THEN 'failed' WHEN i % 100 < 97 THEN 'excluded' ELSE 'sent' END"
        )
        await f.run(
            f"""INSERT INTO recipients (campaign_id, contact_id, number, name, state, reason, attempts,
                    due_at, sent_at, delivered_at, read_at, replied_at, settled, settlements)
                WITH p AS (SELECT id, number, name, id AS i FROM contacts
                    WHERE workspace_id = {space} AND number >= '+9054' AND consent = 'granted'
                    ORDER BY number LIMIT {RECIPIENTS}),
                fated AS (SELECT p.*, {fates} AS state FROM p)
                SELECT {id}, id, number, name, state,
                    CASE state WHEN 'excluded' THEN 'no_consent' WHEN 'failed' THEN
                        CASE i % 3 WHEN 0 THEN 'not_on_whatsapp' ELSE 'timeout' END END,
                    CASE WHEN state IN ('waiting', 'excluded', 'skipped') THEN 0 ELSE 1 END,
                    CASE state WHEN 'waiting' THEN {f.moment()} END,
                    CASE WHEN {_SENT} THEN {f.seconds("i % 3000", since=NOW - timedelta(hours=5))} END,
                    CASE WHEN state IN ('delivered', 'read') THEN {f.seconds("i % 3600 - 7200")} END,
                    CASE WHEN state = 'read' THEN {f.seconds("i % 3600 - 3600")} END,
                    CASE WHEN {_SENT} AND i % 10 = 0 THEN {f.seconds("i % 3600 - 3600")} END,
                    CASE WHEN {_SENT} THEN 'spent' WHEN state IN ('failed', 'skipped') THEN 'back'
                        WHEN state <> 'excluded' THEN 'held' END, 1
                FROM fated"""
        )  # fmt: skip
        await f.run(
            f"""INSERT INTO ledger (workspace_id, key, kind, points, held, owed, campaign_id, recipient_id,
                    at)
                SELECT {space}, 'bench:' || id, 'spend', -1, -1, 0, campaign_id, id, {f.moment()}
                FROM recipients WHERE campaign_id = {id} AND settled = 'spent'"""
        )
    await _small_campaigns(f, space, account)
    return account


async def _small_campaigns(f: Filler, space: int, account: int) -> None:
    """Two years of them, 50 people each."""
    columns = (
        "workspace_id, created_by, account_id, version, text, audience_kind, audience_ref, gap_shortest,"
        " gap_longest, faults_in_row, price, created_at, changed_at, started_at, finished_at"
    )
    [like] = await f.ids(
        f"SELECT MIN(id) FROM campaigns WHERE workspace_id = {space} AND state = 'completed'"
    )
    await f.run(
        f"""INSERT INTO campaigns ({columns}, name, state)
            @n SELECT {", ".join(f"c.{one.strip()}" for one in columns.split(","))}, 'March ' || i,
                CASE WHEN i % 10 = 0 THEN 'cancelled' ELSE 'completed' END
            FROM n JOIN campaigns c ON c.id = {like}""",
        most=OTHERS,
    )
    await f.run(
        f"""INSERT INTO recipients (campaign_id, contact_id, number, name, state, attempts, sent_at)
            SELECT c.id, p.id, p.number, p.name, 'read', 1, {f.moment(NOW - timedelta(days=30))}
            FROM campaigns c JOIN contacts p ON p.workspace_id = {space} AND p.number >= '+9054'
                AND p.number < '+9054{50:08}'
            WHERE c.workspace_id = {space} AND c.name LIKE 'March %'"""
    )


async def _talks(f: Filler, space: int, account: int) -> None:
    who = f"""SELECT id, number, name, id AS i FROM contacts WHERE workspace_id = {space}
              AND number >= '+9054' ORDER BY number LIMIT {TALKS}"""
    await f.run(
        f"""INSERT INTO conversations (workspace_id, account_id, number, contact_id, state, unread, last_at,
                last_text)
            SELECT {space}, {account}, number, id, CASE WHEN i % 4 = 0 THEN 'done' ELSE 'open' END,
                CASE WHEN i % 4 = 1 THEN 2 ELSE 0 END, {f.seconds("-(i % 86400)")}, 'Is it open today?'
            FROM ({who}) AS p"""
    )
    for n in range(2):
        await f.run(
            f"""INSERT INTO replies (workspace_id, account_id, event, number, text, at, contact_id,
                    conversation_id)
                SELECT workspace_id, account_id, 'bench {n} ' || id, number, 'Is it open today?',
                    {f.seconds("-(id % 86400)")}, contact_id, id
                FROM conversations WHERE workspace_id = {space} AND last_text = 'Is it open today?'"""
        )
    [rule] = await f.ids(f"SELECT MIN(id) FROM rules WHERE workspace_id = {space}")
    await f.run(
        f"""INSERT INTO rule_hits (rule_id, conversation_id, at) SELECT {rule}, id, {f.moment()}
            FROM conversations WHERE workspace_id = {space}"""
    )
    await f.run(
        f"""INSERT INTO directs (workspace_id, account_id, purpose, key, number, text, state, queued_at,
                conversation_id)
            SELECT workspace_id, account_id, 'auto', 'bench ' || id, number, 'Until six.', 'read',
                {f.moment()}, id
            FROM conversations WHERE workspace_id = {space}"""
    )


async def _books(f: Filler, space: int, account: int) -> None:
    """Single movements, the activity log, what was counted of the last day, files that came in."""
    await f.run(
        f"""INSERT INTO ledger (workspace_id, key, kind, points, held, owed, note, at)
            @n SELECT {space}, 'bench gift ' || i, 'grant', 1, 0, 0, 'a gift', {f.moment()} FROM n""",
        most=LINES // 10,
    )
    await f.run(
        f"""UPDATE wallets SET
                balance = (SELECT SUM(points) FROM ledger WHERE workspace_id = {space}) + 2000000
            WHERE workspace_id = {space}"""
    )
    # As settling does from time to time.
    purse = SqlLedger(f.db)
    await purse._close(await purse.wallet(WorkspaceId(space)))
    topics = "CASE i % 3 WHEN 0 THEN 'campaigns' WHEN 1 THEN 'contacts' ELSE 'settings' END"
    empty = f.json("'{}'")
    await f.run(
        f"""INSERT INTO activity (workspace_id, at, telegram_id, who, topic, what, screen, about, before,
                after)
            @n SELECT {space}, {f.moment()}, 1001 + i % 8, 'Ayşe', {topics}, 'contact.added', 'contacts',
                'Can', {empty}, {empty} FROM n""",
        most=LINES,
    )
    await f.run(
        f"""INSERT INTO account_usage (account_id, minute, claims)
            @n SELECT {account}, {f.seconds("-60 * i", since=NOW - timedelta(minutes=1))}, 2 FROM n""",
        most=60 * 24 * 7,
    )
    [cloud] = await f.ids("SELECT MAX(account_id) FROM cloud_accounts")
    await f.run(
        f"""INSERT INTO cloud_people (account_id, number, wrote_at, counted_at)
            SELECT {cloud}, number, {f.seconds("-(id % 30) * 86000")}, {f.moment()} FROM contacts
            WHERE workspace_id = {space} AND number >= '+9054' ORDER BY number LIMIT {TALKS}"""
    )
