"""Conversations, automation rules, active hours, footers, and people who were forgotten."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.types import Id, Json, Moment

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = "queued claimed sent delivered read failed unknown"
PURPOSES = "test answer"
SOURCES = "signed_up customers wrote_first other operator stop_reply start_reply"
NEW_TABLES = (
    "topics", "inbox_groups", "reply_tellings", "told_messages", "rule_hits", "rules", "account_hours",
    "forgotten",
)  # fmt: skip


def upgrade() -> None:
    _conversations()
    _rules()
    _hours()
    _forgotten()
    _campaigns()
    _directs()
    _replies()
    _words("consent_events", "source", f"{SOURCES} rule", autoincrement=False)


def downgrade() -> None:
    op.execute("DELETE FROM directs WHERE purpose NOT IN ('test', 'answer') OR member_id IS NULL")
    op.execute("DELETE FROM consent_events WHERE source = 'rule'")
    _words("consent_events", "source", SOURCES, autoincrement=False)
    op.drop_index("ix_replies_workspace_id", "replies")
    op.drop_index("ix_replies_conversation_id", "replies")
    with op.batch_alter_table("replies") as table:
        table.drop_constraint("fk_replies_conversation_id", type_="foreignkey")
        for column in ("heard", "kept", "attachment", "media", "conversation_id"):
            table.drop_column(column)
    op.drop_index("ix_directs_conversation_id", "directs")
    op.drop_index("ix_directs_tick_id", "directs")
    op.drop_index("ix_directs_to_show", "directs")
    _open_directs(["account_id", "id"])
    with op.batch_alter_table("directs", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint("fk_directs_conversation_id", type_="foreignkey")
        for column in ("tries", "due_at", "shown", "tick_id", "thread_id", "asked_by", "conversation_id"):
            table.drop_column(column)
        table.alter_column("member_id", existing_type=Id, nullable=False)
        table.alter_column("chat_id", existing_type=sa.BigInteger(), nullable=False)
    _words("directs", "purpose", PURPOSES, autoincrement=True)
    for column in ("footer", "by_their_clock", "heeds_hours"):
        op.drop_column("campaigns", column)
    op.drop_index("ix_contacts_forgotten", "contacts")
    op.drop_column("contacts", "forgotten_at")
    op.drop_column("workspaces", "forget_key")
    for name in NEW_TABLES:
        op.drop_table(name)
    op.drop_table("conversations")


def _known(name: str, column: str, words: str) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(name))


def _words(table: str, column: str, words: str, *, autoincrement: bool) -> None:
    """From now on the column may hold these."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    name = op.f(f"ck_{table}_{column}_known")
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": autoincrement}) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, sa.text(f"{column} IN ({listed})"))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", Id, sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("contact_id", Id),
        sa.Column("campaign_id", Id),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("muted_at", Moment()),
        sa.Column("handed_at", Moment()),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("last_text", sa.Text(), nullable=False),
        sa.Column("last_reply_id", Id),
        _known("ck_conversations_state_known", "state", "open done"),
        _refers("conversations", "workspace_id", "workspaces.id"),
        _refers("conversations", "account_id", "accounts.id"),
        _refers("conversations", "contact_id", "contacts.id"),
        _refers("conversations", "campaign_id", "campaigns.id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("account_id", "number", name="uq_conversations_account_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_last_at", "conversations", ["workspace_id", "last_at"])
    for name, which in (("unread", sa.text("unread > 0")), ("read", sa.text("unread = 0"))):
        columns = ["workspace_id", "state", "last_at"]
        op.create_index(
            f"ix_conversations_{name}", "conversations", columns, sqlite_where=which, postgresql_where=which
        )
    op.create_index("ix_conversations_contact_id", "conversations", ["contact_id"])
    op.create_table(
        "told_messages",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", Id),
        sa.Column("reply_id", Id, nullable=False),
        _refers("told_messages", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name="pk_told_messages"),
    )
    columns = ["conversation_id", "chat_id", "reply_id"]
    op.create_index("ix_told_messages_conversation_id", "told_messages", columns)
    op.create_table(
        "reply_tellings",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("newest", Id, nullable=False),
        sa.Column("told", Id, nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        _refers("reply_tellings", "workspace_id", "workspaces.id"),
        sa.PrimaryKeyConstraint("chat_id", "workspace_id", name="pk_reply_tellings"),
    )
    op.create_table(
        "inbox_groups",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        _refers("inbox_groups", "workspace_id", "workspaces.id"),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_inbox_groups"),
        sa.UniqueConstraint("chat_id", name="uq_inbox_groups_chat_id"),
    )
    op.create_table(
        "topics",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        _refers("topics", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("chat_id", "thread_id", name="pk_topics"),
        sa.UniqueConstraint("chat_id", "conversation_id", name="uq_topics_chat_id_conversation_id"),
    )
    op.create_index("ix_topics_conversation_id", "topics", ["conversation_id"])


def _rules() -> None:
    op.create_table(
        "rules",
        sa.Column("id", Id, sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media", Json),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("opt_out", sa.Boolean(), nullable=False),
        sa.Column("hand_over", sa.Boolean(), nullable=False),
        sa.Column("stop_here", sa.Boolean(), nullable=False),
        sa.Column("cooldown", sa.BigInteger(), nullable=False),
        sa.Column("only_in_hours", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_until", sa.Date()),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        _known("ck_rules_kind_known", "kind", "equals contains regex any first no_match"),
        _refers("rules", "workspace_id", "workspaces.id"),
        sa.PrimaryKeyConstraint("id", name="pk_rules"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rules_workspace_id", "rules", ["workspace_id", "position"])
    op.create_table(
        "rule_hits",
        sa.Column("id", Id, sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        _refers("rule_hits", "rule_id", "rules.id"),
        _refers("rule_hits", "conversation_id", "conversations.id"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_hits"),
    )
    op.create_index("ix_rule_hits_rule_id", "rule_hits", ["rule_id", "id"])
    op.create_index("ix_rule_hits_conversation_id", "rule_hits", ["conversation_id", "at"])


def _hours() -> None:
    op.create_table(
        "account_hours",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("week", Json, nullable=False),
        sa.Column("holidays", Json, nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        _refers("account_hours", "account_id", "accounts.id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_hours"),
    )


def _forgotten() -> None:
    op.create_table(
        "forgotten",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("stopped_at", Moment()),
        _refers("forgotten", "workspace_id", "workspaces.id"),
        sa.PrimaryKeyConstraint("workspace_id", "mark", name="pk_forgotten"),
        sqlite_with_rowid=False,
    )
    op.add_column("contacts", sa.Column("forgotten_at", Moment()))
    gone = sa.text("forgotten_at IS NOT NULL")
    op.create_index(
        "ix_contacts_forgotten", "contacts", ["workspace_id"], sqlite_where=gone, postgresql_where=gone
    )
    op.add_column("workspaces", sa.Column("forget_key", sa.Text()))


def _campaigns() -> None:
    for name, default in (("heeds_hours", sa.true()), ("by_their_clock", sa.false()), ("footer", sa.true())):
        op.add_column("campaigns", sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
    # What was agreed on before goes out as it was shown.
    op.execute(sa.text("UPDATE campaigns SET footer = false WHERE state <> 'draft'"))


def _directs() -> None:
    _words("directs", "purpose", f"{PURPOSES} auto confirm", autoincrement=True)
    with op.batch_alter_table("directs", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("member_id", existing_type=Id, nullable=True)
        table.alter_column("chat_id", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("conversation_id", Id))
        for name in ("asked_by", "thread_id", "tick_id"):
            table.add_column(sa.Column(name, sa.BigInteger()))
        table.add_column(sa.Column("shown", sa.Text()))
        table.add_column(sa.Column("due_at", Moment()))
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        name = op.f("fk_directs_conversation_id")
        table.create_foreign_key(name, "conversations", ["conversation_id"], ["id"])
    shows = sa.text("purpose = 'answer' AND (shown IS NULL OR shown <> state)")
    op.create_index("ix_directs_to_show", "directs", ["id"], sqlite_where=shows, postgresql_where=shows)
    op.create_index("ix_directs_conversation_id", "directs", ["conversation_id", "id"])
    op.create_index("ix_directs_tick_id", "directs", ["chat_id", "tick_id"])
    _open_directs(["account_id", "purpose", "id"])


def _open_directs(columns: list[str]) -> None:
    waits = sa.text("state IN ('queued', 'claimed')")
    op.drop_index("ix_directs_open", "directs")
    op.create_index("ix_directs_open", "directs", columns, sqlite_where=waits, postgresql_where=waits)


def _replies() -> None:
    with op.batch_alter_table("replies") as table:
        table.add_column(sa.Column("conversation_id", Id))
        table.add_column(sa.Column("media", sa.Text()))
        table.add_column(sa.Column("attachment", Json))
        table.add_column(sa.Column("kept", Json))
        table.add_column(sa.Column("heard", sa.Text()))
        name = op.f("fk_replies_conversation_id")
        table.create_foreign_key(name, "conversations", ["conversation_id"], ["id"])
    op.create_index("ix_replies_conversation_id", "replies", ["conversation_id", "id"])
    op.create_index("ix_replies_workspace_id", "replies", ["workspace_id", "id"])
