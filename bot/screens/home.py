"""Home, help, and leaving what one is doing."""

from typing import Final

from bot.chat.view import Rows, View, button
from bot.screens.base import COMMANDS, RULES, Args, Door, Go, Scene, action, command, screen
from bot.screens.hours_words import stands, with_clock
from bot.screens.inbox import inbox_button
from bot.screens.plan_words import balance_button, status_line
from bot.texts import Html, count, plain, say
from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent
from domain.operators.model import Right


@screen("home", needs=Right.READ)
async def home(scene: Scene, args: Args) -> View:
    """Where things stand; a new workspace sees three steps instead."""
    lang = scene.workspace.language
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    people = await scene.unit.contacts.count(scene.workspace.id)
    _, campaigns = await scene.unit.campaigns.of_workspace(scene.workspace.id, limit=1)
    if not accounts or not sum(people.values()) or not campaigns:
        return await _checklist(scene, bool(accounts), bool(sum(people.values())))
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
    hours = await scene.unit.hours.of(main.id)
    if hours is not None:
        zone = scene.workspace.zone
        open_now = with_clock(stands(hours, scene.now, lang, zone=zone), zone, hours, lang)
        whatsapp = Html(f"{whatsapp}\n{say('home.hours', lang, stands=open_now)}")
    text = say(
        "home", lang, workspace=scene.workspace.name, whatsapp=whatsapp, people=everybody,
        running=running, paused=paused, plan=await status_line(scene),
    )  # fmt: skip
    return View(
        text=text,
        rows=(
            (button(plain("home.new", lang), "dr.new"), button(plain("home.campaigns", lang), "campaigns")),
            (button(plain("home.contacts", lang), "contacts"), await inbox_button(scene)),
            (button(plain("home.whatsapp", lang), "link"), button(plain("hours.button", lang), "hours")),
            *_last_rows(lang),
        ),
    )


def _last_rows(lang: str) -> Rows:
    return (
        (balance_button(lang), button(plain("settings.button", lang), "settings")),
        (button(plain("home.help", lang), "help"),),
    )


async def _checklist(scene: Scene, linked: bool, imported: bool) -> View:
    lang = scene.workspace.language
    mark = {True: say("home.step.done", lang), False: say("home.step.open", lang)}
    step = "link" if not linked else "test" if imported else "contacts"
    works = scene.may(Right.WORK)
    text = say(
        "home.checklist", lang, link=mark[linked], contacts=mark[imported], test=mark[False],
        next=say(f"home.next.{step}" if works else "home.next.viewer", lang), plan=await status_line(scene),
        workspace=scene.workspace.name,
    )  # fmt: skip
    if not works:
        people = button(plain("home.contacts", lang), "contacts")
        number = button(plain("home.whatsapp", lang), "link")
        return View(text=text, rows=((people, number), *_last_rows(lang)))
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
    return View(text=text, rows=(*rows, *_last_rows(lang)))


@screen("help", needs=Right.READ)
async def help_(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    caps = scene.desk.caps
    return View(
        text=say(
            scene.worded("help"),
            lang,
            campaign=caps.a_campaign,
            day=caps.a_day,
            commands=_commands(scene),
        ),
        rows=((button(plain("back", lang), "home"),),),
    )


#: In the order they are listed: what a beginner needs, the rest of the daily work, and others after them.
TO_BEGIN: Final = ("start", "link", "contacts", "new", "campaigns", "inbox", "help", "cancel")
IN_TIME: Final = ("hours", "rules", "balance", "team", "topics", "settings", "terms", "paysupport")
#: Refused in production; elsewhere they stand apart from what an operator will need.
DEVELOPMENT: Final = frozenset({"simulate", "dev_reset"})


def _commands(scene: Scene) -> Html:
    groups: dict[str, list[str]] = {"help.begin": [], "help.more": [], "help.demo": []}
    for name, words in open_commands(scene):
        key = "help.begin" if name in TO_BEGIN else "help.demo" if name in DEVELOPMENT else "help.more"
        groups[key].append(f"/{name} – {words}")
    said = (
        say(key, scene.language, commands=Html("\n".join(lines))) for key, lines in groups.items() if lines
    )
    return Html("\n\n".join(said))


def open_commands(scene: Scene) -> list[tuple[str, str]]:
    """The commands that this person may use here, each with what it is for."""
    first = {name: n for n, name in enumerate((*TO_BEGIN, *IN_TIME))}
    listed = sorted(COMMANDS, key=lambda name: (first.get(name, len(first)), name))
    return [
        (name, plain(f"command.{name}", scene.language))
        for name in listed
        if scene.may(RULES[Door.COMMAND, name])
        and not (name in DEVELOPMENT and scene.desk.environment == "production")
    ]


@action("home", needs=Right.READ)
async def go_home(scene: Scene) -> Go:
    return Go(screen="home")


@action("help", needs=Right.READ)
async def go_help(scene: Scene) -> Go:
    return Go(screen="help")


@command("start", needs=Right.READ)
async def start(scene: Scene) -> Go:
    return Go(screen="home")


@command("help", needs=Right.READ)
async def help_command(scene: Scene) -> Go:
    return Go(screen="help")


@command("cancel", needs=Right.READ)
async def cancel(scene: Scene) -> Go:
    """Leaves an open question; drafts and imports stay as they are."""
    return Go(screen="home", args={"note": str(say("cancelled", scene.workspace.language))})
