"""Taking away all that a workspace has gathered, in an order that leaves no row without what it refers to."""

from collections.abc import Iterator

from sqlalchemy import Delete, Select, Table, delete, or_, select

from domain.kernel.ids import WorkspaceId
from storage.tables import (
    account_hours,
    account_usage,
    accounts,
    attempts,
    campaigns,
    check_asks,
    check_jobs,
    cloud_accounts,
    cloud_counts,
    cloud_people,
    cloud_templates,
    cloud_uploads,
    consent_events,
    contact_fields,
    contact_lists,
    contact_tags,
    contacts,
    conversations,
    directs,
    forgotten,
    group_imports,
    group_lists,
    imports,
    inbox_groups,
    ledger,
    ledger_lines,
    linkings,
    list_members,
    members,
    number_checks,
    orders,
    payments,
    plan_changes,
    progress_messages,
    prompts,
    recipients,
    replies,
    reply_tellings,
    rule_hits,
    rules,
    stop_words,
    told_messages,
    topics,
    wallets,
)


def wipe_statements(workspace_id: WorkspaceId) -> Iterator[Delete]:
    """To be run in this order, in one transaction."""

    def ids(table: Table) -> Select[tuple[int]]:
        return select(table.c.id).where(table.c.workspace_id == workspace_id)

    sent_to = select(recipients.c.id).where(recipients.c.campaign_id.in_(ids(campaigns)))
    chats = select(members.c.telegram_id).where(members.c.workspace_id == workspace_id)
    of_ours = select(conversations.c.id).where(conversations.c.workspace_id == workspace_id)
    yield _told_of_many(workspace_id, chats)
    for table in (told_messages, topics, rule_hits):
        yield delete(table).where(table.c.conversation_id.in_(of_ours))
    yield delete(account_hours).where(account_hours.c.account_id.in_(ids(accounts)))
    for table in (reply_tellings, inbox_groups, rules, forgotten, imports, stop_words):
        yield delete(table).where(table.c.workspace_id == workspace_id)
    # A charge is known by its name for ever elsewhere; here it goes with the order it paid.
    for table in (payments, orders, plan_changes, ledger, ledger_lines, wallets, replies, directs):
        yield delete(table).where(table.c.workspace_id == workspace_id)
    yield delete(conversations).where(conversations.c.workspace_id == workspace_id)
    for table in (check_jobs, group_imports, group_lists, linkings, number_checks):
        yield delete(table).where(table.c.workspace_id == workspace_id)
    yield delete(check_asks).where(check_asks.c.account_id.in_(ids(accounts)))
    yield delete(attempts).where(attempts.c.recipient_id.in_(sent_to))
    yield delete(recipients).where(
        or_(recipients.c.campaign_id.in_(ids(campaigns)), recipients.c.contact_id.in_(ids(contacts)))
    )
    yield delete(progress_messages).where(progress_messages.c.campaign_id.in_(ids(campaigns)))
    yield delete(campaigns).where(campaigns.c.workspace_id == workspace_id)
    # Templates are the business account's, which may send for other workspaces too.
    c = cloud_accounts.c
    others = select(c.waba_id).where(c.account_id.not_in(ids(accounts)))
    ours = select(c.waba_id).where(c.account_id.in_(ids(accounts)), c.waba_id.not_in(others))
    yield delete(cloud_templates).where(cloud_templates.c.waba_id.in_(ours))
    remotes = select(accounts.c.remote).where(accounts.c.workspace_id == workspace_id)
    yield delete(cloud_uploads).where(cloud_uploads.c.remote.in_(remotes))
    for table in (cloud_people, cloud_counts, cloud_accounts, account_usage):
        yield delete(table).where(table.c.account_id.in_(ids(accounts)))
    yield delete(accounts).where(accounts.c.workspace_id == workspace_id)
    for table in (consent_events, contact_tags, list_members):
        yield delete(table).where(table.c.contact_id.in_(ids(contacts)))
    for table in (contact_lists, contact_fields, contacts):
        yield delete(table).where(table.c.workspace_id == workspace_id)
    # Questions that are open may be about what is gone.
    yield delete(prompts).where(prompts.c.chat_id.in_(chats))


def _told_of_many(workspace_id: WorkspaceId, chats: Select[tuple[int]]) -> Delete:
    """A message that gathered many people names none of them, nor a workspace: its chats do."""
    t, g = told_messages.c, inbox_groups.c
    group = select(g.chat_id).where(g.workspace_id == workspace_id)
    there = or_(t.chat_id.in_(chats), t.chat_id.in_(group))
    return delete(told_messages).where(t.conversation_id.is_(None), there)
