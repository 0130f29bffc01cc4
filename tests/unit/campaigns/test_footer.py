"""The line that says how to stop: where it stands, where it does not, and what room it takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from domain.accounts.model import AccountState, Channel
from domain.campaigns import service
from domain.campaigns.footer import footer_of, with_footer
from domain.campaigns.model import Campaign, CampaignState
from domain.campaigns.template import LONGEST_CAPTION, LONGEST_TEXT, TextTooLong
from domain.contacts.stop_texts import FOOTERS
from domain.contacts.stop_words import LANGUAGES, Heard, Vocabulary
from domain.delivery.content import Media, MediaKind
from domain.kernel.ids import AccountId
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit
from tests.fakes.cloud import CHOSEN
from tests.fakes.stores import NOW, a_campaign, a_list
from tests.unit.scheduler.world import World, world

PICTURE = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="", mime="image/jpeg", size=9)
FOOTER = "Reply STOP to stop"


async def web_number(unit: Unit, on: World) -> AccountId:
    return await unit.accounts.create(
        workspace_id=on.space, channel=Channel.WEB, number="+447700900009", name="Shop", remote="main/1",
        state=AccountState.CONNECTED, at=NOW,
    )  # fmt: skip


async def draft(on: World, text: str = "Hello {name}") -> Campaign:
    async with on.store.write() as unit:
        account = await web_number(unit, on)
        made = await a_campaign(unit, on.space, on.ayse, account, await a_list(unit, on.space, 2), text=text)
        await unit.commit()
    return made


async def test_it_is_on_by_default_and_stands_below_what_web_campaigns_say(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        made = await draft(on)
        await start(on, made)
        await on.slices().run(made.account_id or on.account)
        assert [one.text for one in on.phones.sent] == [f"Hello Person {n}\n\n{FOOTER}" for n in (0, 1)]


async def start(on: World, made: Campaign) -> None:
    async with on.store.write() as unit:
        assert made.audience is not None
        running = replace(made, state=CampaignState.RUNNING, started_at=NOW)
        await unit.campaigns.save(running, expected=made.version)
        await unit.campaigns.freeze([made.id], made.audience, cap=100, at=NOW)
        await unit.commit()


async def test_where_it_is_off_nothing_stands_there_and_copies_keep_that(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        made = await draft(on)
        async with on.store.write() as unit:
            off = await service.set_footer(desk_of(unit), made, False, expected=made.version, at=NOW)
            copy = await service.repeat(desk_of(unit), off, on.ayse, name="Again", at=NOW)
            assert not copy.footer
            await unit.commit()
        await start(on, off)
        await on.slices().run(made.account_id or on.account)
        assert on.phones.sent[0].text == "Hello Person 0"


async def test_it_is_counted_where_a_text_is_written_and_where_a_picture_comes_too(
    tmp_path: Path,
) -> None:
    room = len(FOOTER) + 2
    async with world(tmp_path) as on:
        made = await draft(on)
        async with on.store.write() as unit:
            desk = desk_of(unit)
            with pytest.raises(TextTooLong) as refused:
                longest = "x" * (LONGEST_TEXT - room + 1)
                await service.set_text(desk, made, longest, expected=made.version, at=NOW)
            assert refused.value.data["limit"] == LONGEST_TEXT - room
            long = "x" * (LONGEST_CAPTION - room + 1)
            made = await service.set_text(desk, made, long, expected=made.version, at=NOW)
            with pytest.raises(TextTooLong):
                await service.set_media(desk, made, PICTURE, expected=made.version, at=NOW)
            made = await service.set_footer(desk, made, False, expected=made.version, at=NOW)
            made = await service.set_media(desk, made, PICTURE, expected=made.version, at=NOW)
            with pytest.raises(TextTooLong):
                await service.set_footer(desk, made, True, expected=made.version, at=NOW)


@pytest.mark.parametrize(
    ("text", "says_it"),
    [("Sale! Write STOP to leave.", True), ("Sale\n\nreply stop to stop!", True), ("Non-STOP music", False),
     ("We never stop baking", False), ("STOPPED clocks", False), ("", False)],
)  # fmt: skip
async def test_a_text_that_says_it_is_not_told_twice(tmp_path: Path, text: str, says_it: bool) -> None:
    async with world(tmp_path) as on:
        made = replace(await draft(on), text=text)
        assert (footer_of(made, Channel.WEB, "en") == "") is says_it


async def test_only_where_the_channel_has_none_of_its_own_and_below_what_can_be_read(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        made = await draft(on)
        assert footer_of(made, Channel.CLOUD, "en") == footer_of(made, Channel.SIMULATED, "en") == ""
        assert footer_of(replace(made, template=CHOSEN), Channel.WEB, "en") == ""
        voice = replace(PICTURE, kind=MediaKind.VOICE)
        assert footer_of(replace(made, media=voice), Channel.WEB, "en") == ""
        assert footer_of(replace(made, media=PICTURE, text=""), Channel.WEB, "tr") == FOOTERS["tr"]
        assert footer_of(made, Channel.WEB, "xx") == FOOTER
    assert with_footer("", FOOTER) == FOOTER


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_footer_names_the_word_that_always_works(language: str) -> None:
    assert "STOP" in FOOTERS[language]
    assert Vocabulary().heard("STOP") is Heard.STOP
