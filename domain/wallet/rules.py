"""How the sums follow the entries. Pure."""

from dataclasses import replace
from datetime import datetime

from domain.wallet.model import Entry, EntryKind, NotEnoughPoints, Wallet


def moved(kind: EntryKind, price: int) -> tuple[int, int]:
    """What settling one recipient adds to the points and to what is held. For a LATE one see `pay_late`."""
    return {
        EntryKind.SPEND: (-price, -price),
        EntryKind.RELEASE: (0, -price),
        EntryKind.BACK: (price, 0),
    }[kind]


def after(wallet: Wallet, *, points: int = 0, held: int = 0, owed: int = 0) -> Wallet:
    """The sums with an entry (or several) added. Raises NotEnoughPoints when more would be taken or set
    aside than is available."""
    added = replace(wallet, balance=wallet.balance + points, held=wallet.held + held, owed=wallet.owed + owed)
    if added.available < 0:
        raise NotEnoughPoints(needs=held - points, available=wallet.available)
    return added


def collect(wallet: Wallet, *, key: str, at: datetime) -> Entry | None:
    """Pay what is owed, as far as points are available; None when there is nothing to do."""
    pays = min(wallet.owed, wallet.available)
    if pays == 0:
        return None
    return Entry(
        workspace_id=wallet.workspace_id, key=f"collect:{key}", kind=EntryKind.COLLECT, points=-pays,
        owed=-pays, at=at,
    )  # fmt: skip


def pay_late(wallet: Wallet, price: int) -> tuple[int, int]:
    """(points, owed) of a success whose points had been given back: what is not available is owed."""
    pays = min(price, wallet.available)
    return -pays, price - pays
