"""The desk's own secret: made once, kept from others, and what it signs."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.keys import FILE, NoKey, load_key, signer
from bot.settings import Settings


def settings(folder: Path, *, key: str | None = None) -> Settings:
    return Settings(  # type: ignore[call-arg]
        _env_file=None, data_dir=folder, secret_key=SecretStr(key) if key is not None else None
    )


def test_a_key_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = load_key(settings(folder))
    assert len(key) >= 32
    assert load_key(settings(folder)) == key
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_nobody_else_on_the_machine_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    load_key(settings(folder))
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_desk_has_a_key_of_its_own(tmp_path: Path) -> None:
    assert load_key(settings(tmp_path / "one")) != load_key(settings(tmp_path / "two"))


def test_a_key_that_is_set_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    given = "given" * 8
    assert load_key(settings(tmp_path, key=given)) == given.encode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_key_is_no_key(tmp_path: Path, blank: str) -> None:
    assert len(load_key(settings(tmp_path, key=blank))) >= 32
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_key_that_could_be_guessed_is_refused_at_the_start_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(tmp_path, key="only-thirty-one-characters-long")
    assert "32 characters or more" in str(refused.value)
    assert "only-thirty" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "\n", "short", " " * 40])
def test_a_file_that_is_empty_or_cut_short_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(NoKey, match="empty or cut short"):
        load_key(settings(tmp_path))
    assert (tmp_path / FILE).read_text() == content


def test_a_folder_without_room_for_a_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(NoKey, match="DATA_DIR has to be a folder"):
        load_key(settings(tmp_path / "data"))


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(settings(tmp_path)), range(16)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_signature_fits_a_link_and_depends_on_text_and_key() -> None:
    sign = signer(b"ours")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", sign("invite:1"))
    assert sign("invite:1") == signer(b"ours")("invite:1")
    assert len({sign("invite:1"), sign("invite:2"), signer(b"theirs")("invite:1")}) == 3
