"""Tags: what they are, and who has them."""

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts import person_label
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, pages, short, tag_number
from bot.texts import count, plain, say
from domain.kernel.errors import NotFound
from domain.operators.model import Right


@action("tg", needs=Right.READ)
async def go_tags(scene: Scene) -> Go:
    return Go(screen="tags", args={"page": scene.press.x})


@screen("tags", needs=Right.READ)
async def tags(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    every = await scene.unit.contacts.tags(scene.workspace.id)
    if not every:
        return View(text=say(scene.worded("tags.none"), lang), rows=(back(lang, "contacts"),))
    page = page_of(args, len(every))
    shown = every[page * A_PAGE : (page + 1) * A_PAGE]
    sizes = await scene.unit.contacts.tag_sizes(scene.workspace.id, shown)
    rows = tuple(
        (button(label(plain("ls.label", lang, name=tag, size=size)), "tg.open", id=tag_number(tag), x=page),)
        for tag, size in sizes.items()
    )
    text = say("tags", lang, tags=count(len(every), "tag", "tags"))
    return View(text=text, rows=(*rows, *pages(lang, "tg", page, len(every)), back(lang, "contacts")))


@action("tg.open", needs=Right.READ)
async def open_tag(scene: Scene) -> Go:
    for tag in await scene.unit.contacts.tags(scene.workspace.id):
        if tag_number(tag) == scene.press.id:
            return Go(screen="tag", args={"tag": tag, "page": scene.press.x})
    raise NotFound()


@screen("tag", needs=Right.READ)
async def tag_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    tag = str(args["tag"])
    size = (await scene.unit.contacts.tag_sizes(scene.workspace.id, [tag]))[tag]
    some = await scene.unit.contacts.samples(scene.workspace.id, tag=tag, limit=A_PAGE)
    text = say("tag", lang, name=short(tag), people=count(size, "person", "people"))
    if size > len(some):
        text = say("tag.some", lang, tag=text)
    rows = tuple((button(person_label(person), "ct.open", id=person.id),) for person in some)
    return View(text=text, rows=(*rows, back(lang, "tg", x=int(args.get("page", 0)))))
