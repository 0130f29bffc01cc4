"""Wallets with their ledger, plans, orders and payments."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, text

from domain.wallet.model import EntryKind
from domain.wallet.orders import OrderState, PaymentState
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Moment, Word

#: The sums of the ledger, written in the same transaction as its entries.
wallets = Table(
    "wallets",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("owed", BigInteger, nullable=False),
    Column("plan_until", Moment),
    # Up to this entry `ledger_lines` has those of campaigns.
    Column("rolled_up", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("held >= 0 AND owed >= 0 AND balance >= held", name="never_below_zero"),
)

ledger = Table(
    "ledger",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("key", Text, nullable=False, unique=True),
    word("kind", EntryKind),
    Column("points", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("owed", BigInteger, nullable=False),
    refers("campaign_id", "campaigns.id", nullable=True),
    refers("recipient_id", "recipients.id", nullable=True),
    refers("member_id", "members.id", nullable=True),
    Column("note", Text),
    Column("at", Moment, nullable=False),
    one_of("kind", EntryKind),
)
Index("ix_ledger_workspace_id", ledger.c.workspace_id, ledger.c.id)
_SINGLE = text("campaign_id IS NULL")
Index(
    "ix_ledger_single", ledger.c.workspace_id, ledger.c.id,
    sqlite_where=_SINGLE, postgresql_where=_SINGLE,
)  # fmt: skip

#: Entries of each campaign and kind in sum, as far as a wallet's `rolled_up`; what came later is added where
#: it is asked. Entries never change, so what was summed once stays true, whoever writes.
ledger_lines = Table(
    "ledger_lines",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    refers("campaign_id", "campaigns.id", primary_key=True),
    Column("kind", Word(EntryKind), primary_key=True),
    Column("points", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("owed", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text),
    Column("newest", Id, nullable=False),
    sqlite_with_rowid=False,
)

plan_changes = Table(
    "plan_changes",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("key", Text, nullable=False, unique=True),
    Column("days", Integer, nullable=False),
    Column("ends_at", Moment, nullable=False),
    refers("member_id", "members.id", nullable=True),
    Column("note", Text),
    Column("at", Moment, nullable=False),
)
Index("ix_plan_changes_workspace_id", plan_changes.c.workspace_id)

orders = Table(
    "orders",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("member_id", "members.id"),
    Column("telegram_id", BigInteger, nullable=False),
    Column("payload", Text, nullable=False, unique=True),
    Column("points", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("stars", Integer, nullable=False),
    word("state", OrderState),
    Column("at", Moment, nullable=False),
    one_of("state", OrderState),
)
Index("ix_orders_workspace_id", orders.c.workspace_id)

payments = Table(
    "payments",
    metadata,
    Column("charge_id", Text, primary_key=True),
    refers("order_id", "orders.id", nullable=True),
    refers("workspace_id", "workspaces.id", nullable=True),
    Column("telegram_id", BigInteger, nullable=False, index=True),
    Column("points", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("stars", Integer, nullable=False),
    word("state", PaymentState),
    Column("at", Moment, nullable=False),
    Column("refunded_at", Moment),
    one_of("state", PaymentState),
)
Index("ix_payments_workspace_id", payments.c.workspace_id, payments.c.at)
Index("ix_payments_state", payments.c.state)
