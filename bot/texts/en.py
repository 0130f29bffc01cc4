"""English, gathered from one file a part of the desk."""

from collections.abc import Mapping
from typing import Final

from bot.texts.en_campaigns import TEXTS as CAMPAIGNS
from bot.texts.en_contacts import TEXTS as CONTACTS
from bot.texts.en_desk import TEXTS as DESK

TEXTS: Final[Mapping[str, str]] = {**DESK, **CONTACTS, **CAMPAIGNS}
