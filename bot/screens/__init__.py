"""Screens register themselves when they are imported: every module with one is named here."""

from bot.screens import (
    contacts,
    contacts_person,
    first_contact,
    home,
    imports,
    imports_consent,
    link,
    lists,
    lists_tags,
)

__all__ = [
    "contacts",
    "contacts_person",
    "first_contact",
    "home",
    "imports",
    "imports_consent",
    "link",
    "lists",
    "lists_tags",
]
