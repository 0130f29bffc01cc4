"""`python -m bot` is `masssender`."""

from bot.cli import app

app()
