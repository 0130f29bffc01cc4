"""What compose.yaml, .env.example and the Dockerfile say, as data."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import dockerfile
import yaml
from pydantic import AliasChoices

from bot.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[3]
COMPOSE: Final = ROOT / "compose.yaml"
DOCKERFILE: Final = ROOT / "Dockerfile"
#: `${NAME:?what is said when it is missing}`, `${NAME:-instead}` or `${NAME}`.
_VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::\?[^}]*|:-(?P<instead>[^}]*))?\}")
#: What stands in .env in these tests, where it stands for a secret.
FILLED: Final = "f" * 64


def compose() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return described


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """Services of the bot's image."""
    return {name: one for name, one in services().items() if one["image"] == "masssender:local"}


def workers() -> dict[str, dict[str, Any]]:
    return {name: one for name, one in services().items() if one["image"] == "masssender-worker:local"}


def schema() -> dict[str, Any]:
    """Its address of the draft is one letter off what the validator knows: https, without the #."""
    path = Path(__file__).with_name("compose_spec") / "compose-spec.json"
    text = path.read_text("utf-8").replace(
        "https://json-schema.org/draft-07/schema", "http://json-schema.org/draft-07/schema#"
    )
    found: dict[str, Any] = json.loads(text)
    return found


def variables() -> set[str]:
    """What compose.yaml takes from .env."""
    return {match["name"] for match in _VARIABLE.finditer(COMPOSE.read_text("utf-8"))}


def example() -> dict[str, str]:
    """.env.example, by name."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """As the process sees it, with everything in .env filled in."""
    return {
        name: _VARIABLE.sub(lambda match: match["instead"] or FILLED, str(value))
        for name, value in service["environment"].items()
    }


def settings_known() -> set[str]:
    """Names that the bot reads from its environment."""
    known = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        known |= {str(one) for one in alias.choices} if isinstance(alias, AliasChoices) else {name.upper()}
    return known


def worker_settings() -> dict[str, str]:
    """What worker_node reads from its environment, each with its default where that is a number."""
    text = (ROOT / "worker_node" / "src" / "settings.js").read_text("utf-8")
    tables = dict(re.findall(r"\['([A-Z_]+)', ([0-9_]+),", text))
    plain = re.findall(r"'((?:WORKER|CHROMIUM)_[A-Z_]+)'", text)
    return {**dict.fromkeys(plain, ""), **tables}


def seconds(span: str) -> int:
    """`90s` or `15m`."""
    return int(span[:-1]) * {"s": 1, "m": 60}[span[-1]]


def instructions() -> list[dockerfile.Command]:
    """Parsed by Docker's own parser. Raises dockerfile.GoParseError."""
    return list(dockerfile.parse_file(str(DOCKERFILE)))


def stages() -> dict[str, list[dockerfile.Command]]:
    """The instructions of each stage, by its name; FROM first."""
    found: dict[str, list[dockerfile.Command]] = {}
    for one in instructions():
        if one.cmd == "FROM":
            found[one.value[2]] = []
        found[next(reversed(found))].append(one)
    return found


def copied() -> Iterator[tuple[str, str]]:
    """Every source of every COPY: the stage it comes from (empty: our files), and its path."""
    for one in instructions():
        if one.cmd == "COPY":
            stage = next((flag.partition("=")[2] for flag in one.flags if flag.startswith("--from=")), "")
            yield from ((stage, source) for source in one.value[:-1])
