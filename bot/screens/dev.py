"""For trying things out, refused in production: a clean slate, and the way to the simulated phones."""

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, command, screen, text_answer
from bot.screens.contacts_parts import back, short
from bot.texts import plain, say
from domain.accounts import link_service
from domain.contacts.service import tidy
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.opening import give_trial


class NotInProduction(DomainError):
    """Real people's data is no place to try things out."""

    code = "dev.production"


class OtherName(DomainError):
    """Not the workspace's `name`, so nothing was wiped."""

    code = "dev.name"


def _only_outside_production(scene: Scene) -> None:
    if scene.desk.environment == "production":
        raise NotInProduction()


@command("dev_reset", needs=Right.OWN)
async def ask_reset(scene: Scene) -> Go:
    _only_outside_production(scene)
    return Go(screen="dev.reset", prompt=Prompt(chat_id=scene.chat_id, kind="dev.reset"))


@screen("dev.reset", needs=Right.OWN)
async def reset_screen(scene: Scene, args: Args) -> View:
    text = say("dev.reset", scene.language, name=short(scene.workspace.name, 100))
    keep = button(plain("dev.reset.keep", scene.language), "home")
    return View(text=text, rows=((keep,), back(scene.language, "home")))


@text_answer("dev.reset", needs=Right.OWN)
async def reset(scene: Scene, prompt: Prompt, text: str) -> Go:
    """The name, and nothing else, is a yes."""
    _only_outside_production(scene)
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


@command("simulate", needs=Right.READ)
async def simulate(scene: Scene) -> Go:
    _only_outside_production(scene)
    return Go(screen="dev.simulate")


@screen("dev.simulate", needs=Right.READ)
async def simulate_screen(scene: Scene, args: Args) -> View:
    page = scene.desk.phones_page
    text = (
        say("dev.simulate", scene.language, page=page) if page else say("dev.simulate.none", scene.language)
    )
    return View(text=text, rows=(back(scene.language, "home"),))
