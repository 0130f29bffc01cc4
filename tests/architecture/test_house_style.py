"""What the house asks of its files: small ones, small functions, and nothing left at home when installed."""

import ast
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "domain", "storage", "whatsapp")
LONGEST_FILE, LONGEST_FUNCTION = 400, 45


def files(suffix: str = "") -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob(f"*{suffix}")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def test_no_file_is_longer_than_one_can_keep_in_mind() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for suffix in (".py", ".js", ".css", ".html")
        for path in files(suffix)
        if "versions" not in path.parts
        and (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in files(".py")
        if "versions" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_whatever_is_no_python_goes_into_the_package_too() -> None:
    """A page or a template that is left out is missed only by those who install."""
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    others = [path for path in files() if path.suffix != ".py"]
    assert len(others) > 10
    left_out = [path.name for path in others if not any(fnmatch(path.name, glob) for glob in packed)]
    assert left_out == []
