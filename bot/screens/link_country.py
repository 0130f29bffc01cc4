"""The first linked number says where the desk is."""

from dataclasses import replace
from datetime import datetime

import phonenumbers
from phonenumbers import timezone

from bot.screens.imports_columns import country_shown
from bot.texts import Html, say
from domain.operators.model import Workspace
from domain.operators.profile import offsets
from domain.scheduler.unit import Unit


async def take_country(
    unit: Unit, workspace: Workspace, number: str, *, default_zone: str, now: datetime
) -> Workspace:
    """Its country unless somebody named another, and its zone where all its places have one clock; the
    workspace as it is now."""
    parsed = phonenumbers.parse(number, None)
    # A number that is not (yet) in the numbering plan still has its country code.
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    changed = workspace
    if workspace.country_chosen:
        country = workspace.country
    elif country and len(country) == 2 and country.isalpha() and country != "ZZ":
        changed = replace(changed, country=country)
    zone = the_zone(number, country or "", now=now)
    if zone is not None and changed.zone == default_zone:
        changed = replace(changed, zone=zone)
    if changed != workspace:
        await unit.operators.update_workspace(changed)
    return changed


def the_zone(number: str, country: str, *, now: datetime) -> str | None:
    """The zone of a number of that country, or else of the whole country; None where clocks differ."""
    parsed = phonenumbers.parse(number, None)
    code = phonenumbers.country_code_for_region(country)
    zones = timezone.time_zones_for_number(parsed)
    if parsed.country_code != code or zones == (timezone.UNKNOWN_TIMEZONE,):
        everywhere = phonenumbers.PhoneNumber(country_code=code, national_number=0)
        zones = timezone.time_zones_for_geographical_number(everywhere)
    places = [zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE]
    return places[-1] if len({tuple(offsets(zone, now.year)) for zone in places}) == 1 else None


def what_changed(was: Workspace, now: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Before and after, for the activity log; empty where nothing did."""
    changed = [field for field in ("country", "zone") if getattr(was, field) != getattr(now, field)]
    before, after = ({field: str(getattr(space, field)) for field in changed} for space in (was, now))
    return before, after


def what_is_said(was: Workspace, now: Workspace) -> Html:
    """For whoever linked the number: where they are taken to be from now on; empty where nothing changed."""
    if was == now:
        return Html("")
    return say("link.place", now.language, country=country_shown(now.country), zone=now.zone)
