"""Which numbers are on WhatsApp, as far as was asked."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from domain.accounts.checks import CheckState
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Moment

number_checks = Table(
    "number_checks",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("number", Text, primary_key=True),
    # NULL: WhatsApp was asked and did not say.
    Column("on_whatsapp", Boolean),
    Column("at", Moment, nullable=False),
    # Whose number it is, found sooner by it; NULL where the version before wrote it. No reference: whoever
    # is wiped or forgotten has no row here.
    Column("contact_id", Id),
    sqlite_with_rowid=False,
)

#: What an account has asked, answered or not: kept so that a day's limit holds whatever is killed.
check_asks = Table(
    "check_asks",
    metadata,
    own_id(),
    refers("account_id", "accounts.id"),
    Column("numbers", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_check_asks_account_id", check_asks.c.account_id, check_asks.c.at)

check_jobs = Table(
    "check_jobs",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("account_id", "accounts.id"),
    refers("campaign_id", "campaigns.id"),
    Column("chat_id", BigInteger, nullable=False),
    word("state", CheckState),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("reason", Text),
    Column("next_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    one_of("state", CheckState),
    sqlite_autoincrement=True,
)
_RUNNING = text("state = 'running'")
Index(
    "uq_check_jobs_running", check_jobs.c.campaign_id, unique=True,
    sqlite_where=_RUNNING, postgresql_where=_RUNNING,
)  # fmt: skip
Index("ix_check_jobs_campaign_id", check_jobs.c.campaign_id, check_jobs.c.id)
