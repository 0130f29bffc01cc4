"""English, gathered from one file a part of the desk."""

from collections.abc import Mapping
from typing import Final

from bot.texts.en_activity import TEXTS as ACTIVITY
from bot.texts.en_admin import TEXTS as ADMIN
from bot.texts.en_campaigns import TEXTS as CAMPAIGNS
from bot.texts.en_channel import TEXTS as CHANNEL
from bot.texts.en_checks import TEXTS as CHECKS
from bot.texts.en_cloud import TEXTS as CLOUD
from bot.texts.en_cloud_campaigns import TEXTS as CLOUD_CAMPAIGNS
from bot.texts.en_cloud_desk import TEXTS as CLOUD_DESK
from bot.texts.en_cloud_screens import TEXTS as CLOUD_SCREENS
from bot.texts.en_consent import TEXTS as CONSENT
from bot.texts.en_contacts import TEXTS as CONTACTS
from bot.texts.en_copies import TEXTS as COPIES
from bot.texts.en_desk import TEXTS as DESK
from bot.texts.en_doctor import TEXTS as DOCTOR
from bot.texts.en_hours import TEXTS as HOURS
from bot.texts.en_inbox import TEXTS as INBOX
from bot.texts.en_link import TEXTS as LINK
from bot.texts.en_plans import TEXTS as PLANS
from bot.texts.en_rights import TEXTS as RIGHTS
from bot.texts.en_rules import TEXTS as RULES
from bot.texts.en_talk import TEXTS as TALK
from bot.texts.en_team import TEXTS as TEAM
from bot.texts.en_topics import TEXTS as TOPICS
from bot.texts.en_wallet import TEXTS as WALLET

TEXTS: Final[Mapping[str, str]] = {
    **DESK,
    **CONTACTS,
    **CONSENT,
    **CAMPAIGNS,
    **ACTIVITY,
    **ADMIN,
    **CHECKS,
    **INBOX,
    **HOURS,
    **LINK,
    **CHANNEL,
    **CLOUD,
    **COPIES,
    **DOCTOR,
    **CLOUD_CAMPAIGNS,
    **CLOUD_DESK,
    **CLOUD_SCREENS,
    **PLANS,
    **RIGHTS,
    **RULES,
    **TALK,
    **TOPICS,
    **TEAM,
    **WALLET,
}
