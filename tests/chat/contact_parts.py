"""People, and how they stand, for tests of the contact screens."""

from domain.contacts.model import ConsentEvent, ConsentSource, Contact
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import ListId
from tests.chat.contact_chat import NOW, Chat


async def people(chat: Chat, *rows: tuple[str, str], list_name: str | None = None) -> ListId | None:
    """Put people in, on a list if it is named."""
    async with chat.store.write() as unit:
        list_id = None
        if list_name is not None:
            list_id = await unit.contacts.create_list(chat.workspace.id, list_name, at=NOW)
        kept = [ImportedRow(number=number, name=name, attributes={}) for number, name in rows]
        await unit.contacts.save_rows(chat.workspace.id, list_id, kept, at=NOW)
        await unit.commit()
    return list_id


async def contact(chat: Chat, number: str) -> Contact:
    async with chat.store.read() as unit:
        found = await unit.contacts.by_number(chat.workspace.id, number)
    assert found is not None
    return found


async def events(chat: Chat, number: str) -> list[ConsentEvent]:
    async with chat.store.read() as unit:
        found = await unit.contacts.by_number(chat.workspace.id, number)
        assert found is not None
        return list(await unit.contacts.consent_events(found.id))


async def stopped_by_reply(chat: Chat, number: str) -> None:
    event = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="wamid.1", at=NOW)
    async with chat.store.write() as unit:
        found = await unit.contacts.by_number(chat.workspace.id, number)
        assert found is not None
        await unit.contacts.record_consent(found.id, event)
        await unit.commit()


async def numbered(chat: Chat, count: int, list_name: str | None = None) -> ListId | None:
    rows = [(f"+1201555{n:04}", f"Person {n:03}") for n in range(count)]
    return await people(chat, *rows, list_name=list_name)
