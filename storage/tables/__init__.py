"""Every table there is, by feature."""

from storage.tables.accounts import account_usage, accounts
from storage.tables.base import metadata
from storage.tables.campaigns import campaigns
from storage.tables.chat import chat_inbox, notices, panels, progress_messages, prompts
from storage.tables.contacts import (
    consent_events,
    contact_lists,
    contact_tags,
    contacts,
    imports,
    list_members,
)  # fmt: skip
from storage.tables.delivery import attempts, directs, recipients, replies
from storage.tables.operators import admins, desk, desk_claims, members, workspaces

__all__ = [
    "account_usage", "accounts", "admins", "attempts", "campaigns", "chat_inbox", "consent_events",
    "contact_lists", "contact_tags", "contacts", "desk", "desk_claims", "directs", "imports", "list_members",
    "members", "metadata", "notices", "panels", "progress_messages", "prompts", "recipients", "replies",
    "workspaces",
]  # fmt: skip
