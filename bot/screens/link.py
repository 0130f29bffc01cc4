"""WhatsApp numbers: link, make default, link again, remove."""

from dataclasses import replace

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import said, short
from bot.screens.link_country import take_country, the_zone, what_changed, what_is_said
from bot.texts import Html, count, plain, say
from domain.accounts import link_service
from domain.accounts.model import Account, AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import PauseReason
from domain.delivery.ports import ChannelDown
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import AccountId
from domain.operators.activity import Topic
from domain.operators.model import Right

#: Names tried for a new simulated number: a name that was used gives the number it gave before.
MOST_TRIES = 20
#: The zone of a workspace that is nowhere yet.
NO_PLACE = "UTC"


class ChannelSilent(DomainError):
    """WhatsApp's side cannot be reached now."""

    code = "channel.down"


class SimulatedOnlyInDevelopment(DomainError):
    code = "link.not_in_production"


@screen("link", needs=Right.READ)
async def link(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    simulated = scene.desk.environment != "production"
    none = say("link.none.simulated" if simulated else "link.none", lang)
    lines = [_line(scene, account) for account in accounts] or [none]
    zone_open = bool(accounts) and _zone_is_open(scene, accounts[0])
    if zone_open:
        lines.append(say("link.zone", lang))
    rows: list[tuple[Button, ...]] = [
        (button(plain("linking.go_on", lang), "link.showing", id=one.id),)
        for one in await scene.unit.linkings.open_in(scene.chat_id)
        if one.workspace_id == scene.workspace.id
    ]
    rows.append((button(plain("link.web", lang), "link.web"),))
    rows.append((button(plain("link.cloud", lang), "cloud.add"),))
    if simulated:
        rows.append((button(plain("link.simulated", lang), "link.simulated"),))
    for account in accounts:
        key = "hours.button" if len(accounts) == 1 else "hours.button.of"
        rows.append((button(plain(key, lang, number=account.number), "hours", id=account.id),))
        if account.channel is Channel.CLOUD:
            health = plain("cloud.health.button", lang, number=account.number)
            rows.append((button(health, "cloud", id=account.id),))
        elif account.state in {AccountState.UNLINKED, AccountState.RESTRICTED}:
            label = plain("link.again", lang, number=account.number)
            rows.append((button(label, "link.again", id=account.id),))
        if not account.is_default:
            label = plain("link.default", lang, number=account.number)
            rows.append((button(label, "link.default", id=account.id),))
        rows.append(
            (button(plain("link.remove", lang, number=account.number), "link.remove", id=account.id),)
        )
    if zone_open:
        rows.append((button(plain("settings.zone", lang), "st.zone"),))
    rows.append((button(plain("back", lang), "home"),))
    return View(text=say("link", lang, accounts=Html("\n".join(lines))), rows=tuple(rows))


def _zone_is_open(scene: Scene, account: Account) -> bool:
    """Nobody has said where they are, and the country of their number has several clocks."""
    space = scene.workspace
    unsaid = scene.may(Right.WORK) and space.zone == NO_PLACE
    return unsaid and the_zone(account.number, space.country, now=scene.now) is None


def _line(scene: Scene, account: Account) -> Html:
    lang = scene.workspace.language
    channel = plain(f"channel.{account.channel}", lang)
    name = short(account.name, 40)
    named = name and name.casefold() != channel
    return say(
        "link.account", lang, default="⭐" if account.is_default else "▫️", number=account.number,
        name=plain("link.name", lang, name=name, channel=channel) if named else channel,
        state=state_words(scene, account),
    )  # fmt: skip


def state_words(scene: Scene, account: Account) -> str:
    """How it stands; of a number that is connected, how its session is doing just now."""
    lang = scene.workspace.language
    live = scene.desk.live.get(account.remote)
    if account.channel is Channel.WEB and account.is_connected and live is not None:
        return plain(f"session.{live}", lang)
    return plain(f"account.state.{account.state}", lang)


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
        account = await mine(replace(scene, unit=unit))
    if account.channel is not Channel.SIMULATED:
        return
    try:
        await scene.desk.linker.link_again(account.remote)
    except ChannelDown as down:
        raise ChannelSilent() from down


@action("link.simulated", needs=Right.WORK, before=link_simulated)
async def simulated(scene: Scene) -> Go:
    """A number on simulated phones; only outside production."""
    lang = scene.workspace.language
    remote, number = scene.brought
    changed = space = scene.workspace
    if await scene.unit.accounts.by_remote(Channel.SIMULATED, remote) is None:
        first = not await scene.unit.accounts.of_workspace(scene.workspace.id)
        await scene.unit.accounts.create(
            workspace_id=scene.workspace.id, channel=Channel.SIMULATED, number=number, name="",
            remote=remote, state=AccountState.CONNECTED, at=scene.now,
        )  # fmt: skip
        if first:
            zone = scene.desk.default_zone
            changed = await take_country(scene.unit, space, number, default_zone=zone, now=scene.now)
        was, now = what_changed(space, changed)
        await scene.log(Topic.WHATSAPP, "account.linked", about=number, before=was, after=now)
    toast = plain("link.linked", lang, number=number)
    return Go(screen="link", args=said({}, what_is_said(space, changed)), toast=toast)


async def mine(scene: Scene, id: int | None = None) -> Account:
    """The account of a button, or of that id; of this workspace only."""
    account = await scene.unit.accounts.account(AccountId(scene.press.id if id is None else id))
    if account.workspace_id != scene.workspace.id:
        raise NotFound()
    return account


@action("link.again", needs=Right.WORK, before=link_again)
async def again(scene: Scene) -> Go:
    """A simulated number is back at once; one of WhatsApp Web is scanned again first; one of the official
    channel is looked at."""
    account = await mine(scene)
    if account.channel is Channel.WEB:
        return Go(screen="link.web", args={"id": account.id})
    if account.channel is Channel.CLOUD:
        return Go(screen="cloud", args={"id": account.id})
    await scene.unit.accounts.set_state(account.id, AccountState.CONNECTED, reason=None, at=scene.now)
    was, now = {"state": account.state.value}, {"state": AccountState.CONNECTED.value}
    await scene.log(Topic.WHATSAPP, "account.again", about=account.number, before=was, after=now)
    scene.desk.watcher.account_has_work(account.id)
    return Go(screen="link", toast=plain("link.linked", scene.workspace.language, number=account.number))


@action("link.default", needs=Right.WORK)
async def default(scene: Scene) -> Go:
    account = await mine(scene)
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    was = next((one.number for one in accounts if one.is_default), None)
    await scene.unit.accounts.set_default(account.id)
    await scene.log(
        Topic.WHATSAPP, "account.default", about=account.number,
        before={"number": was}, after={"number": account.number},
    )  # fmt: skip
    return Go(screen="link")


@action("link.remove", needs=Right.WORK)
async def ask_remove(scene: Scene) -> Go:
    account = await mine(scene)
    return Go(screen="link.remove", args={"id": account.id})


@screen("link.remove", needs=Right.WORK)
async def remove_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    account = await mine(scene, args["id"])
    at_work = len(await scene.unit.campaigns.running_of(account.id))
    campaigns = count(at_work, "running campaign", "running campaigns")
    web = say("link.remove.web", lang) if account.channel is Channel.WEB else Html("")
    return View(
        text=say("link.remove.ask", lang, number=account.number, campaigns=campaigns, web=web),
        rows=(
            (button(plain("link.remove.keep", lang), "link"),),
            (button(plain("link.remove.do", lang), "link.remove.do", id=account.id),),
            (button(plain("back", lang), "link"),),
        ),
    )


@action("link.remove.do", needs=Right.WORK)
async def remove(scene: Scene) -> Go:
    """Its campaigns pause first; what was sent stays on record. Its phone is unlinked as soon as that can be
    done (bot/chat/linking.py)."""
    account = await mine(scene)
    paused = await service.pause_all_of(scene.unit.campaigns, account.id, PauseReason.UNLINKED, at=scene.now)
    await link_service.forget(scene.unit.linkings, scene.unit.accounts, account, at=scene.now)
    await scene.unit.cloud.forget(account.id)
    await scene.unit.accounts.remove(account.id)
    after = {"paused": [campaign.name for campaign in paused]} if paused else {}
    await scene.log(Topic.WHATSAPP, "account.removed", about=account.number, after=after)
    return Go(screen="link", toast=plain("link.removed", scene.workspace.language, number=account.number))


@action("link", needs=Right.READ)
async def go_link(scene: Scene) -> Go:
    return Go(screen="link")


@command("link", needs=Right.READ)
async def link_command(scene: Scene) -> Go:
    return Go(screen="link")
