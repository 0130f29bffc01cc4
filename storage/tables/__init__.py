"""Every table there is, by feature."""

from storage.tables.accounts import account_usage, accounts
from storage.tables.automation import rule_hits, rules
from storage.tables.base import metadata
from storage.tables.campaigns import campaigns
from storage.tables.chat import chat_inbox, notices, panels, progress_messages, prompts
from storage.tables.checks import check_asks, check_jobs, number_checks
from storage.tables.cloud import (
    cloud_accounts,
    cloud_counts,
    cloud_people,
    cloud_templates,
    cloud_uploads,
    cloud_webhooks,
)
from storage.tables.contacts import (
    consent_events,
    contact_fields,
    contact_lists,
    contact_tags,
    contacts,
    forgotten,
    imports,
    list_members,
    stop_words,
)  # fmt: skip
from storage.tables.conversations import (
    conversations,
    inbox_groups,
    reply_tellings,
    told_messages,
    topics,
)  # fmt: skip
from storage.tables.delivery import attempts, directs, recipients, replies
from storage.tables.groups import group_imports, group_lists
from storage.tables.hours import account_hours
from storage.tables.linking import linkings, web_leftovers
from storage.tables.operators import activity, admins, desk, desk_claims, invites, members, workspaces
from storage.tables.wallet import ledger, ledger_lines, orders, payments, plan_changes, wallets

__all__ = [
    "account_hours",
    "account_usage",
    "accounts",
    "activity",
    "admins",
    "attempts",
    "campaigns",
    "chat_inbox",
    "check_asks",
    "check_jobs",
    "cloud_accounts",
    "cloud_counts",
    "cloud_people",
    "cloud_templates",
    "cloud_uploads",
    "cloud_webhooks",
    "consent_events",
    "contact_fields",
    "contact_lists",
    "contact_tags",
    "contacts",
    "conversations",
    "desk",
    "desk_claims",
    "directs",
    "forgotten",
    "group_imports",
    "group_lists",
    "imports",
    "inbox_groups",
    "invites",
    "ledger",
    "ledger_lines",
    "linkings",
    "list_members",
    "members",
    "metadata",
    "notices",
    "number_checks",
    "orders",
    "panels",
    "payments",
    "plan_changes",
    "progress_messages",
    "prompts",
    "recipients",
    "replies",
    "reply_tellings",
    "rule_hits",
    "rules",
    "stop_words",
    "told_messages",
    "topics",
    "wallets",
    "web_leftovers",
    "workspaces",
]
