"""The terms, once one is a member: reading them, and accepting a new version before the next send."""

from typing import Any

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import back, panel_args
from bot.screens.invites import accepted_terms
from bot.texts import Html, plain, say
from domain.operators.model import TERMS_VERSION, Right, TermsChanged, TermsNotAccepted


def terms_before_sending(scene: Scene) -> None:
    """Whatever lets messages leave asks this first. Raises TermsChanged, which leads to `terms.again`."""
    if not scene.me.terms_are_current:
        raise TermsChanged()


def again_from(screen_name: str, args: Args) -> Go:
    """To the new terms, and from there back to a screen. An open question stays open meanwhile."""
    if screen_name == "terms.again":
        return Go(screen=screen_name, args=args, keep_prompt=True)
    came = {key: value for key, value in args.items() if key != "note"}
    return Go(screen="terms.again", args={"to": screen_name, "args": came, "ticked": 0}, keep_prompt=True)


@command("terms", needs=Right.READ)
async def terms_command(scene: Scene) -> Go:
    return Go(screen="terms.read")


@screen("terms.read", needs=Right.READ)
async def terms_read(scene: Scene, args: Args) -> View:
    lang, me = scene.workspace.language, scene.me
    if not me.terms_are_current:
        line = say("terms.read.new", lang, version=TERMS_VERSION)
        rows = ((button(plain("terms.read.accept", lang), "ta.read"),), back(lang, "home"))
        return View(text=Html(f"{say('terms', lang)}\n\n{line}"), rows=rows)
    day = f"{me.terms_at.day} {me.terms_at:%b %Y}" if me.terms_at else "—"
    line = say("terms.read.current", lang, version=TERMS_VERSION, day=day)
    return View(text=Html(f"{say('terms', lang)}\n\n{line}"), rows=(back(lang, "home"),))


@action("ta.read", needs=Right.READ)
async def read_again(scene: Scene) -> Go:
    return again_from("home", {})


@screen("terms.again", needs=Right.READ)
async def terms_again(scene: Scene, args: Args) -> View:
    lang, ticked = scene.workspace.language, int(args.get("ticked", 0))
    box = plain("terms.box.on" if ticked else "terms.box.off", lang)
    rows = (
        (button(box, "ta.tick", x=1 - ticked),),
        (button(plain("terms.continue", lang), "ta.ok"),),
        back(lang, "ta.back"),
    )
    return View(text=Html(f"{say('terms.again', lang)}\n\n{say('terms', lang)}"), rows=rows)


@action("ta.tick", needs=Right.READ)
async def tick(scene: Scene) -> Go:
    args = await panel_args(scene, "terms.again")
    if not args:
        return Go(screen="home")
    return Go(screen="terms.again", args={**args, "ticked": min(scene.press.x, 1)}, keep_prompt=True)


@action("ta.ok", needs=Right.READ)
async def accept(scene: Scene) -> Go:
    """Kept with the member, with the time; then back to where they were."""
    args = await panel_args(scene, "terms.again")
    if not args:
        return Go(screen="home")
    if not args.get("ticked"):
        raise TermsNotAccepted()
    await accepted_terms(scene)
    return _onward(args, plain("terms.accepted", scene.workspace.language))


@action("ta.back", needs=Right.READ)
async def not_now(scene: Scene) -> Go:
    return _onward(await panel_args(scene, "terms.again"), None)


def _onward(args: Args, toast: str | None) -> Go:
    came: dict[str, Any] = dict(args.get("args", {}))
    return Go(screen=str(args.get("to", "home")), args=came, toast=toast, keep_prompt=True)
