"""What libraries would take along at every start and this program never uses (docs/decisions/0042).

structlog paints tracebacks with rich (ours are told by bot/log_traces.py), python-telegram-bot opens Telegram
Passports with cryptography (nobody shows us any), httpx brings a command of its own. Each does without,
behind an `except ImportError`; so while such a module is loaded, and only then, that is not there. Whoever
else imports it gets it.

SQLAlchemy's package for asyncio takes all of its ORM along, which storage does without; what stands in its
modules can be had from them. So the package itself is loaded when somebody asks for what stands in it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Final

#: By the module that would take it along.
ABSENT: Final[Mapping[str, str]] = {
    "structlog.dev": "rich",
    "structlog.tracebacks": "rich",
    "httpx": "httpx._main",
    "telegram._bot": "cryptography",
    "telegram._passport.credentials": "cryptography",
}
#: Packages none of whose names is that of a module in them too.
LATER: Final = frozenset({"sqlalchemy.ext.asyncio"})


@contextmanager
def absent(name: str) -> Iterator[None]:
    """`import name` fails within the block as if it were not installed."""
    before = {name: sys.modules[name]} if name in sys.modules else {}
    sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to say so
    try:
        yield
    finally:
        del sys.modules[name]
        sys.modules.update(before)


class _Without(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with absent(ABSENT[module.__name__]):
            super().exec_module(module)


class _Later(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        load = super().exec_module

        def asked(name: str) -> Any:
            """A module in it is loaded alone; any other name loads the package."""
            if name.startswith("__"):
                raise AttributeError(name)
            inside = f"{module.__name__}.{name}"
            if PathFinder.find_spec(inside, module.__path__) is not None:
                return import_module(inside)
            del module.__dict__["__getattr__"]
            try:
                load(module)
            except BaseException:
                module.__dict__["__getattr__"] = asked
                raise
            return getattr(module, name)

        module.__dict__["__getattr__"] = asked


class LeavingOut:
    """A finder of `sys.meta_path`, before all others."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _: ModuleType | None = None) -> ModuleSpec | None:
        wanted = _Without if name in ABSENT else _Later if name in LATER else None
        if wanted is None:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = wanted(spec.loader.name, spec.loader.path)
        return spec


def leave_out() -> None:
    """From now on; what is loaded already stays as it is."""
    if LeavingOut not in sys.meta_path:
        sys.meta_path.insert(0, LeavingOut)
