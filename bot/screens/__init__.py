"""Screens register themselves when they are imported: every module with one is named here."""

from bot.screens import contacts, contacts_person, imports, imports_consent, lists, lists_tags

__all__ = ["contacts", "contacts_person", "imports", "imports_consent", "lists", "lists_tags"]
