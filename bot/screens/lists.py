"""Lists: each imported file makes one."""

from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_consent import answers, chosen
from bot.screens.contacts_parts import A_PAGE, ask, back, label, page_of, pages, said, short
from bot.texts import Html, count, plain, say
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.campaigns.ports import AudienceCount
from domain.contacts import service
from domain.contacts.model import ConsentSource
from domain.contacts.ports import ContactList
from domain.kernel.errors import Conflict
from domain.kernel.ids import ListId
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

#: Of campaigns that mean a list, so many are looked through and so many named.
MOST_CAMPAIGNS: Final = 200
MOST_NAMED: Final = 5


@action("ls", needs=Right.READ)
async def go_lists(scene: Scene) -> Go:
    return Go(screen="lists", args={"page": scene.press.x})


@screen("lists", needs=Right.READ)
async def lists(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    every = list(await scene.unit.contacts.list_names(scene.workspace.id))
    if not every:
        return View(text=say(scene.worded("lists.none"), lang), rows=(back(lang, "contacts"),))
    page = page_of(args, len(every))
    shown = every[page * A_PAGE : (page + 1) * A_PAGE]
    rows = tuple(
        (button(_label(one, lang), "ls.open", id=one.id),)
        for one in await scene.unit.contacts.lists(scene.workspace.id, shown)
    )
    text = say("lists", lang, lists=count(len(every), "list", "lists"))
    return View(text=text, rows=(*rows, *pages(lang, "ls", page, len(every)), back(lang, "contacts")))


def _label(one: ContactList, lang: str) -> str:
    return label(plain("ls.label", lang, name=short(one.name, 44), size=one.size))


async def _list(scene: Scene, id: int) -> ContactList:
    return await scene.unit.contacts.list_of(scene.workspace.id, ListId(id))


async def _standing(scene: Scene, id: int) -> AudienceCount:
    """How many of a list can be messaged, and how many not and why."""
    audience = Audience(kind=AudienceKind.LIST, ref=str(id))
    return await scene.unit.campaigns.count_audience(scene.workspace.id, audience, cap=None)


@action("ls.open", needs=Right.READ)
async def open_list(scene: Scene) -> Go:
    return Go(screen="list", args={"id": scene.press.id})


@screen("list", needs=Right.READ)
async def list_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    one = await _list(scene, args["id"])
    standing = await _standing(scene, args["id"])
    waiting = standing.excluded.get("no_consent", 0)
    text = say(
        "list", lang, name=short(one.name, 100), people=count(one.size, "person", "people"),
        granted=standing.included, unrecorded=waiting, stopped=standing.excluded.get("stopped", 0),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [(button(plain("ls.new", lang), "dr.new", id=one.id),)]
    if waiting:
        # First where nobody could get what is written for them.
        at = 0 if standing.included == 0 else 1
        rows.insert(at, (button(plain("ls.consent", lang), "ls.consent", id=one.id),))
    # Whoever records consent on the way to a start comes back to it.
    for draft in (await _meant_for(scene, args["id"], CampaignState.DRAFT))[:1]:
        go_on = plain("ls.go_on", lang, name=short(draft.name, 40))
        rows.insert(0, (button(label(go_on), "cp.goon", id=draft.id),))
    tag = button(plain("ls.tag", lang), "ls.tag", id=one.id)
    delete = button(plain("ls.delete", lang), "ls.delete", id=one.id)
    return View(text=text, rows=(*rows, (tag, delete), back(lang, "ls")))


# -- consent -----------------------------------------------------------------------------------------


@action("ls.consent", needs=Right.WORK)
async def ask_consent(scene: Scene) -> Go:
    return Go(screen="list.consent", args={"id": scene.press.id})


@screen("list.consent", needs=Right.WORK)
async def consent_question(scene: Scene, args: Args) -> View:
    """The buttons carry how many it would be recorded for: they mean just those."""
    lang = scene.workspace.language
    one = await _list(scene, args["id"])
    waiting = (await _standing(scene, args["id"])).excluded.get("no_consent", 0)
    people = count(waiting, "person", "people")
    text = say("list.consent", lang, name=short(one.name, 100), people=people)
    return View(text=text, rows=(*answers(lang, "ls", one.id, waiting), back(lang, "ls.open", one.id)))


@action("ls.agree", needs=Right.WORK)
async def agree(scene: Scene) -> Go:
    return await _record(scene, scene.press.id, scene.press.rev, chosen(scene.press.x), "")


@action("ls.other", needs=Right.WORK)
async def agree_other(scene: Scene) -> Go:
    one = await _list(scene, scene.press.id)
    return ask(
        scene, "list.words", leave="ls.open", id=one.id, values={"name": one.name},
        args={"waiting": scene.press.rev},
    )  # fmt: skip


@text_answer("list.words", needs=Right.WORK)
async def agree_words(scene: Scene, prompt: Prompt, text: str) -> Go:
    words = service.clean_words(text)
    return await _record(scene, prompt.args["id"], prompt.args["waiting"], ConsentSource.OTHER, words)


@action("ls.none", needs=Right.WORK)
async def agree_none(scene: Scene) -> Go:
    toast = plain("agree.none.several", scene.workspace.language)
    return Go(screen="list", args={"id": scene.press.id}, toast=toast)


async def _record(scene: Scene, id: int, expected: int, source: ConsentSource, words: str) -> Go:
    """`expected`: for how many, as the operator saw it; with any other number nobody is granted unseen."""
    lang = scene.workspace.language
    one = await _list(scene, id)
    waiting = (await _standing(scene, id)).excluded.get("no_consent", 0)
    if waiting == 0:
        return Go(screen="list", args={"id": id}, toast=plain("ls.nobody", lang))
    if waiting != expected:
        raise Conflict()
    evidence = f"{one.name} · {words}" if words else one.name
    await service.record_list_consent(
        scene.unit.contacts, one.id, source, evidence=evidence, by=scene.me.id, at=scene.now
    )
    after = {"people": waiting, "source": source.value}
    await scene.log(Topic.CONTACTS, "consent.list", about=one.name, after=after)
    people = count((await _standing(scene, id)).included, "person", "people")
    return Go(screen="list", args={"id": id}, toast=plain("ls.recorded", lang, people=people))


# -- tagging and deleting ------------------------------------------------------------------------------


@action("ls.tag", needs=Right.WORK)
async def ask_tag(scene: Scene) -> Go:
    one = await _list(scene, scene.press.id)
    return ask(scene, "list.tag", leave="ls.open", id=one.id, values={"name": one.name})


@text_answer("list.tag", needs=Right.WORK)
async def tag_all(scene: Scene, prompt: Prompt, text: str) -> Go:
    id = ListId(prompt.args["id"])
    one = await _list(scene, id)
    tag, _ = await service.tag_list(scene.unit.contacts, scene.workspace.id, id, text)
    after = {"tag": tag, "people": one.size}
    await scene.log(Topic.CONTACTS, "list.tagged", about=one.name, after=after)
    people = count(one.size, "person", "people")
    note = say("ls.tagged", scene.workspace.language, people=people, tag=tag)
    return Go(screen="list", args=said({"id": int(id)}, note), fresh=True)


@action("ls.delete", needs=Right.WORK)
async def ask_delete(scene: Scene) -> Go:
    return Go(screen="list.delete", args={"id": scene.press.id})


@screen("list.delete", needs=Right.WORK)
async def delete_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    one = await _list(scene, args["id"])
    names = await _campaigns(scene, args["id"], CampaignState.DRAFT)
    drafts = say("list.delete.drafts", lang, names=", ".join(names)) if names else Html("")
    people = count(one.size, "person", "people")
    return View(
        text=say("list.delete", lang, name=short(one.name, 100), people=people, drafts=drafts),
        rows=(
            (button(plain("list.delete.keep", lang), "ls.open", id=one.id),),
            (button(plain("list.delete.do", lang), "ls.delete.do", id=one.id),),
            back(lang, "ls.open", one.id),
        ),
    )


async def _campaigns(scene: Scene, id: int, state: CampaignState) -> list[str]:
    """Names of campaigns in that state that mean this list, the first few."""
    found = await _meant_for(scene, id, state)
    return [short(campaign.name, 40) for campaign in found][:MOST_NAMED]


async def _meant_for(scene: Scene, id: int, state: CampaignState) -> list[Campaign]:
    """The newest first."""
    meant = Audience(kind=AudienceKind.LIST, ref=str(id))
    found, _ = await scene.unit.campaigns.of_workspace(
        scene.workspace.id, states=[state], limit=MOST_CAMPAIGNS
    )
    return [campaign for campaign in found if campaign.audience == meant]


@action("ls.delete.do", needs=Right.WORK)
async def delete(scene: Scene) -> Go:
    one = await _list(scene, scene.press.id)
    scheduled = await _campaigns(scene, scene.press.id, CampaignState.SCHEDULED)
    await service.remove_list(scene.unit.contacts, one, scene.workspace.id, waiting_for_it=scheduled)
    await scene.log(Topic.CONTACTS, "list.deleted", about=one.name, before={"people": one.size})
    return Go(screen="lists", toast=plain("ls.deleted", scene.workspace.language))
