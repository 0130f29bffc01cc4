"""Every door of the chat, tried by everybody who may not go through it, at the real desk.

Whoever is refused hears the same, whether the thing is there, is another workspace's, or never was; nothing
has changed, nothing was queued, and no network was asked.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from bot.chat.codec import Press, base36
from bot.chat.desk import ChatDesk
from bot.screens import base
from bot.screens.base import RULES, Door
from bot.texts import plain
from domain.operators.chat import Prompt
from domain.operators.model import Right, Role
from tests.architecture.doors import LISTED, OF_ONESELF
from tests.architecture.neighbours import (
    ADMIN,
    BRANCH,
    FLORIST,
    GUEST,
    LEFT,
    MANAGER,
    NEVER,
    OWNER,
    STRANGER,
    THEIRS,
    VIEWER,
)
from tests.architecture.two_desks import Done, TwoDesks, two_desks

R = Right
MAY = {
    OWNER: {R.ANYBODY, R.READ, R.WORK, R.OWN},
    FLORIST: {R.ANYBODY, R.READ, R.WORK, R.OWN},
    MANAGER: {R.ANYBODY, R.READ, R.WORK},
    VIEWER: {R.ANYBODY, R.READ},
    GUEST: {R.ANYBODY, R.READ},
    LEFT: {R.ANYBODY},
    STRANGER: {R.ANYBODY},
    ADMIN: {R.ANYBODY, R.ADMIN},
}
ROLES = {
    OWNER: Role.OWNER,
    FLORIST: Role.OWNER,
    MANAGER: Role.MANAGER,
    VIEWER: Role.VIEWER,
    GUEST: Role.VIEWER,
}
NAMES = {
    OWNER: "an owner", FLORIST: "an owner of another", MANAGER: "a manager", VIEWER: "a viewer",
    GUEST: "a viewer who owns another", LEFT: "one who left", STRANGER: "a stranger",
    ADMIN: "an admin without a workspace",
}  # fmt: skip
#: One that is there, one of another workspace, one that never was.
IDS: dict[int, tuple[int, ...]] = dict.fromkeys(MAY, (THEIRS[2], BRANCH, NEVER))
#: Of those who are like another here, fewer will do.
IDS |= dict.fromkeys((GUEST, LEFT, ADMIN), (THEIRS[2], NEVER))


@pytest_asyncio.fixture
async def on(tmp_path: Path) -> AsyncIterator[TwoDesks]:
    async with two_desks(tmp_path) as desks:
        yield desks


def shut(who: int, *doors: Door) -> Iterator[tuple[Door, str, Right]]:
    """The doors of these kinds that are closed to them."""
    for (door, name), right in sorted(LISTED.items()):
        if door in doors and right not in MAY[who]:
            yield door, name, right


# -- every door is known ---------------------------------------------------------------------------------


def test_every_door_asks_for_what_the_list_says() -> None:
    """A new door belongs on the list in doors.py, under the least that whoever uses it must be."""
    assert {key: right for key, right in RULES.items() if key not in LISTED} == {}, "not on the list"
    assert sorted(LISTED.keys() - RULES.keys()) == [], "on the list, and not there"
    wrong = {key: (right, LISTED[key]) for key, right in RULES.items() if right is not LISTED[key]}
    assert wrong == {}, "(what the code asks for, what the list says)"


def test_whatever_can_be_done_has_a_rule() -> None:
    tables: dict[Door, dict[str, Any]] = {
        Door.SCREEN: cast(Any, base.SCREENS), Door.ACTION: cast(Any, base.ACTIONS),
        Door.TEXT: cast(Any, base.TEXT_ANSWERS), Door.FILE: cast(Any, base.FILE_ANSWERS),
        Door.COMMAND: cast(Any, base.COMMANDS), Door.LINK: cast(Any, base.LINKS),
        Door.SENT: cast(Any, base.SENT),
    }  # fmt: skip
    assert set(tables) == set(Door)
    assert {(door, name) for door, table in tables.items() for name in table} == set(RULES)


@pytest.mark.parametrize(
    "opens",
    [base.screen, base.action, base.text_answer, base.file_answer, base.command, base.link, base.sent],
)
def test_a_door_cannot_be_opened_without_a_rule(opens: Any) -> None:
    with pytest.raises(TypeError, match="needs"):
        opens("a.new.one")


def test_what_the_desk_receives_is_known() -> None:
    """Each asks RULES, and is tried in this file; whoever adds another adds it to both."""
    receivers = {name for name in vars(ChatDesk) if name.startswith("on_")}
    assert receivers == {"on_tap", "on_command", "on_text", "on_contact", "on_file", "on_other", "on_payment"}


# -- whoever may not is refused --------------------------------------------------------------------------


def refused(who: int, right: Right, done: Done, what: object) -> None:
    """In the words that are theirs, and nothing came of it."""
    assert done.changed == frozenset(), f"{NAMES[who]} changed {done.changed} by {what}"
    if who not in ROLES:
        door = "terms" if who == ADMIN else "private"
        assert (done.screen, done.seen.toast) == (door, None), f"{NAMES[who]}: {what}"
        return
    sentence = plain("refused.not_found")
    if right is not R.ADMIN:
        sentence = plain(f"refused.role.{right}", role=ROLES[who].value)
    assert sentence in (done.seen.toast, done.seen.text.partition("\n\n")[0]), f"{NAMES[who]}: {what}"
    assert done.screen == "help", f"{NAMES[who]} came to {done.screen} by {what}"


def alike(answers: list[Done], who: int, what: object) -> None:
    first = answers[0]
    for other in answers[1:]:
        assert (other.seen, other.screen) == (first.seen, first.screen), f"{NAMES[who]}: {what} tells"


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_a_button_that_is_not_theirs_does_nothing_and_tells_nothing(on: TwoDesks, who: int) -> None:
    for _, name, right in shut(who, Door.ACTION):
        answers = [await on.tap(who, Press(action=name, id=id, rev=3)) for id in IDS[who]]
        for done in answers:
            refused(who, right, done, name)
        alike(answers, who, name)
    assert on.outside.asked == []


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_an_answer_that_is_not_theirs_does_nothing_and_tells_nothing(on: TwoDesks, who: int) -> None:
    """The question stands open from when they were allowed more, and stays open."""
    for door, kind, right in shut(who, Door.TEXT, Door.FILE):
        answers = []
        for id in IDS[who]:
            prompt = Prompt(chat_id=who, kind=kind, args={"id": id, "waiting": 3})
            if door is Door.TEXT:
                done = await on.write(who, "+905321112233 Can", prompt=prompt)
            else:
                done = await on.send(who, "photo", prompt=prompt)
            refused(who, right, done, kind)
            assert done.prompt == (prompt if who in ROLES else None)
            answers.append(done)
        alike(answers, who, kind)
    assert on.outside.asked == []


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_a_command_that_is_not_theirs_does_nothing_and_tells_nothing(on: TwoDesks, who: int) -> None:
    """An admin's command is answered to others like one that does not exist."""
    unknown = await on.write(who, "/nosuchcommand")
    for _, name, right in shut(who, Door.COMMAND):
        for words in (f"/{name}", f"/{name} {THEIRS[0]}", f"/{name.upper()}@some_bot {NEVER}"):
            done = await on.write(who, words)
            if right is R.ADMIN and who in ROLES:
                assert done == unknown, f"{NAMES[who]}: {words}"
            else:
                refused(who, right, done, words)


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_a_screen_that_is_not_theirs_is_not_drawn(on: TwoDesks, who: int) -> None:
    """It stood in their chat when they were allowed more."""
    instead = await on.look(who, "home" if who in ROLES else "private")
    for _, name, _right in shut(who, Door.SCREEN):
        for id in IDS[who]:
            done = await on.look(who, name, id)
            assert (done.seen, done.changed) == (instead.seen, frozenset()), f"{NAMES[who]}: {name}"


@pytest.mark.parametrize("who", [who for who in MAY if R.WORK not in MAY[who]], ids=NAMES.get)
async def test_what_comes_unasked_is_not_taken_from_everybody(on: TwoDesks, who: int) -> None:
    assert {name for door, name in LISTED if door is Door.SENT} == {"file", "card"}
    for what in ("document", "photo", "card"):
        refused(who, R.WORK, await on.send(who, what), what)
    assert on.outside.asked == []


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_what_nobody_asked_for_changes_nothing(on: TwoDesks, who: int) -> None:
    """A place on the map, a text when nothing was asked, a link that means nothing."""
    for done in (
        await on.send(who, "place"),
        await on.write(who, "hello"),
        await on.write(who, "/start x_1"),
    ):
        assert done.changed == frozenset()
        assert done.screen in (("help", "home") if who in ROLES else ("private", "terms"))


@pytest.mark.parametrize("who", MAY, ids=NAMES.get)
async def test_a_forged_link_does_nothing_and_tells_nothing(on: TwoDesks, who: int) -> None:
    """The way in is open to anybody, but not with a signature that is made up."""
    for kind in sorted(name for door, name in LISTED if door is Door.LINK):
        answers = [await on.write(who, f"/start {kind}_{base36(id)}_x") for id in IDS[who]]
        assert {done.changed for done in answers} == {frozenset()}
        alike(answers, who, kind)


# -- whoever may is led where they may be ----------------------------------------------------------------


@pytest.mark.parametrize("who", [VIEWER, MANAGER], ids=NAMES.get)
async def test_an_open_door_leads_to_open_rooms(on: TwoDesks, who: int) -> None:
    """No button leads to a screen, or opens a question, that is then refused; none is drawn that would be."""
    for (door, name), right in LISTED.items():
        if right not in MAY[who] or door not in (Door.ACTION, Door.COMMAND):
            continue
        for id in (0, *THEIRS[: 5 if who == VIEWER else 2]) if door is Door.ACTION else (0,):
            press = Press(action=name, id=id, rev=3)
            done = await (on.tap(who, press) if door is Door.ACTION else on.write(who, f"/{name}"))
            opened = {(Door.SCREEN, done.screen)}
            if done.prompt is not None:
                asked = {(answer, done.prompt.kind) for answer in (Door.TEXT, Door.FILE)}
                opened |= asked & LISTED.keys()
            drawn = {(Door.ACTION, data.split("|")[1]) for row in done.seen.buttons for _, data in row}
            closed = {one for one in opened | drawn if LISTED[one] not in MAY[who]}
            assert closed == set(), f"{name} leads {NAMES[who]} there"


async def test_an_admin_needs_no_workspace(on: TwoDesks) -> None:
    for door, name in sorted(key for key, right in LISTED.items() if right is R.ADMIN):
        for id in (THEIRS[0], NEVER):
            if door is Door.SCREEN:
                done = await on.look(ADMIN, name, id)
            elif door is Door.ACTION:
                done = await on.tap(ADMIN, Press(action=name, id=id))
            else:
                asked = Prompt(chat_id=ADMIN, kind=name, args={"id": id, "asked": 1})
                text, prompt = ("10 because", asked) if door is Door.TEXT else (f"/{name}", None)
                done = await on.write(ADMIN, text, prompt=prompt)
            assert LISTED[Door.SCREEN, done.screen] is not R.OWN, name
            assert done.seen.text, f"{name} shows nothing to {NAMES[ADMIN]}"


async def test_a_viewer_changes_nothing_whatever_they_press(on: TwoDesks) -> None:
    for (door, name), right in sorted(LISTED.items()):
        if right is R.READ and door is Door.ACTION and name not in OF_ONESELF:
            for id in (0, *THEIRS):
                done = await on.tap(VIEWER, Press(action=name, id=id, rev=3))
                assert done.changed == frozenset(), f"{name} changes {done.changed}"


async def test_a_role_that_changes_while_the_network_is_asked_counts(on: TwoDesks) -> None:
    """Allowed when the number was asked for, and no more when it came."""
    assert (await on.tap(MANAGER, Press(action="link.simulated"))).changed >= {"accounts"}
    link = on.outside.link

    async def meanwhile(name: str) -> tuple[str, str]:
        async with on.store.write() as unit:
            [member] = await unit.operators.members_of(MANAGER)
            await unit.operators.set_role(member.id, Role.VIEWER)
            await unit.commit()
        return await link(name)

    cast(Any, on.outside).link = meanwhile
    done = await on.tap(MANAGER, Press(action="link.simulated"))
    assert done.changed == {"members"}
    assert done.seen.toast == plain("refused.role.work", role="viewer")
