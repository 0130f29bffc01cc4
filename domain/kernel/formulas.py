"""What a spreadsheet would run instead of show."""

from typing import Final

#: A cell that begins so is taken for a formula, whatever the file meant: also in the wide letters of East
#: Asia, and after a tab or the end of a line.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def would_run(text: str) -> bool:
    """Spaces in front do not help the attacker: some programs trim them first, so they are looked through."""
    return text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)
