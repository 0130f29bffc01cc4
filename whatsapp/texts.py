"""Texts that come from outside, as a database keeps them.

JSON may hold NUL, which PostgreSQL refuses, and half an emoji (a lone surrogate, such as a cut by UTF-16
length leaves), which is no text at all.
"""


def storable(text: str) -> str:
    """Without NUL; "?" in place of half a character."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def storable_id(text: str) -> str:
    """Whatever cannot be kept is spelt out: different ids stay different, and one is always the same."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
