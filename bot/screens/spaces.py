"""One person in several workspaces: choosing the one to work in."""

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import A_PAGE, back, label, page_of, pages, short
from bot.screens.team_parts import role_words
from bot.texts import plain, say
from domain.kernel.errors import NotFound
from domain.kernel.ids import WorkspaceId
from domain.operators.model import Member, Right


@screen("spaces", needs=Right.READ)
async def spaces(scene: Scene, args: Args) -> View:
    lang, store = scene.workspace.language, scene.unit.operators
    mine = sorted(await store.members_of(scene.telegram_id), key=lambda member: member.workspace_id)
    page = page_of(args, len(mine))
    rows: list[tuple[Button, ...]] = []
    for member in mine[page * A_PAGE : (page + 1) * A_PAGE]:
        space = await store.workspace(member.workspace_id)
        words = plain(
            "spaces.one", lang, mark="✓ " if space.id == scene.workspace.id else "",
            name=short(space.name, 40), role=role_words(member.role, lang),
        )  # fmt: skip
        rows.append((button(label(words), "sp.choose", id=space.id),))
    rows += pages(lang, "spaces", page, len(mine))
    return View(text=say("spaces", lang), rows=(*rows, back(lang, "settings")))


@action("spaces", needs=Right.READ)
async def go_spaces(scene: Scene) -> Go:
    return Go(screen="spaces", args={"page": scene.press.x})


@action("sp.choose", needs=Right.READ)
async def choose(scene: Scene) -> Go:
    """Raises NotFound for one that they are not in."""
    member = await membership(scene, WorkspaceId(scene.press.id))
    if member is None:
        raise NotFound(what="workspace")
    await scene.unit.operators.choose(member.id, at=scene.now)
    space = await scene.unit.operators.workspace(member.workspace_id)
    return Go(screen="home", toast=plain("spaces.chosen", space.language, workspace=short(space.name, 60)))


async def membership(scene: Scene, id: WorkspaceId) -> Member | None:
    mine = await scene.unit.operators.members_of(scene.telegram_id)
    return next((m for m in mine if m.workspace_id == id and m.has_accepted_terms), None)
