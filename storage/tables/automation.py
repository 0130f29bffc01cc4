"""Automation rules, and whom they served."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Table, Text

from domain.automation.model import When
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Json, Moment

rules = Table(
    "rules",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    Column("position", Integer, nullable=False),
    word("kind", When),
    Column("words", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("media", Json),
    Column("tag", Text, nullable=False),
    Column("opt_out", Boolean, nullable=False),
    Column("hand_over", Boolean, nullable=False),
    Column("stop_here", Boolean, nullable=False),
    # Seconds.
    Column("cooldown", BigInteger, nullable=False),
    Column("only_in_hours", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("is_on", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    one_of("kind", When),
    # Ids are never used again: old buttons and hits name them.
    sqlite_autoincrement=True,
)
Index("ix_rules_workspace_id", rules.c.workspace_id, rules.c.position)

#: One for each time that a rule served somebody.
rule_hits = Table(
    "rule_hits",
    metadata,
    own_id(),
    refers("rule_id", "rules.id"),
    refers("conversation_id", "conversations.id"),
    Column("at", Moment, nullable=False),
)
Index("ix_rule_hits_rule_id", rule_hits.c.rule_id, rule_hits.c.id)
Index("ix_rule_hits_conversation_id", rule_hits.c.conversation_id, rule_hits.c.at)
