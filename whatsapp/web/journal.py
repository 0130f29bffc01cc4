"""The worker's journal of one account: what became of every key it was given."""

from domain.accounts.web import WorkerMissing, WorkerRefuses
from domain.delivery.ports import ChannelDown, Recalled
from domain.kernel.ids import AttemptKey
from whatsapp.web.session import Session, shaped
from whatsapp.web.wire import recalled_from_json


class WebJournal:
    """Implements `domain.delivery.ports.AttemptJournal` for one session of a worker.

    A journal that was lost (a new disk, a container without its volume) knows no key, and would say of every
    message that it was never sent. So each has a random name, which comes with all that it says.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def its_name(self) -> str | None:
        """As `name`, with the worker's own refusals: WorkerRefuses, WorkerMissing or ChannelDown."""
        return (await self._close(self._own_key)).journal

    async def name(self) -> str | None:
        """See `AttemptJournal.name`."""
        recalled = await self.close(self._own_key)
        return None if recalled is None else recalled.journal

    @property
    def _own_key(self) -> AttemptKey:
        """Nothing is ever sent under it: it is closed to hear which journal that is."""
        return AttemptKey(f"name:{self._session.name}")

    async def close(self, key: AttemptKey) -> Recalled | None:
        """See `AttemptJournal.close`."""
        try:
            return await self._close(key)
        except WorkerRefuses as refusal:
            if refusal.reason == "no_session":
                return None
            raise ChannelDown(refusal.reason) from refusal
        except WorkerMissing as missing:
            raise ChannelDown(missing.code) from missing

    async def _close(self, key: AttemptKey) -> Recalled:
        path = f"{self._session.path_of(key)}/close"
        return shaped(recalled_from_json, await self._session.worker.ask("POST", path))
