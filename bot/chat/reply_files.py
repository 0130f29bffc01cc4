"""Files that people send along with what they write: fetched once, kept, and put into a chat."""

import asyncio
import mimetypes
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from telegram import Bot, InlineKeyboardMarkup, InputFile
from telegram.error import BadRequest

from bot.chat.uploads import safe_name
from domain.accounts.model import Account
from domain.conversations.tellings import Written
from domain.delivery.content import Media, MediaKind
from domain.delivery.media_limits import MEGABYTE, mime_of
from domain.delivery.ports import (
    LARGEST_ATTACHMENT,
    Attachment,
    AttachmentGone,
    Attachments,
    AttachmentTooLarge,
    ChannelDown,
    MediaMissing,
    MediaStore,
)  # fmt: skip
from domain.kernel.ids import ReplyId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: How long one file may take, in seconds, and how often it is tried while its channel is down.
LONGEST_FETCH: Final = 30.0
MOST_TRIES: Final = 3
#: A larger picture goes into a chat as a file.
LARGEST_PHOTO: Final = 10 * MEGABYTE

#: What a person sent, as it is shown in a chat. A sticker is a picture that Telegram takes as a file only.
_KINDS: Final = {
    "image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO, "voice": MediaKind.VOICE,
}  # fmt: skip


@dataclass(kw_only=True)
class ReplyFiles:
    """Several chats may want the same file at once: the first fetches it."""

    store: Store[Unit]
    media: MediaStore
    attachments_for: Callable[[Account], Attachments]
    longest: float = LONGEST_FETCH
    _tries: dict[ReplyId, int] = field(default_factory=dict)
    _locks: defaultdict[ReplyId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def bring(self, reply: Written) -> bool:
        """Fetch what came with it, if that was not tried to its end. False: its channel is down, and it is
        worth trying again soon."""
        if reply.attachment is None or not reply.awaits_file:
            return True
        async with self._locks[reply.id]:
            done = await self._is_settled(reply) or await self._fetch(reply, reply.attachment)
        self._locks.pop(reply.id, None)
        return done

    async def _is_settled(self, reply: Written) -> bool:
        async with self.store.read() as unit:
            return not (await unit.tellings.reply(reply.id)).awaits_file

    async def _fetch(self, reply: Written, attachment: Attachment) -> bool:
        async with self.store.read() as unit:
            account = await unit.accounts.ever(reply.account_id)
        file: Media | None = None
        try:
            if account is None or (attachment.size or 0) > LARGEST_ATTACHMENT:
                raise AttachmentTooLarge
            async with asyncio.timeout(self.longest):
                key, size = await self.media.put(self.attachments_for(account).fetch(attachment))
            file = _as_kept(reply, attachment, key, size)
        except (AttachmentGone, AttachmentTooLarge) as error:
            log.info("a file cannot be had", reply=reply.id, error=type(error).__name__)
        except (ChannelDown, TimeoutError) as error:
            tries = self._tries[reply.id] = self._tries.get(reply.id, 0) + 1
            log.info("a file cannot be had now", reply=reply.id, error=type(error).__name__, tries=tries)
            if tries < MOST_TRIES:
                return False
        except Exception as error:
            # A fault of ours must not keep the words from being told.
            log.error("a file was not fetched", reply=reply.id, exc_info=error)
        await self._keep(reply, file)
        self._tries.pop(reply.id, None)
        return True

    async def _keep(self, reply: Written, file: Media | None) -> None:
        """Of whoever was forgotten while it was fetched, no file stays."""
        async with self.store.write() as unit:
            is_named = await unit.tellings.keep_file(reply.id, file)
            if file is not None and not is_named:
                is_named = file.key in await unit.contacts.files_in_use([file.key])
            await unit.commit()
        if file is not None and not is_named:
            await self.media.drop(file.key)

    async def content(self, file: Media) -> bytes | None:
        """None: it is not kept any more."""
        try:
            return await self.media.get(file.key)
        except MediaMissing:
            return None


def _as_kept(reply: Written, attachment: Attachment, key: str, size: int) -> Media:
    kind = _KINDS.get(reply.media or "", MediaKind.DOCUMENT)
    mime = mime_of(attachment.mime) or "application/octet-stream"
    named = attachment.filename or f"{reply.media or 'file'}{mimetypes.guess_extension(mime) or ''}"
    return Media(kind=kind, key=key, filename=safe_name(named), mime=mime, size=size)


async def put_into_chat(
    bot: Bot, chat_id: int, file: Media, content: bytes, caption: str,
    *, markup: InlineKeyboardMarkup | None, thread_id: int | None = None,
) -> int:  # fmt: skip
    """The message's id. What Telegram does not take as what it was goes as a file."""
    upload = InputFile(content, filename=file.filename)
    about = {"caption": caption, "reply_markup": markup, "message_thread_id": thread_id}
    try:
        match file.kind:
            case MediaKind.PHOTO if file.size <= LARGEST_PHOTO:
                return (await bot.send_photo(chat_id, upload, **about)).message_id  # type: ignore[arg-type]
            case MediaKind.VIDEO:
                return (await bot.send_video(chat_id, upload, **about)).message_id  # type: ignore[arg-type]
            case MediaKind.AUDIO:
                return (await bot.send_audio(chat_id, upload, **about)).message_id  # type: ignore[arg-type]
            case MediaKind.VOICE:
                return (await bot.send_voice(chat_id, upload, **about)).message_id  # type: ignore[arg-type]
            case _:
                pass
    except BadRequest as error:
        log.info("a file goes as a document", kind=file.kind.value, why=error.message[:80])
    return (await bot.send_document(chat_id, upload, **about)).message_id  # type: ignore[arg-type]
