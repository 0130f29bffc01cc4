"""Chromium's processes, as the system lists them."""

import os
import re
import signal
from pathlib import Path


def browsers_in(folder: Path) -> list[int]:
    """The browsers (not their helpers) whose profile lies in that folder."""
    mark = f"--user-data-dir={folder}"
    return [
        pid
        for pid, words in _command_lines().items()
        if any(word.startswith(mark) for word in words) and not _kind(words)
    ]


def chromium_in(folder: Path) -> set[int]:
    """Every process of those browsers, and any whose command line names the folder."""
    lines = _command_lines()
    named = {pid for pid, words in lines.items() if "chrom" in words[0] and str(folder) in "\0".join(words)}
    return named | {pid for browser in browsers_in(folder) for pid in _below(browser)}


def renderers_of(browser: int) -> list[int]:
    """The processes that hold its pages."""
    lines = _command_lines()
    return [pid for pid in _below(browser) if _kind(lines.get(pid, [])) == "renderer"]


def with_words(environment_names: Path, word: str) -> list[int]:
    """Processes started with that word, whose environment names the folder."""
    return [
        pid
        for pid, words in _command_lines().items()
        if word in words and str(environment_names) in _read(Path(f"/proc/{pid}/environ"))
    ]


def kill(pid: int) -> bool:
    """kill -9. False where it is gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _kind(words: list[str]) -> str:
    """Which helper of the browser it is; empty for the browser itself. A helper's title is one long word."""
    found = re.search(r"--type=([a-z-]+)", " ".join(words))
    return found[1] if found else ""


def _command_lines() -> dict[int, list[str]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            words = _read(entry / "cmdline").split("\0")
            if words[0]:
                found[int(entry.name)] = words
    return found


def _below(pid: int) -> list[int]:
    """The process and all that came of it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _read(entry / "stat")):
            # "pid (name) state ppid …"; a name may hold anything, a bracket too.
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    family, waiting = [], [pid]
    while waiting:
        family.append(waiting.pop())
        waiting += children.get(family[-1], [])
    return family


def _read(path: Path) -> str:
    """What stands there; nothing where the process is gone meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
