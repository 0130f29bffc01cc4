"""What is left out of a start is there for whoever asks for it."""

import importlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.left_out import ABSENT, LATER, absent

SEEN = """
import sys
import bot
{code}
print(*(name for name in {names!r} if name in sys.modules))
"""


def seen(code: str, *names: str) -> list[str]:
    """Which of these are loaded after `code`, in a process of its own."""
    command = [sys.executable, "-c", SEEN.format(code=code, names=names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("taker", "taken"), ABSENT.items())
def test_who_would_take_it_along_does_without(taker: str, taken: str) -> None:
    assert seen(f"import {taker}", taker, taken) == [taker]


@pytest.mark.parametrize("taken", sorted(set(ABSENT.values())))
def test_whoever_else_wants_it_gets_it(taken: str) -> None:
    code = "\n".join(f"import {name}" for name in [*ABSENT, taken])
    assert seen(code, taken) == [taken]


def test_a_package_is_whole_for_who_asks_for_what_stands_in_it() -> None:
    narrow = "from sqlalchemy.ext.asyncio.engine import AsyncEngine"
    assert seen(narrow, "sqlalchemy.orm") == []
    wide = "from sqlalchemy.ext.asyncio import AsyncEngine as same, AsyncSession\nassert same is AsyncEngine"
    assert seen(f"{narrow}\n{wide}", "sqlalchemy.orm") == ["sqlalchemy.orm"]


def test_what_a_package_has_not_got_it_has_not() -> None:
    code = (
        "import sqlalchemy.ext.asyncio as it\nassert not hasattr(it, 'nothing') and not hasattr(it, '__no__')"
    )
    assert seen(code) == []


@pytest.mark.parametrize("package", sorted(LATER))
def test_no_name_in_such_a_package_is_that_of_a_module_in_it(package: str) -> None:
    """Whoever asked for the one would get the other."""
    whole = importlib.import_module(package)
    spec = find_spec(package)
    assert spec is not None and spec.submodule_search_locations is not None
    modules = {one.stem for folder in spec.submodule_search_locations for one in Path(folder).glob("*.py")}
    wrong = [name for name in modules & vars(whole).keys() if vars(whole)[name] is not _module(package, name)]
    assert wrong == []


def _module(package: str, name: str) -> object:
    return importlib.import_module(f"{package}.{name}")


def test_absence_ends_also_when_it_was_made_within_another() -> None:
    import rich

    with absent("rich"):
        with absent("rich"), pytest.raises(ImportError):
            importlib.import_module("rich")
        with pytest.raises(ImportError):
            importlib.import_module("rich")
    assert importlib.import_module("rich") is rich
