"""Files that the chat hands out: contacts, reports."""
