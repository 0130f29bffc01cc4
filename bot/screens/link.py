"""WhatsApp numbers: link, make default, link again, remove."""

from dataclasses import replace

import phonenumbers
from phonenumbers import timezone

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.texts import Html, count, plain, say
from domain.accounts.model import Account, AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import PauseReason
from domain.delivery.ports import ChannelDown
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import AccountId

#: Names tried for a new simulated number: a name that was used gives the number it gave before.
MOST_TRIES = 20


class ChannelSilent(DomainError):
    """WhatsApp's side cannot be reached now."""

    code = "channel.down"


class SimulatedOnlyInDevelopment(DomainError):
    code = "link.not_in_production"


@screen("link")
async def link(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    lines = [_line(account, lang) for account in accounts] or [say("link.none", lang)]
    rows: list[tuple[Button, ...]] = []
    if scene.desk.environment != "production":
        rows.append((button(plain("link.simulated", lang), "link.simulated"),))
    for account in accounts:
        if account.state in {AccountState.UNLINKED, AccountState.RESTRICTED}:
            label = plain("link.again", lang, number=account.number)
            rows.append((button(label, "link.again", id=account.id),))
        if not account.is_default:
            label = plain("link.default", lang, number=account.number)
            rows.append((button(label, "link.default", id=account.id),))
        rows.append(
            (button(plain("link.remove", lang, number=account.number), "link.remove", id=account.id),)
        )
    rows.append((button(plain("back", lang), "home"),))
    return View(text=say("link", lang, accounts=Html("\n".join(lines))), rows=tuple(rows))


def _line(account: Account, lang: str) -> Html:
    return say(
        "link.account", lang, default="⭐" if account.is_default else "▫️", number=account.number,
        name=account.name, state=plain(f"account.state.{account.state}", lang),
    )  # fmt: skip


async def link_simulated(scene: Scene) -> tuple[str, str]:
    if scene.desk.environment == "production":
        raise SimulatedOnlyInDevelopment()
    async with scene.desk.store.read() as unit:
        accounts = await unit.accounts.of_workspace(scene.workspace.id)
    taken = {account.remote for account in accounts}
    try:
        for nth in range(len(accounts), len(accounts) + MOST_TRIES):
            name = f"{scene.desk.desk_id}-{scene.workspace.id}-{nth}"
            remote, number = await scene.desk.linker.link(name)
            if remote not in taken:
                return remote, number
    except ChannelDown as down:
        raise ChannelSilent() from down
    raise ChannelSilent()


async def link_again(scene: Scene) -> None:
    async with scene.desk.store.read() as unit:
        account = await _mine(replace(scene, unit=unit))
    try:
        await scene.desk.linker.link_again(account.remote)
    except ChannelDown as down:
        raise ChannelSilent() from down


@action("link.simulated", before=link_simulated)
async def simulated(scene: Scene) -> Go:
    """A number on simulated phones; only outside production."""
    lang = scene.workspace.language
    remote, number = scene.brought
    if await scene.unit.accounts.by_remote(Channel.SIMULATED, remote) is None:
        first = not await scene.unit.accounts.of_workspace(scene.workspace.id)
        await scene.unit.accounts.create(
            workspace_id=scene.workspace.id, channel=Channel.SIMULATED, number=number, name="Simulated",
            remote=remote, state=AccountState.CONNECTED, at=scene.now,
        )  # fmt: skip
        if first:
            await _take_country(scene, number)
    return Go(screen="link", toast=plain("link.linked", lang, number=number))


async def _take_country(scene: Scene, number: str) -> None:
    """The first linked number says where the desk is: its country, and its zone where there is one."""
    parsed = phonenumbers.parse(number, None)
    # A number that is not (yet) in the numbering plan still has its country code.
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    zones = timezone.time_zones_for_number(parsed)
    changed = scene.workspace
    if country and len(country) == 2 and country.isalpha() and country != "ZZ":
        changed = replace(changed, country=country)
    if zones and zones[0] != timezone.UNKNOWN_TIMEZONE and changed.zone == scene.desk.default_zone:
        changed = replace(changed, zone=zones[0])
    if changed != scene.workspace:
        await scene.unit.operators.update_workspace(changed)


async def _mine(scene: Scene, id: int | None = None) -> Account:
    """The account of a button, or of that id; of this workspace only."""
    account = await scene.unit.accounts.account(AccountId(scene.press.id if id is None else id))
    if account.workspace_id != scene.workspace.id:
        raise NotFound()
    return account


@action("link.again", before=link_again)
async def again(scene: Scene) -> Go:
    account = await _mine(scene)
    await scene.unit.accounts.set_state(account.id, AccountState.CONNECTED, reason=None, at=scene.now)
    scene.desk.watcher.account_has_work(account.id)
    return Go(screen="link", toast=plain("link.linked", scene.workspace.language, number=account.number))


@action("link.default")
async def default(scene: Scene) -> Go:
    account = await _mine(scene)
    await scene.unit.accounts.set_default(account.id)
    return Go(screen="link")


@action("link.remove")
async def ask_remove(scene: Scene) -> Go:
    account = await _mine(scene)
    return Go(screen="link.remove", args={"id": account.id})


@screen("link.remove")
async def remove_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    account = await _mine(scene, args["id"])
    at_work = len(await scene.unit.campaigns.running_of(account.id))
    campaigns = count(at_work, "running campaign", "running campaigns")
    return View(
        text=say("link.remove.ask", lang, number=account.number, campaigns=campaigns),
        rows=(
            (button(plain("link.remove.keep", lang), "link"),),
            (button(plain("link.remove.do", lang), "link.remove.do", id=account.id),),
            (button(plain("back", lang), "link"),),
        ),
    )


@action("link.remove.do")
async def remove(scene: Scene) -> Go:
    """Its campaigns pause first; what was sent stays on record."""
    account = await _mine(scene)
    await service.pause_all_of(scene.unit.campaigns, account.id, PauseReason.UNLINKED, at=scene.now)
    await scene.unit.accounts.remove(account.id)
    return Go(screen="link", toast=plain("link.removed", scene.workspace.language, number=account.number))


@action("link")
async def go_link(scene: Scene) -> Go:
    return Go(screen="link")


@command("link")
async def link_command(scene: Scene) -> Go:
    return Go(screen="link")
