"""What a person does in their chat: write, tap, send files, share a contact, block, pay."""

from bot.sandbox import entities, forum, membership, privacy
from bot.sandbox.methods import media
from bot.sandbox.models import BotMembership, Chat, Json, Message, Tap, Topic, User
from bot.sandbox.parsing import Upload
from bot.sandbox.stars import Charge, Invoice, PreCheckout
from bot.sandbox.state import Sandbox, random_digits
from bot.sandbox.strictness import TEXT_UNITS
from bot.sandbox.utf16 import utf16_split

TAPS_KEPT = 10_000


class Impossible(Exception):
    """A client could not do this; the sentence says why."""

    def __init__(self, reason: str, *, status: int = 409) -> None:
        super().__init__(reason)
        self.status = status


def speaker(sandbox: Sandbox, chat: Chat, user_id: int | None) -> User:
    """Who acts in `chat`: its person, or in a group the member named (the first by default)."""
    wanted = user_id if user_id is not None else (chat.members[0] if chat.members else 0)
    if wanted not in chat.members or wanted not in sandbox.users:
        raise Impossible(f"user {wanted} is not in this chat", status=404)
    return sandbox.users[wanted]


def _can_write(chat: Chat) -> None:
    if chat.blocked:
        raise Impossible("the bot is blocked here: unblock it, or write /start")
    chat.started = True


def say(
    sandbox: Sandbox, chat: Chat, who: User, text: str, *, reply_to: int | None = None,
    thread: int | None = None,
) -> list[Message]:  # fmt: skip
    """Write a text. Like a real client, cuts it at 4096 units and sends the parts one by one."""
    text = text.strip()
    if not text:
        raise Impossible("the message is empty", status=400)
    if chat.blocked and text.split()[0] == "/start":
        block(sandbox, chat, who, blocked=False)
    _can_write(chat)
    sent: list[Message] = []
    for part in utf16_split(text, TEXT_UNITS):
        marks = entities.detect(part, [])
        content: Json = {"text": part, "entities": marks} if marks else {"text": part}
        sent.append(_send(sandbox, chat, who, content, reply_to=reply_to, thread=thread))
    return sent


def _send(
    sandbox: Sandbox,
    chat: Chat,
    who: User,
    content: Json,
    *,
    reply_to: int | None = None,
    extras: Json | None = None,
    thread: int | None = None,
) -> Message:
    known = reply_to if reply_to in chat.messages else None
    extras = {**(extras or {}), **_place(chat, who, known, thread)}
    if chat.reply_keyboard and (
        chat.reply_keyboard.get("one_time_keyboard") or chat.reply_keyboard.get("force_reply")
    ):
        chat.reply_keyboard = None
    message = sandbox.post(chat, who, content, reply_to=known, extras=extras)
    if privacy.is_shown(chat, message, sandbox.bot):
        sandbox.push_message(message)
    return message


def _place(chat: Chat, who: User, reply_to: int | None, thread: int | None) -> Json:
    """The topic it is written into: the one named, else that of the message it answers."""
    if thread is None and reply_to is not None:
        thread = chat.messages[reply_to].thread_id
    if thread is None:
        return {}
    topic = _topic(chat, thread)
    if topic.closed and who.id != chat.members[0]:
        raise Impossible("this topic is closed")
    return forum.in_topic(thread)


def _topic(chat: Chat, thread: int) -> Topic:
    if not chat.is_forum or thread not in chat.topics:
        raise Impossible("there is no such topic here", status=404)
    return chat.topics[thread]


def change_topic(
    sandbox: Sandbox, chat: Chat, who: User, deed: str, thread: int | None, name: str = ""
) -> Topic:
    """What a client does with topics: create, rename, close, reopen, delete."""
    if not chat.is_forum:
        raise Impossible("this chat has no topics")
    if deed == "create":
        return forum.create(sandbox, chat, who, forum.name_of(name))
    topic = _topic(chat, thread or 0)
    if deed == "rename":
        forum.rename(sandbox, chat, who, topic, forum.name_of(name))
    elif deed in ("close", "reopen"):
        forum.close(sandbox, chat, who, topic, closed=deed == "close")
    elif deed == "delete":
        forum.delete(sandbox, chat, topic)
    else:
        raise Impossible("deed must be create, rename, close, reopen or delete", status=400)
    return topic


def set_forum(sandbox: Sandbox, chat: Chat, *, is_forum: bool) -> None:
    """Switch a group's topics on or off; the bot hears nothing of it."""
    if chat.kind == "private":
        raise Impossible("a private chat has no topics")
    chat.is_forum = is_forum
    sandbox.touch(chat)


def set_bot(sandbox: Sandbox, chat: Chat, who: User, bot: BotMembership) -> None:
    """Make the bot a member or an administrator, or put it out; it hears of that as my_chat_member."""
    if chat.kind == "private":
        raise Impossible("in a private chat the bot is what it is")
    before, chat.bot = chat.bot, bot
    sandbox.touch(chat)
    membership.push_changed(sandbox, chat, who, before)


def edit(sandbox: Sandbox, chat: Chat, who: User, message_id: int, text: str) -> Message:
    """Change one's own text; the bot hears of it as edited_message."""
    message = chat.messages.get(message_id)
    if message is None or message.sender.id != who.id or "text" not in message.content:
        raise Impossible("only your own texts can be edited", status=404)
    if not text.strip():
        raise Impossible("the message is empty", status=400)
    _can_write(chat)
    marks = entities.detect(text.strip(), [])
    content: Json = {"text": text.strip()} | ({"entities": marks} if marks else {})
    sandbox.edit(chat, message, content, None)
    if privacy.is_shown(chat, message, sandbox.bot):
        sandbox.push_message(message, "edited_message")
    return message


def tap(sandbox: Sandbox, chat: Chat, who: User, message_id: int, data: str, *, forged: bool = False) -> str:
    """Press an inline button, one the message shows or once showed; the callback query's id.

    `forged`: as a tampered client may, send data that no button of the message ever carried.
    """
    message = chat.messages.get(message_id)
    if message is None:
        raise Impossible("there is no such message any more", status=404)
    if not forged and data not in message.taps:
        raise Impossible("this message never had such a button", status=404)
    if chat.blocked or chat.bot.status in ("left", "kicked"):
        raise Impossible("the bot is not here")
    query_id = random_digits()
    sandbox.taps[query_id] = Tap(query_id=query_id, chat_id=chat.id, user_id=who.id, at=sandbox.now())
    while len(sandbox.taps) > TAPS_KEPT:
        del sandbox.taps[next(iter(sandbox.taps))]
    sandbox.updates.push(
        "callback_query",
        {
            "id": query_id,
            "from": who.as_json(),
            "message": sandbox.message_json(message),
            "chat_instance": str(chat.id * 7919),
            "data": data,
        },
    )
    return query_id


async def send_file(
    sandbox: Sandbox, chat: Chat, who: User, kind: str, upload: Upload, *, caption: str = "",
    reply_to: int | None = None, thread: int | None = None,
) -> Message:  # fmt: skip
    """Send one file as `kind`. Raises `ApiError` when Telegram would not take it."""
    _can_write(chat)
    content = await media.store(sandbox, kind, upload, {})
    return _send(sandbox, chat, who, content | _caption(caption), reply_to=reply_to, thread=thread)


async def send_album(
    sandbox: Sandbox, chat: Chat, who: User, uploads: list[Upload], *, caption: str = "",
    thread: int | None = None,
) -> list[Message]:  # fmt: skip
    """Send several files together: pictures and films mix, anything else makes all of them documents."""
    if not 2 <= len(uploads) <= 10:
        raise Impossible("an album has 2 to 10 files", status=400)
    _can_write(chat)
    kinds = [kind_of(upload) for upload in uploads]
    if len(set(kinds) - {"photo", "video"}) and len(set(kinds)) > 1:
        kinds = ["document"] * len(uploads)
    contents = [
        await media.store(sandbox, kind, upload, {}) for kind, upload in zip(kinds, uploads, strict=True)
    ]
    contents[0] |= _caption(caption)
    group = {"media_group_id": random_digits()}
    return [_send(sandbox, chat, who, content, extras=dict(group), thread=thread) for content in contents]


def kind_of(upload: Upload) -> str:
    """What a client makes of a dropped file, by its MIME type."""
    by_type = {"image/jpeg": "photo", "image/png": "photo", "image/webp": "photo", "audio/ogg": "voice"}
    if upload.mime in by_type:
        return by_type[upload.mime]
    family = upload.mime.split("/", 1)[0]
    return family if family in ("video", "audio") else "document"


def _caption(caption: str) -> Json:
    caption = caption.strip()
    if not caption:
        return {}
    marks = entities.detect(caption, [])
    return {"caption": caption, "caption_entities": marks} if marks else {"caption": caption}


def share_contact(sandbox: Sandbox, chat: Chat, who: User, contact: Json) -> Message:
    """Share a contact card; one's own carries the user's id."""
    _can_write(chat)
    return _send(sandbox, chat, who, {"contact": contact})


def block(sandbox: Sandbox, chat: Chat, who: User, *, blocked: bool) -> None:
    """Block the bot, or let it in again; the bot hears of the change as my_chat_member."""
    if chat.kind != "private":
        raise Impossible("only a private chat can be blocked")
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    sandbox.touch(chat)
    bot = sandbox.bot.as_json()
    member, kicked = {"status": "member", "user": bot}, {"status": "kicked", "user": bot, "until_date": 0}
    sandbox.updates.push(
        "my_chat_member",
        {
            "chat": chat.as_json(),
            "from": who.as_json(),
            "date": int(sandbox.now()),
            "old_chat_member": member if blocked else kicked,
            "new_chat_member": kicked if blocked else member,
        },
    )


def forward(sandbox: Sandbox, chat: Chat, who: User, message_id: int, to: int) -> Message:
    """Pass a message on to somebody else. As between two people the bot hears nothing of it; with one chat a
    person it is shown in that of the other."""
    message, other = chat.messages.get(message_id), sandbox.chats.get(to)
    if message is None:
        raise Impossible("there is no such message any more", status=404)
    if other is None or other.kind != "private" or other is chat:
        raise Impossible("there is nobody else with this number", status=404)
    invoice = sandbox.stars.invoices.get((chat.id, message_id))
    origin = {"type": "user", "date": message.date, "sender_user": message.sender.as_json()}
    copy = sandbox.post(
        other, who, dict(message.content), markup=_keys_of_a_copy(sandbox, message, invoice),
        extras={"forward_origin": origin},
    )  # fmt: skip
    if invoice is not None and not invoice.start_parameter:
        sandbox.stars.invoices[other.id, copy.message_id] = invoice
    return copy


def _keys_of_a_copy(sandbox: Sandbox, message: Message, invoice: Invoice | None) -> Json | None:
    """Links stay. An invoice that names a start leads to the bot; any other can be paid by anybody."""
    if invoice is not None:
        key: Json = {"text": f"Pay ⭐{invoice.amount}", "pay": True}
        if invoice.start_parameter:
            leads = f"https://t.me/{sandbox.bot.username}?start={invoice.start_parameter}"
            key = {"text": key["text"], "url": leads}
        return {"inline_keyboard": [[key]]}
    rows = (message.markup or {}).get("inline_keyboard", [])
    links = [kept for row in rows if (kept := [key for key in row if "url" in key])]
    return {"inline_keyboard": links} if links else None


def invoice_at(sandbox: Sandbox, chat: Chat, *, message_id: int | None, link: str | None) -> Invoice:
    """The invoice of a message that is still there, or of a link."""
    if link is not None:
        found = sandbox.stars.links.get(link)
    elif message_id in chat.messages:
        found = sandbox.stars.invoices.get((chat.id, message_id))
    else:
        found = None
    if found is None:
        raise Impossible("there is no such invoice", status=404)
    return found


async def pay(sandbox: Sandbox, chat: Chat, who: User, invoice: Invoice) -> tuple[Message | None, str]:
    """Ask the bot (pre-checkout, 10 s to answer), then pay. The payment's message, or None and the reason."""
    if chat.blocked:
        raise Impossible("the bot is blocked here")
    checkout = PreCheckout(query_id=random_digits(), user_id=who.id, at=sandbox.now())
    sandbox.stars.checkouts[checkout.query_id] = checkout
    terms = {"currency": "XTR", "total_amount": invoice.amount, "invoice_payload": invoice.payload}
    question = {"id": checkout.query_id, "from": who.as_json(), **terms}
    sandbox.updates.push("pre_checkout_query", question)
    try:
        await _answered(sandbox, checkout)
    finally:
        del sandbox.stars.checkouts[checkout.query_id]
    if checkout.ok is None:
        return None, "The bot did not answer in time"
    if not checkout.ok:
        return None, checkout.error_message
    charge = Charge(
        charge_id=f"stx{random_digits()}",
        user_id=who.id,
        chat_id=chat.id,
        amount=invoice.amount,
        payload=invoice.payload,
        date=int(sandbox.now()),
    )
    sandbox.stars.charges[charge.charge_id] = charge
    paid = {
        **terms,
        "telegram_payment_charge_id": charge.charge_id,
        "provider_payment_charge_id": f"{who.id}_{charge.charge_id[-6:]}",
    }
    return _send(sandbox, chat, who, {"successful_payment": paid}), ""


async def _answered(sandbox: Sandbox, checkout: PreCheckout) -> None:
    deadline = checkout.at + sandbox.config.pre_checkout_seconds
    while checkout.ok is None and not sandbox.closed:
        left = deadline - sandbox.now()
        if left <= 0 or not await sandbox.stars.bell.wait(left):
            return
