"""For trying things out, refused in production: a clean slate, and people who can be made to write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, command, screen, text_answer
from bot.screens.contacts_parts import back, short
from bot.texts import Html, plain, say
from domain.accounts import link_service
from domain.accounts.model import Account
from domain.contacts.countries import example_number
from domain.contacts.service import number_of, tidy
from domain.delivery.ports import ChannelDown
from domain.delivery.simulators import OnlyReal
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.opening import give_trial

_WHOLE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


class NotInProduction(DomainError):
    """Real people's data is no place to try things out."""

    code = "dev.production"


class OtherName(DomainError):
    """Not the workspace's `name`, so nothing was wiped."""

    code = "dev.name"


class NobodyToWriteTo(DomainError):
    """The workspace has no number."""

    code = "simulate.nobody"


class NothingWritten(DomainError):
    """Who writes is said, and not what."""

    code = "simulate.nothing"


class StandInSilent(DomainError):
    """What stands in for WhatsApp behind `number` does not do what it is asked."""

    code = "simulate.silent"


def only_outside_production(scene: Scene) -> None:
    if scene.desk.environment == "production":
        raise NotInProduction()


@command("dev_reset", needs=Right.OWN)
async def ask_reset(scene: Scene) -> Go:
    only_outside_production(scene)
    return Go(screen="dev.reset", prompt=Prompt(chat_id=scene.chat_id, kind="dev.reset"))


@screen("dev.reset", needs=Right.OWN)
async def reset_screen(scene: Scene, args: Args) -> View:
    text = say("dev.reset", scene.language, name=short(scene.workspace.name, 100))
    keep = button(plain("dev.reset.keep", scene.language), "home")
    return View(text=text, rows=((keep,), back(scene.language, "home")))


@text_answer("dev.reset", needs=Right.OWN)
async def reset(scene: Scene, prompt: Prompt, text: str) -> Go:
    """The name, and nothing else, is a yes."""
    only_outside_production(scene)
    space = scene.workspace
    if tidy(text) != tidy(space.name):
        raise OtherName(name=space.name)
    people = sum((await scene.unit.contacts.count(space.id)).values())
    _, campaigns = await scene.unit.campaigns.of_workspace(space.id, limit=1)
    await link_service.forget_all(scene.unit.linkings, scene.unit.accounts, space.id, at=scene.now)
    await scene.unit.operators.wipe(space.id)
    await give_trial(scene.unit, space.id, scene.desk.tariff, at=scene.now)
    before = {"people": people, "campaigns": campaigns}
    await scene.log(Topic.SETTINGS, "desk.reset", about=space.name, before=before)
    return Go(screen="home", args={"note": str(say("dev.reset.done", scene.language))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """`sender` has written to `account`."""

    account: Account
    sender: str


async def let_write(scene: Scene) -> Written | None:
    """At the far side of the number's channel, before anything is open here: what follows comes the way it
    always comes. None where nobody is to write."""
    only_outside_production(scene)
    if not scene.words or scene.home is None or not scene.may(Right.WORK):
        return None
    async with scene.desk.store.read() as unit:
        accounts = await unit.accounts.of_workspace(scene.home.id)
    account, sender, text = meant(scene.words, accounts, scene.home.country)
    simulator = scene.desk.simulators.get(account.channel)
    if simulator is None:
        raise OnlyReal(number=account.number)
    try:
        await simulator.write(account, sender, text)
    except ChannelDown as error:
        raise StandInSilent(number=account.number) from error
    return Written(account=account, sender=sender)


def meant(words: str, accounts: Sequence[Account], country: str) -> tuple[Account, str, str]:
    """Which account is written to, by whom (E.164), and what. Raises NumberRefused, NobodyToWriteTo,
    NothingWritten."""
    if not accounts:
        raise NobodyToWriteTo()
    who, _, rest = words.partition(" ")
    # Numbers that ring nobody are good here.
    sender = who if _WHOLE.fullmatch(who) else number_of(who, country)
    to, _, text = rest.strip().partition(" ")
    named = [one for one in accounts if one.number == to]
    default = [one for one in accounts if one.is_default]
    account = (named or default or list(accounts))[0]
    text = (text if named else rest).strip()
    if not text:
        raise NothingWritten(sender=sender, to=account.number)
    return account, sender, text


@command("simulate", needs=Right.READ, before=let_write)
async def simulate(scene: Scene) -> Go:
    only_outside_production(scene)
    if not scene.words:
        return Go(screen="dev.simulate")
    scene.must(Right.WORK)
    written = scene.brought
    if not isinstance(written, Written):
        raise NobodyToWriteTo()
    note = say("simulate.written", scene.language, sender=written.sender, to=written.account.number)
    return Go(screen="dev.simulate", args={"note": str(note)})


@screen("dev.simulate", needs=Right.READ)
async def simulate_screen(scene: Scene, args: Args) -> View:
    lang, page = scene.language, scene.desk.phones_page
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    said = [say("dev.simulate", lang, page=page) if page else say("dev.simulate.none", lang)]
    if accounts and scene.may(Right.WORK):
        default = next((one for one in accounts if one.is_default), accounts[0])
        sender = example_number(scene.workspace.country).replace(" ", "")
        said.append(say("simulate.how", lang, sender=sender, to=default.number))
    if len(accounts) > 1 and scene.may(Right.WORK):
        other = next(one for one in accounts if not one.is_default)
        said.append(say("simulate.which", lang, sender=sender, to=other.number))
    return View(text=Html("\n\n".join(said)), rows=(back(lang, "home"),))
