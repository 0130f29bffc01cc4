"""The dashboard and the alerts ask for what exists: each query is read by a parser of PromQL, and every name
and label in it is one that a process tells."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import promql_parser as promql
import pytest

from bot.ops.meters import Meters
from bot.ops.readings import Polls, Process, Readings
from domain.accounts.model import AccountState, Channel
from tests.fakes.stores import NOW
from tests.unit.scheduler.world import world

FOLDER: Final = Path(__file__).resolve().parents[3] / "docs" / "grafana"
DASHBOARD: Final[dict[str, Any]] = json.loads((FOLDER / "masssender.json").read_text())
ALERTS: Final = (FOLDER / "alerts.yml").read_text()
#: Put there by Prometheus itself.
ITS_OWN: Final = frozenset({"job", "instance"})


def panels() -> list[dict[str, Any]]:
    return [one for one in DASHBOARD["panels"] if one["type"] != "row"]


def asked_by_panels() -> list[str]:
    found = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [one.replace("$__rate_interval", "5m").replace("$job", ".*") for one in found]


def asked_by_alerts() -> list[str]:
    return re.findall(r"^ +expr: (.+)$", ALERTS, flags=re.MULTILINE)


def selectors(of: Any) -> Iterator[Any]:
    """Every choice of a metric in a query."""
    match of:
        case promql.VectorSelector():
            yield of
        case promql.MatrixSelector():
            yield of.vector_selector
        case promql.Call():
            for argument in of.args:
                yield from selectors(argument)
        case promql.BinaryExpr():
            yield from selectors(of.lhs)
            yield from selectors(of.rhs)
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr():
            yield from selectors(of.expr)
        case promql.NumberLiteral() | promql.StringLiteral():
            return
        case _:
            raise AssertionError(f"{type(of)} is not looked into")


def grouped(query: str) -> set[str]:
    """Labels that a query groups or matches by."""
    found = re.findall(r"\b(?:by|on) \(([^)]*)\)", query)
    return {label.strip() for one in found for label in one.split(",")}


async def everything_told(folder: Path) -> Mapping[str, set[str]]:
    """Names of samples with their labels, of a process of which everything can be told."""
    async with world(folder) as on:
        await on.running(1)
        async with on.store.write() as unit:
            await unit.accounts.create(
                workspace_id=on.space, channel=Channel.WEB, number="+905321110000", name="Bakery",
                remote="main/s-1", state=AccountState.CONNECTED, at=NOW,
            )  # fmt: skip
            await unit.commit()
        polls = Polls(answered=1, failed=1, last=NOW)
        process = Process(
            driven=lambda: 1, lanes=lambda: (1, 1), polls=lambda: polls, sessions=lambda: ["ready"]
        )
        meters, readings = Meters(), Readings(process, on.store, on.clock)
        meters.registry.register(readings)
        meters.webhook_answered(200)
        await readings.refresh()
        told: dict[str, set[str]] = {}
        for family in meters.registry.collect():
            for sample in family.samples:
                told.setdefault(sample.name, set()).update(sample.labels)
    return told


@pytest.mark.parametrize("asked", [asked_by_panels, asked_by_alerts])
async def test_every_query_asks_for_names_and_labels_that_exist(asked: Any, tmp_path: Path) -> None:
    told = {**await everything_told(tmp_path), "up": set()}
    queries = asked()
    assert len(queries) > 10
    for query in queries:
        known: set[str] = set()
        for one in selectors(promql.parse(query)):
            assert one.name in told, query
            labels = {matcher.name for matcher in one.matchers.matchers}
            assert labels <= told[one.name] | ITS_OWN, query
            known |= told[one.name]
        assert grouped(query) <= known | ITS_OWN, query


async def test_whatever_is_told_of_masssender_is_shown(tmp_path: Path) -> None:
    told = {name for name in await everything_told(tmp_path) if name.startswith("masssender_")}
    shown = {one.name for query in asked_by_panels() for one in selectors(promql.parse(query))}
    left_out = {
        name
        for name in told
        if name not in shown
        and not name.endswith("_created")
        and re.sub("_(count|sum)$", "_bucket", name) not in shown
    }
    assert left_out == set()


def test_it_can_be_imported() -> None:
    """As Grafana asks: ids that differ, panels that do not lie on one another, a source that is chosen."""
    ids = [one["id"] for one in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids)) > 20
    assert DASHBOARD["uid"] and DASHBOARD["title"] and DASHBOARD["schemaVersion"] >= 30
    covered: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & covered, panel["title"]
        covered |= cells
    for panel in panels():
        assert panel["title"] and panel["description"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "job"]


def test_every_alert_has_words() -> None:
    names = re.findall(r"- alert: (\w+)", ALERTS)
    assert len(names) == len(set(names)) == len(asked_by_alerts()) == ALERTS.count("summary: ")
