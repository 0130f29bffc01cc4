"""Nobody makes an invitation but the desk: whatever is changed in a link, or made up, is refused."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.codec import LONGEST_NUMBER, NotOurs, base36, number36
from bot.keys import signer
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators.model import Invite, Role
from domain.operators.team import signature

START = datetime(2026, 1, 1, tzinfo=UTC)
SIGN = signer(b"ours")

invites = st.builds(
    Invite,
    id=st.integers(1, 2**53).map(InviteId),
    workspace_id=st.integers(1, 2**53).map(WorkspaceId),
    role=st.sampled_from(Role),
    created_by=st.just(MemberId(1)),
    created_at=st.just(START),
    expires_at=st.integers(0, 10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
    used_by=st.none(),
    used_at=st.none(),
    revoked_at=st.none(),
)


@given(invites)
def test_a_link_fits_what_telegram_takes(invite: Invite) -> None:
    payload = f"inv_{base36(invite.id)}_{signature(invite, SIGN)}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)


@given(invites)
def test_a_link_is_taken_apart_as_it_was_put_together(invite: Invite) -> None:
    """Signatures hold underscores too."""
    signed = signature(invite, SIGN)
    id, _, rest = f"{base36(invite.id)}_{signed}".partition("_")
    assert (number36(id), rest) == (invite.id, signed)


@given(invites, invites)
def test_no_two_invitations_have_one_signature(one: Invite, other: Invite) -> None:
    kept = {"id", "workspace_id", "role", "expires_at"}
    same = all(getattr(one, name) == getattr(other, name) for name in kept)
    assert (signature(one, SIGN) == signature(other, SIGN)) == same


@given(invites, st.sampled_from(Role), st.integers(1, 10**6))
def test_a_signature_holds_for_nothing_else(invite: Invite, role: Role, by: int) -> None:
    """Another role, a later end, another workspace: each asks for a signature of its own."""
    signed = signature(invite, SIGN)
    others = [
        replace(invite, id=InviteId(invite.id + by)),
        replace(invite, workspace_id=WorkspaceId(invite.workspace_id + by)),
        replace(invite, expires_at=invite.expires_at + timedelta(seconds=by)),
    ]
    if role is not invite.role:
        others.append(replace(invite, role=role))
    assert all(signature(other, SIGN) != signed for other in others)


@given(invites, st.binary(min_size=1))
def test_another_desks_signature_is_worth_nothing(invite: Invite, key: bytes) -> None:
    # A key shorter than a block is filled up with zeros: those are the same key.
    same = key.rstrip(b"\0") == b"ours"
    assert (signature(invite, signer(key)) == signature(invite, SIGN)) == same


@given(st.text(max_size=LONGEST_NUMBER + 2))
def test_a_number_is_read_only_as_it_is_written(text: str) -> None:
    try:
        number = number36(text)
    except NotOurs:
        return
    assert text.lstrip("0") == base36(number).lstrip("0")
