"""Whatever stands around a secret, it is seen, taken away, and kept sealed."""

import json
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st
from telegram import Bot, Chat, Message

from bot.chat.sealed_updates import SealedUpdates, is_sealed
from bot.chat.secret_texts import answer_in, may_hold_secret, taken_away
from bot.logs import redact
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
    assert token not in str(redact(None, "info", {"event": before + token + after})["event"])


@given(token=TOKENS, at=st.integers(3, 40), end=st.sampled_from(["\n", "\r\n", "\n  ", " \n"]))
def test_one_that_was_broken_into_lines_is_seen(token: str, at: int, end: str) -> None:
    assert may_hold_secret(update(text=token[:at] + end + token[at:])["message"], None)


@given(before=AROUND, secret=SECRETS, after=AROUND)
def test_an_app_secret_in_a_sentence_is_found_where_it_is_asked_for(
    before: str, secret: str, after: str
) -> None:
    sentence = f"{before} {secret} {after}"
    assert may_hold_secret(update(text=sentence)["message"], FOR_SECRET)
    assert answer_in(None, sentence) == sentence
    if not any(len(word) >= 32 for word in f"{before} {after}".split()):
        assert answer_in(FOR_SECRET, sentence) == secret


@given(token=TOKENS)
def test_a_token_in_a_sentence_answers_the_question(token: str) -> None:
    assert answer_in(FOR_TOKEN, f"my token: {token} (thanks)") == token
    assert answer_in(FOR_TOKEN, f"{token} or {token}") == f"{token} or {token}"
    assert answer_in(FOR_TOKEN, "none") == "none"


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
