"""Home, help, and leaving what one is doing."""

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.texts import Html, count, plain, say
from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent


@screen("home")
async def home(scene: Scene, args: Args) -> View:
    """Where things stand; a new workspace sees three steps instead."""
    lang = scene.workspace.language
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    people = await scene.unit.contacts.count(scene.workspace.id)
    _, campaigns = await scene.unit.campaigns.of_workspace(scene.workspace.id, limit=1)
    if not accounts or not sum(people.values()) or not campaigns:
        return _checklist(scene, bool(accounts), bool(sum(people.values())))
    running = (await scene.unit.campaigns.of_workspace(scene.workspace.id, states=[CampaignState.RUNNING]))[1]
    paused = (await scene.unit.campaigns.of_workspace(scene.workspace.id, states=[CampaignState.PAUSED]))[1]
    main = next((a for a in accounts if a.is_default), accounts[0])
    key = "home.whatsapp.one" if len(accounts) == 1 else "home.whatsapp.more"
    whatsapp = say(
        key,
        lang,
        number=main.number,
        state=plain(f"account.state.{main.state}", lang),
        more=len(accounts) - 1,
    )
    reachable = count(people.get(Consent.GRANTED, 0), "can be messaged", "can be messaged")
    everybody = Html(f"{sum(people.values()):,} ({reachable})")
    text = say(
        "home", lang, workspace=scene.workspace.name, whatsapp=whatsapp, people=everybody,
        running=running, paused=paused,
    )  # fmt: skip
    return View(
        text=text,
        rows=(
            (button(plain("home.new", lang), "dr.new"), button(plain("home.campaigns", lang), "campaigns")),
            (button(plain("home.contacts", lang), "contacts"), button(plain("home.whatsapp", lang), "link")),
            (button(plain("home.help", lang), "help"),),
        ),
    )


def _checklist(scene: Scene, linked: bool, imported: bool) -> View:
    lang = scene.workspace.language
    mark = {True: say("home.step.done", lang), False: say("home.step.open", lang)}
    step = "link" if not linked else "test" if imported else "contacts"
    text = say(
        "home.checklist", lang, link=mark[linked], contacts=mark[imported], test=mark[False],
        next=say(f"home.next.{step}", lang),
    )  # fmt: skip
    first = {
        "link": button(plain("home.do.link", lang), "link"),
        "contacts": button(plain("home.do.import", lang), "contacts"),
        "test": button(plain("home.do.test", lang), "dr.new"),
    }
    others = (
        button(plain("home.contacts", lang), "contacts"),
        *((button(plain("home.whatsapp", lang), "link"),) if linked else ()),
    )
    rows = ((first[step],), *((others,) if step != "contacts" else (others[1:],)))
    return View(text=text, rows=(*rows, (button(plain("home.help", lang), "help"),)))


@screen("help")
async def help_(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    caps = scene.desk.caps
    return View(
        text=say("help", lang, campaign=caps.a_campaign, day=caps.a_day),
        rows=((button(plain("back", lang), "home"),),),
    )


@action("home", strangers=False)
async def go_home(scene: Scene) -> Go:
    return Go(screen="home")


@action("help")
async def go_help(scene: Scene) -> Go:
    return Go(screen="help")


@command("start")
async def start(scene: Scene) -> Go:
    return Go(screen="home")


@command("help")
async def help_command(scene: Scene) -> Go:
    return Go(screen="help")


@command("cancel")
async def cancel(scene: Scene) -> Go:
    """Leaves an open question; drafts and imports stay as they are."""
    return Go(screen="home", args={"note": str(say("cancelled", scene.workspace.language))})


@command("terms")
async def terms_again(scene: Scene) -> Go:
    return Go(screen="terms.read")


@screen("terms.read")
async def terms_read(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    return View(text=say("terms", lang), rows=((button(plain("back", lang), "home"),),))
