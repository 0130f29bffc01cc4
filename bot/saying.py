"""What whoever started a process reads in the terminal, or in its log."""

import sys


def say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
