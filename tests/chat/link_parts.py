"""What conversations about linking share: the way to the QR, and the phones that scan it."""

import io
from collections.abc import Sequence

import zxingcpp
from PIL import Image

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.accounts.linking import Linking
from domain.accounts.model import Account, AccountState, Channel
from domain.accounts.web import SessionState
from domain.kernel.ids import AccountId, WorkspaceId
from tests.chat.shop import Shop, open_shop
from tests.chat.stage import Stage, eventually

BAKERY, PIER = "+905321234567", "+905329876543"


async def read_qr(chat: SandboxChat, message: ShownMessage) -> str:
    """What a phone's camera would read off the picture in the chat, which Telegram has made a JPEG of."""
    with Image.open(io.BytesIO(await chat.download(message))) as picture:
        found = zxingcpp.read_barcode(picture)
    assert found is not None, "nothing can be read off this picture"
    return str(found.text)


async def want_qr(chat: SandboxChat) -> None:
    """From anywhere to where the picture is to come."""
    await chat.say("/link")
    await chat.tap("Link WhatsApp Web")
    await chat.tap("Show QR")


async def ask_for_qr(chat: SandboxChat) -> ShownMessage:
    """The message that shows the picture."""
    await want_qr(chat)
    return await the_qr(chat)


async def the_qr(chat: SandboxChat) -> ShownMessage:
    return await chat.wait_for(lambda m: m.photo is not None and "Scan this" in m.words, fresh=False)


async def ask_for_code(chat: SandboxChat, number: str) -> ShownMessage:
    await chat.say("/link")
    await chat.tap("Link WhatsApp Web")
    await chat.tap("Use a code")
    await chat.wait_for("Type the WhatsApp number of this phone")
    await chat.say(number)
    return await the_code(chat)


async def the_code(chat: SandboxChat) -> ShownMessage:
    return await chat.wait_for("Type this code in WhatsApp", fresh=False)


async def gone(chat: SandboxChat, message: ShownMessage) -> None:
    """Until the message is out of the chat."""
    await chat.until(
        lambda: message.message_id not in chat.messages or None,
        timeout=20, what=lambda: f"it is still there:\n{chat.screen()}",
    )  # fmt: skip


async def accounts(on: Stage) -> Sequence[Account]:
    async with on.store.read() as unit:
        return await unit.accounts.all()


async def linkings(on: Stage, space: WorkspaceId) -> Sequence[Linking]:
    """Those that are open."""
    async with on.store.read() as unit:
        return await unit.linkings.open_of(space)


async def noted(on: Stage, message: ShownMessage) -> None:
    """Until it is written down which message it is; a kill before that leaves one that links nothing."""

    async def is_so() -> bool:
        async with on.store.read() as unit:
            return any(one.message_id == message.message_id for one in await unit.linkings.unfinished())

    await eventually(is_so, "the message is noted")


async def until_deleted(on: Stage, remote: str) -> None:
    async def is_so() -> bool:
        return remote in on.web.deleted and remote not in on.web.kept

    await eventually(is_so, f"{remote} is deleted at the worker")


async def waiting(on: Stage) -> str:
    """The one session that waits for a phone."""

    async def is_so() -> bool:
        return len(on.web.waiting) == 1

    await eventually(is_so, "one session waits for a phone")
    return on.web.waiting[0]


async def waiting_for_whatsapp(on: Stage) -> str:
    """The one session that has been started and shows nothing yet."""

    async def is_so() -> bool:
        return [kept.session.state for kept in on.web.kept.values()] == [SessionState.STARTING]

    await eventually(is_so, "one session has been started")
    return next(iter(on.web.kept))


async def linked_before(
    shop: Shop, number: str = BAKERY, *, state: AccountState = AccountState.CONNECTED, remote: str = "web-1"
) -> AccountId:
    """A number that was linked over WhatsApp Web long ago."""
    on = shop.on
    await on.web.start(remote)
    on.web.scan(remote, number, "Bakery")
    if state is AccountState.UNLINKED:
        on.web.unlink(remote)
    async with on.store.write() as unit:
        id = await unit.accounts.create(
            workspace_id=shop.space, channel=Channel.WEB, number=number, name="Bakery", remote=remote,
            state=AccountState.CONNECTED, at=on.clock.now(),
        )  # fmt: skip
        await unit.accounts.set_state(id, state, reason=None, at=on.clock.now())
        await unit.commit()
    return id


async def a_web_shop(on: Stage, people: int = 3) -> Shop:
    """Its only number came over WhatsApp Web; behind it stand the simulated phones."""
    shop = await open_shop(on, people)
    await on.web.start(shop.remote)
    on.web.scan(shop.remote, shop.number, "Bakery")
    async with on.store.write() as unit:
        await unit.accounts.remove(shop.account)
        await unit.commit()
    async with on.store.connection() as db:
        await db.exec_driver_sql("UPDATE accounts SET channel = 'web', is_removed = 0, is_default = 1")
        await db.commit()
    return shop
