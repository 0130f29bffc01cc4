"""A number of the official channel comes in: its id, its token, and what WhatsApp does not tell by itself.

What is secret is asked for with `secret=True`: the message is taken out of the chat before it is looked at.
"""

from typing import cast

from bot.cloud_desk import CheckedNumber
from bot.screens.base import Go, Scene, action, text_answer
from bot.screens.cloud_parts import official, official_before
from bot.screens.contacts_parts import ask, said, short
from bot.screens.link_country import take_country, what_changed, what_is_said
from bot.texts import Html, plain, say
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState
from domain.delivery.cloud_account import CloudWrongId, check_id
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right


class CloudWrongBusinessId(DomainError):
    """`id`, as given: no business account, or none that this token may see."""

    code = "cloud.wrong_waba"


# -- a new number ------------------------------------------------------------------------------------------


@action("cloud.add", needs=Right.WORK)
async def add(scene: Scene) -> Go:
    return ask(scene, "cloud.id", leave="link")


@text_answer("cloud.id", needs=Right.WORK)
async def take_id(scene: Scene, prompt: Prompt, text: str) -> Go:
    """Only its shape is looked at: what WhatsApp says of it takes the token."""
    remote, step = check_id(text), plain("cloud.step.two", scene.language)
    return ask(
        scene, "cloud.token", leave="cloud.add", args={"remote": remote},
        values={"remote": remote, "step": step},
    )  # fmt: skip


@action("cloud.token", needs=Right.WORK)
async def ask_token(scene: Scene) -> Go:
    account, _ = await official(scene)
    values = {"remote": account.remote, "step": ""}
    return ask(scene, "cloud.token", leave="cloud", id=account.id, values=values)


async def check_token(scene: Scene, prompt: Prompt, text: str) -> CheckedNumber:
    remote = str(prompt.args.get("remote", ""))
    if not remote:
        account, _ = await official_before(scene, int(prompt.args["id"]))
        remote = account.remote
    return await scene.desk.cloud.check(remote, text.strip())


@text_answer("cloud.token", needs=Right.WORK, before=check_token, secret=True)
async def take_token(scene: Scene, prompt: Prompt, text: str) -> Go:
    """WhatsApp has accepted it. A number that is here already gets the new token."""
    checked, unit = cast(CheckedNumber, scene.brought), scene.unit
    before = await unit.accounts.of_workspace(scene.workspace.id)
    account = await scene.desk.cloud.keep(unit, scene.workspace.id, checked, at=scene.now)
    if any(one.id == account.id for one in before):
        sentence = await _kept_again(scene, account)
    else:
        sentence = await _added(scene, account, checked, first=not before)
    scene.desk.watcher.account_has_work(account.id)
    _, cloud = await official(scene, account.id)
    if not cloud.waba_id:
        go = _ask_waba(scene, account)
        return Go(screen=go.screen, args=said(go.args, str(sentence)), prompt=go.prompt)
    return Go(screen="cloud", args=said({"id": account.id}, str(sentence)))


async def _added(scene: Scene, account: Account, checked: CheckedNumber, *, first: bool) -> Html:
    changed = space = scene.workspace
    if first:
        zone = scene.desk.default_zone
        changed = await take_country(scene.unit, space, account.number, default_zone=zone, now=scene.now)
    was, now = what_changed(space, changed)
    await scene.log(Topic.WHATSAPP, "account.linked", about=account.number, before=was, after=now)
    added = say("cloud.added", scene.language, name=short(checked.info.name), number=account.number)
    return Html("\n\n".join(filter(None, (added, what_is_said(space, changed)))))


async def _kept_again(scene: Scene, account: Account) -> Html:
    """Paused campaigns wait for somebody's Resume, and are named."""
    lang = scene.language
    await scene.log(Topic.WHATSAPP, "account.token", about=account.number)
    waiting, _ = await scene.unit.campaigns.of_workspace(scene.workspace.id, states=[CampaignState.PAUSED])
    names = [short(one.name) for one in waiting if one.account_id == account.id]
    paused = say("cloud.token.paused", lang, names=names) if names else Html("")
    return say("cloud.token.new", lang, number=account.number, paused=paused)


# -- what WhatsApp does not tell ---------------------------------------------------------------------------


@action("cloud.waba", needs=Right.WORK)
async def ask_waba(scene: Scene) -> Go:
    account, _ = await official(scene)
    return _ask_waba(scene, account)


def _ask_waba(scene: Scene, account: Account) -> Go:
    return ask(scene, "cloud.waba", leave="cloud", id=account.id, values={"number": account.number})


async def check_waba(scene: Scene, prompt: Prompt, text: str) -> None:
    account, _ = await official_before(scene, int(prompt.args["id"]))
    try:
        await scene.desk.cloud.use_business_account(account.id, check_id(text))
    except CloudWrongId as wrong:
        raise CloudWrongBusinessId(id=str(wrong.data["id"])) from None


@text_answer("cloud.waba", needs=Right.WORK, before=check_waba)
async def take_waba(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, _ = await official(scene, int(prompt.args["id"]))
    await scene.log(Topic.WHATSAPP, "account.business", about=account.number)
    return Go(screen="cloud", args=said({"id": account.id}, str(say("cloud.waba.taken", scene.language))))


@action("cloud.secret", needs=Right.WORK)
async def ask_secret(scene: Scene) -> Go:
    account, _ = await official(scene)
    return ask(scene, "cloud.secret", leave="cloud.webhook", id=account.id, values={"number": account.number})


@text_answer("cloud.secret", needs=Right.WORK, secret=True)
async def take_secret(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, _ = await official(scene, int(prompt.args["id"]))
    await scene.desk.cloud.use_app_secret(scene.unit, account.id, text.strip())
    await scene.log(Topic.WHATSAPP, "account.secret", about=account.number)
    sentence = str(say("cloud.secret.taken", scene.language))
    return Go(screen="cloud.webhook", args=said({"id": account.id}, sentence))
