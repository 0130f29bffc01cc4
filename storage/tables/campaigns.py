"""Campaigns."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    false,
    true,
)

from domain.campaigns.model import AudienceKind, CampaignState, PauseReason
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Json, Moment

campaigns = Table(
    "campaigns",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("created_by", "members.id"),
    Column("name", Text, nullable=False),
    refers("account_id", "accounts.id", nullable=True),
    word("state", CampaignState),
    word("pause_reason", PauseReason, nullable=True),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("media", Json),
    # A template of the official channel, and what fills it.
    Column("template", Json),
    word("audience_kind", AudienceKind, nullable=True),
    Column("audience_ref", Text),
    # The gap between two messages, in microseconds.
    Column("gap_shortest", BigInteger, nullable=False),
    Column("gap_longest", BigInteger, nullable=False),
    Column("scheduled_at", Moment),
    Column("faults_in_row", Integer, nullable=False),
    # Points for each success; fixed at the start.
    Column("price", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("served_at", Moment),
    # The first part of what this is a part of or follows up, itself perhaps. Known once people are frozen.
    Column("origin", BigInteger, index=True),
    # Only within its account's active hours; read on each person's own clock.
    Column("heeds_hours", Boolean, nullable=False, server_default=true()),
    Column("by_their_clock", Boolean, nullable=False, server_default=false()),
    # How to stop stands below the text, on channels where it is ours to say.
    Column("footer", Boolean, nullable=False, server_default=true()),
    one_of("state", CampaignState),
    CheckConstraint("gap_shortest >= 0 AND gap_shortest <= gap_longest", name="gap_ordered"),
    # Ids are never used again: notices are told apart by them, and old buttons name them.
    sqlite_autoincrement=True,
)
Index("ix_campaigns_workspace_id", campaigns.c.workspace_id, campaigns.c.id)
Index("ix_campaigns_account_state", campaigns.c.account_id, campaigns.c.state)
Index("ix_campaigns_state", campaigns.c.state)
