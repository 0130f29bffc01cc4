"""Whatever stands around a secret, it is seen, taken away, and kept sealed."""

import json
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from telegram import Bot, Chat, Message

from bot import demo_number
from bot.chat.sealed_updates import SealedUpdates, is_sealed
from bot.chat.secret_texts import may_hold_secret, taken_away
from bot.cloud_answers import app_secret_in, id_in, looks_like_a_phone, token_in
from bot.log_scrub import Scrubber
from bot.logs import Scrub
from bot.vault import Vault
from domain.operators.chat import Prompt

AROUND = st.text(max_size=60)
INNER = ascii_letters + digits + "_-"
BEFORE = AROUND.filter(lambda text: not text.endswith(tuple(INNER)))
LETTERS = st.text(INNER, min_size=40, max_size=80)
TOKENS = LETTERS.map(lambda letters: f"EAA{letters}")
SECRETS = st.text("0123456789abcdef", min_size=32, max_size=32)
SEALED = SealedUpdates(Vault(b"k" * 32))
FOR_TOKEN, FOR_SECRET = Prompt(chat_id=7, kind="cloud.token"), Prompt(chat_id=7, kind="cloud.secret")


class OneBot:
    def __init__(self) -> None:
        self.deleted: list[int] = []

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        self.deleted.append(message_id)
        return True


def update(**message: Any) -> dict[str, Any]:
    return {"update_id": 3, "message": {"message_id": 5, "chat": {"id": 7}, **message}}


@given(before=BEFORE, token=TOKENS, after=AROUND, where=st.sampled_from(["text", "caption"]))
@example(before="access_token=", token="EAA" + "x" * 40, after="&fields=id", where="text")
@example(before="here it is:\r\n\n", token="EAA" + "x" * 40, after="\n\nthanks", where="caption")
async def test_a_token_is_taken_away_wherever_it_stands(
    before: str, token: str, after: str, where: str
) -> None:
    bot, words = OneBot(), before + token + after
    chat = Chat(id=7, type="private")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    said = Message(message_id=5, date=at, chat=chat, **cast(Any, {where: words}))
    assert await taken_away(cast(Bot, cast(Any, bot)), said, None) == "secret.deleted"
    assert bot.deleted == [5]


async def test_a_link_that_people_share_stays_and_is_stored_sealed_to_be_sure() -> None:
    link = "https://shop.example/?fbclid=IwZXh0bgNhZW0CMTEAAR2gj4" + "Zk" * 20 + "_aem_x"
    bot, at = OneBot(), datetime(2026, 1, 1, tzinfo=UTC)
    said = Message(message_id=5, date=at, chat=Chat(id=7, type="private"), text=f"Look: {link}")
    assert await taken_away(cast(Bot, cast(Any, bot)), said, None) is None
    assert bot.deleted == []
    assert may_hold_secret({"text": link}, None)


@given(before=AROUND, token=TOKENS, after=AROUND, where=st.sampled_from(["text", "caption"]))
def test_it_is_stored_sealed_and_opens_as_it_came(before: str, token: str, after: str, where: str) -> None:
    came = update(**{where: before + token + after})
    assert may_hold_secret(came["message"], None)
    kept = SEALED.close(came)
    assert is_sealed(kept)
    assert token not in json.dumps(kept, ensure_ascii=False)
    assert SEALED.open(kept) == came


@given(before=AROUND, token=TOKENS, after=AROUND)
def test_it_is_not_logged(before: str, token: str, after: str) -> None:
    scrub = Scrub(Scrubber())
    assert token not in str(scrub(None, "info", {"event": before + token + after})["event"])
    assert token not in str(scrub(None, "info", {"why": before + token + after})["why"])


@given(token=TOKENS, at=st.integers(3, 40), end=st.sampled_from(["\n", "\r\n", "\n  ", " \n"]))
def test_one_that_was_broken_into_lines_is_seen(token: str, at: int, end: str) -> None:
    assert may_hold_secret(update(text=token[:at] + end + token[at:])["message"], None)


@given(before=AROUND, secret=SECRETS, after=AROUND)
def test_an_app_secret_in_a_sentence_is_found_where_it_is_asked_for(
    before: str, secret: str, after: str
) -> None:
    sentence = f"{before} {secret} {after}"
    assert may_hold_secret(update(text=sentence)["message"], FOR_SECRET)
    if not any(len(word) >= 32 for word in f"{before} {after}".split()):
        assert app_secret_in(sentence) == secret


@given(token=TOKENS)
def test_a_token_in_a_sentence_answers_the_question(token: str) -> None:
    for sentence in ("my token: {} (thanks)", "“{}”", "'{}'", "Bearer {}", "?access_token={}&x=1", "{}\n{}"):
        assert token_in(sentence.format(token, token)) == token
    assert token_in(f"{token} or {token}x") is None


@pytest.mark.parametrize("text", ["hello", "999", "", "106540352242922", "EAAG", "+44 7700 900123"])
def test_what_is_no_token_is_not_taken_for_one(text: str) -> None:
    assert token_in(text) is None


@pytest.mark.parametrize(
    "text",
    ["106540352242922", " 106540352242922\n", "my id is 106540352242922 thanks", "“106540352242922”",
     "id:106540352242922.", "106540352242922, and demo-access-token-0123456789"],
)  # fmt: skip
def test_an_id_is_found_among_other_words(text: str) -> None:
    assert id_in(text) == "106540352242922"


@pytest.mark.parametrize(
    ("text", "is_phone"),
    [
        ("+44 7700 900123", True), ("(0770) 090-0123", True), ("call +447700900123 please", True),
        ("+106540352242922", True), ("what is this?", False), ("12", False),
        ("106540352242922 or 106540352242923", False), ("demo-access-token-106540352242922", False),
    ],
)  # fmt: skip
def test_a_phone_number_is_no_id_nor_are_two_ids(text: str, is_phone: bool) -> None:
    assert id_in(text) is None
    assert looks_like_a_phone(text) == is_phone


@pytest.mark.parametrize("kind", ["cloud.id", "cloud.waba", "cloud.token", "cloud.secret"])
async def test_while_a_number_is_added_any_long_word_is_a_secret(kind: str) -> None:
    bot, asked = OneBot(), Prompt(chat_id=7, kind=kind)
    text = f"it is {demo_number.TOKEN}, I think"
    assert may_hold_secret({"text": text}, asked)
    at, chat = datetime(2026, 1, 1, tzinfo=UTC), Chat(id=7, type="private")
    said = Message(message_id=5, date=at, chat=chat, text=text)
    assert await taken_away(cast(Bot, cast(Any, bot)), said, asked) == "secret.deleted"
    assert await taken_away(cast(Bot, cast(Any, bot)), said, None) is None
    assert bot.deleted == [5]


def test_what_only_names_a_file_is_no_secret() -> None:
    """Ids of files are letters by chance, and `EAA` is common in them."""
    came = update(document={"file_id": "BQACAgQAAxkBAAEAA" + "x" * 60, "file_name": "people.csv"})
    assert not may_hold_secret(came["message"], None)
    assert not may_hold_secret(came["message"], FOR_TOKEN)
    assert may_hold_secret(came["message"] | {"caption": "short"}, FOR_TOKEN)


def test_a_link_that_hides_one_is_seen_and_so_is_a_quote() -> None:
    token = "EAA" + "x" * 40
    link = {"text": "look", "entities": [{"type": "text_link", "url": f"https://x.example/?t={token}"}]}
    assert may_hold_secret(link, None)
    assert may_hold_secret({"text": "this one", "reply_to_message": {"text": token}}, None)
