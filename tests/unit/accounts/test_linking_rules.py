"""Whose a linked number is, and how checking keeps to its day."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from domain.accounts.checks import A_DAY, DAY, GAP, known_off_since, next_ask_at, reopens_at, room
from domain.accounts.linking import Linking, LinkingPhase, LinkingState, LinkMode, found
from domain.accounts.model import Account, AccountState, Channel
from domain.delivery.ports import AccountNews
from domain.kernel.ids import AccountId, LinkingId, WorkspaceId
from domain.scheduler.news import is_old_news
from tests.fakes.stores import NOW

OURS, THEIRS = WorkspaceId(1), WorkspaceId(2)
LINKING = Linking(
    id=LinkingId(1), workspace_id=OURS, account_id=None, remote="web-9", mode=LinkMode.QR, number=None,
    chat_id=7, telegram_id=7, state=LinkingState.OPEN, phase=LinkingPhase.SHOWN, reason=None, other=None,
    message_id=None, shown="", started_at=NOW, ends_at=NOW, version=1,
)  # fmt: skip
BAKERY = Account(
    id=AccountId(1), workspace_id=OURS, channel=Channel.WEB, number="+905321234567", name="Bakery",
    remote="web-1", state=AccountState.CONNECTED, state_reason=None, state_at=NOW, is_default=True,
    created_at=NOW, next_send_at=None, news_cursor=0,
)  # fmt: skip
UNLINKED = replace(BAKERY, state=AccountState.UNLINKED)
AGAIN = replace(LINKING, account_id=BAKERY.id)


def test_a_number_that_nobody_has_is_a_new_account() -> None:
    assert found(LINKING, [], number=BAKERY.number) == (None, None)
    simulated = replace(BAKERY, channel=Channel.SIMULATED)
    assert found(LINKING, [simulated], number=BAKERY.number) == (None, None)


@pytest.mark.parametrize("state", [AccountState.UNLINKED, AccountState.RESTRICTED])
def test_one_that_is_not_connected_comes_back(state: AccountState) -> None:
    known = replace(BAKERY, state=state)
    assert found(LINKING, [known], number=BAKERY.number) == (known, None)


def test_one_that_is_connected_is_not_linked_twice() -> None:
    assert found(LINKING, [BAKERY], number=BAKERY.number) == (BAKERY, "linked_already")
    cloud = replace(UNLINKED, channel=Channel.CLOUD)
    assert found(LINKING, [cloud], number=BAKERY.number) == (cloud, "linked_already")


def test_one_of_another_workspace_is_refused_without_naming_the_account() -> None:
    for state in AccountState:
        theirs = replace(BAKERY, workspace_id=THEIRS, state=state)
        assert found(LINKING, [theirs], number=BAKERY.number) == (None, "elsewhere")


def test_linked_again_it_has_to_be_the_same_number() -> None:
    assert found(AGAIN, [UNLINKED], number=BAKERY.number) == (UNLINKED, None)
    assert found(AGAIN, [UNLINKED], number="+905329999999") == (UNLINKED, "other_number")
    assert found(AGAIN, [], number=BAKERY.number) == (None, "account_gone")


def test_old_news_of_an_account_is_no_news() -> None:
    linked = replace(BAKERY, linked_cursor=7)
    assert is_old_news(linked, 7, AccountNews(state="unlinked", at=NOW + DAY))
    assert not is_old_news(linked, 8, AccountNews(state="unlinked", at=NOW - DAY))
    assert is_old_news(UNLINKED, 8, AccountNews(state="connected", at=NOW))
    restricted = replace(BAKERY, state=AccountState.RESTRICTED)
    assert not is_old_news(restricted, 8, AccountNews(state="connected", at=NOW))
    simulated = replace(UNLINKED, channel=Channel.SIMULATED, linked_cursor=9)
    assert not is_old_news(simulated, 8, AccountNews(state="connected", at=NOW))


def test_the_day_of_checking_is_any_24_hours() -> None:
    assert room([]) == A_DAY
    asks = [(NOW - timedelta(hours=20), 150), (NOW - timedelta(hours=1), 50)]
    assert room(asks) == 0 and room([*asks, (NOW, 50)]) == 0
    assert reopens_at(asks, now=NOW) == NOW + timedelta(hours=4)
    assert reopens_at([], now=NOW) == NOW


def test_requests_rest_between_each_other() -> None:
    waits = [next_ask_at(now=NOW, rng=Random(n)) - NOW for n in range(50)]
    assert all(GAP[0] <= wait <= GAP[1] for wait in waits) and len(set(waits)) == 50


def test_only_a_number_of_whatsapp_web_leaves_anybody_out() -> None:
    assert known_off_since(BAKERY, at=NOW) == NOW - timedelta(days=30)
    assert known_off_since(replace(BAKERY, channel=Channel.CLOUD), at=NOW) is None
    assert known_off_since(None, at=NOW) is None
