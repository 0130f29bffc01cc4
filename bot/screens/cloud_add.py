"""A number of the official channel comes in: its id, its token, and what WhatsApp does not tell by itself.

What is secret is asked for with `secret=True`: the message is taken out of the chat before it is looked at.
Id and token may come in either order, or together; of what was typed only an id's digits are ever repeated.
"""

from dataclasses import dataclass, field, replace
from typing import cast

from bot.cloud_answers import (
    CloudIdIsPhone,
    CloudNoBusinessId,
    CloudNoId,
    CloudNoToken,
    CloudTokenOfOthers,
    app_secret_in,
    id_in,
    looks_like_a_phone,
    token_in,
)
from bot.cloud_desk import CheckedNumber
from bot.screens.base import Go, Scene, action, text_answer
from bot.screens.cloud_parts import official, official_before
from bot.screens.contacts_parts import ask, said, short
from bot.screens.link_country import take_country, what_changed, what_is_said
from bot.texts import Html, plain, refusal, say
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState
from domain.delivery.cloud_account import CloudPermissionMissing, CloudTokenRefused, CloudWrongId
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right


class CloudWrongBusinessId(DomainError):
    """`id`, as given: no business account, or none that this token may see."""

    code = "cloud.wrong_waba"


# -- a new number ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known of a number that is being added: `remote` is its Phone number ID."""

    remote: str
    token: str = field(repr=False)


def given(scene: Scene, prompt: Prompt, text: str) -> Given:
    """With this answer, whichever of the two it is; what was given before stays. Raises CloudNoId,
    CloudIdIsPhone or CloudNoToken for what is neither."""
    remote, token = id_in(text), token_in(text)
    if remote is None and token is None:
        if prompt.kind == "cloud.token":
            raise CloudNoToken()
        raise CloudIdIsPhone() if looks_like_a_phone(text) else CloudNoId()
    if token is None:
        kept = prompt.args.get("token")
        token = scene.desk.cloud.unseal(str(kept)) if kept else ""
    return Given(remote=remote or str(prompt.args.get("remote", "")), token=token)


@action("cloud.add", needs=Right.WORK)
async def add(scene: Scene) -> Go:
    return _ask_id(scene)


def _ask_id(scene: Scene, token: str = "") -> Go:
    """`token` waits meanwhile, sealed."""
    waits = {"token": scene.desk.cloud.seal(token)} if token else {}
    return ask(scene, "cloud.id", leave="link", args=waits)


def _ask_token(scene: Scene, remote: str) -> Go:
    values = {"remote": remote, "step": plain("cloud.step.two", scene.language)}
    return ask(scene, "cloud.token", leave="cloud.add", args={"remote": remote}, values=values)


async def check_given(scene: Scene, prompt: Prompt, text: str) -> CheckedNumber | DomainError | None:
    """What WhatsApp says once both are known; of the two, the one it does not take is asked for again."""
    if int(prompt.args["id"]):
        return await _check_another_token(scene, int(prompt.args["id"]), text)
    both = given(scene, prompt, text)
    if not (both.remote and both.token):
        return None
    try:
        return await scene.desk.cloud.check(both.remote, both.token)
    except (CloudWrongId, CloudTokenRefused, CloudPermissionMissing) as refused:
        return refused


@text_answer("cloud.id", needs=Right.WORK, before=check_given)
@text_answer("cloud.token", needs=Right.WORK, before=check_given, secret=True)
async def take_given(scene: Scene, prompt: Prompt, text: str) -> Go:
    """A number that is here already gets the new token."""
    said_of_it = cast(CheckedNumber | DomainError | None, scene.brought)
    if isinstance(said_of_it, CheckedNumber):
        return await _keep(scene, said_of_it)
    lang, both = scene.language, given(scene, prompt, text)
    if isinstance(said_of_it, CloudWrongId):
        return _saying(_ask_id(scene, both.token), refusal(said_of_it, lang), say("cloud.token.kept", lang))
    if said_of_it is not None:
        return _saying(_ask_token(scene, both.remote), refusal(said_of_it, lang))
    if both.token:
        return _saying(_ask_id(scene, both.token), say("cloud.token.first", lang))
    go = _ask_token(scene, both.remote)
    is_other = prompt.kind == "cloud.token"
    return _saying(go, say("cloud.id.now", lang, id=both.remote)) if is_other else go


def _saying(go: Go, *sentences: Html) -> Go:
    return replace(go, args=said(go.args, " ".join(sentences)))


async def _keep(scene: Scene, checked: CheckedNumber) -> Go:
    unit = scene.unit
    before = await unit.accounts.of_workspace(scene.workspace.id)
    account = await scene.desk.cloud.keep(unit, scene.workspace.id, checked, at=scene.now)
    if any(one.id == account.id for one in before):
        sentence = await _kept_again(scene, account)
    else:
        sentence = await _added(scene, account, checked, first=not before)
    scene.desk.watcher.account_has_work(account.id)
    _, cloud = await official(scene, account.id)
    if not cloud.waba_id:
        return _saying(_ask_waba(scene, account), sentence)
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


# -- a new token -------------------------------------------------------------------------------------------


@action("cloud.token", needs=Right.WORK)
async def ask_token(scene: Scene) -> Go:
    account, _ = await official(scene)
    values = {"remote": account.remote, "step": ""}
    return ask(scene, "cloud.token", leave="cloud", id=account.id, values=values)


async def _check_another_token(scene: Scene, id: int, text: str) -> CheckedNumber:
    account, _ = await official_before(scene, id)
    token = token_in(text)
    if token is None:
        raise CloudNoToken()
    try:
        return await scene.desk.cloud.check(account.remote, token)
    except CloudWrongId:
        raise CloudTokenOfOthers(number=account.number) from None


# -- what WhatsApp does not tell ---------------------------------------------------------------------------


@action("cloud.waba", needs=Right.WORK)
async def ask_waba(scene: Scene) -> Go:
    account, _ = await official(scene)
    return _ask_waba(scene, account)


def _ask_waba(scene: Scene, account: Account) -> Go:
    return ask(scene, "cloud.waba", leave="cloud", id=account.id, values={"number": account.number})


async def check_waba(scene: Scene, prompt: Prompt, text: str) -> None:
    account, _ = await official_before(scene, int(prompt.args["id"]))
    business = id_in(text)
    if business is None:
        raise CloudNoBusinessId()
    try:
        await scene.desk.cloud.use_business_account(account.id, business)
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
    await scene.desk.cloud.use_app_secret(scene.unit, account.id, app_secret_in(text))
    await scene.log(Topic.WHATSAPP, "account.secret", about=account.number)
    sentence = str(say("cloud.secret.taken", scene.language))
    return Go(screen="cloud.webhook", args=said({"id": account.id}, sentence))
