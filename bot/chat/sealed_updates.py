"""Updates in which a secret may stand are sealed before they are stored: what was never written to the disk
in the clear need not be wiped from it, nor from its log, its backups and its free pages."""

import json
from typing import Any, Final

from bot.vault import Vault
from domain.operators.chat import Json

_SEALED: Final = "sealed"


def is_sealed(payload: Json) -> bool:
    return _SEALED in payload


class SealedUpdates:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def close(self, update: dict[str, Any]) -> Json:
        """As it is kept; its number says which it is."""
        id = update["update_id"]
        sealed = self._vault.seal(json.dumps(update), context=f"update:{id}")
        return {"update_id": id, _SEALED: sealed}

    def open(self, payload: Json) -> Json:
        """As it came; one that is not sealed is that already. Raises SealedOtherwise."""
        if not is_sealed(payload):
            return payload
        opened = self._vault.open(str(payload[_SEALED]), context=f"update:{payload['update_id']}")
        update: Json = json.loads(opened)
        return update
