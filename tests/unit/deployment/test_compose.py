"""compose.yaml is what the Compose Specification allows, and names nothing that the program does not have.

No Docker is needed for it: what is described is held against its schema, the settings and the commands.
"""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from bot import app, sender_app
from bot.cli import app as cli
from bot.settings import Settings
from storage.database import POSTGRES_DRIVER, parse_url
from storage.media import ObstoreMedia
from tests.unit.deployment.described import (
    FILLED,
    compose,
    environment,
    example,
    ours,
    schema,
    seconds,
    services,
    settings_known,
    stages,
    variables,
    worker_settings,
    workers,
)

#: What images read that are not ours.
OTHERS: Final = {
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"},
    "minio/minio": {"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "MINIO_BROWSER"},
    "minio/mc": {"MC_HOST_desk", "MC_CONFIG_DIR"},
}
SECRET: Final = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY")
#: To close what stands after the last message: connections, browsers, the log. Seconds.
ROOM: Final = 20


def faults(described: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft7Validator(schema()).iter_errors(described)]


def test_it_is_valid() -> None:
    assert faults(compose()) == []


@pytest.mark.parametrize(
    "wrong", [{"stop_grace_perod": "60s"}, {"ports": "8780"}, {"healthcheck": {"tst": []}}]
)
def test_what_is_misspelt_would_be_found(wrong: dict[str, Any]) -> None:
    described = deepcopy(compose())
    described["services"]["bot"].update(wrong)
    assert faults(described)


def test_every_image_is_ours_or_of_one_version() -> None:
    for name, one in services().items():
        repository, _, tag = one["image"].rpartition(":")
        if tag == "local":
            assert one["build"]["target"] in stages() if "build" in one else repository, name
        else:
            assert re.fullmatch(r"\d+\.\d+\S*|RELEASE\.\S+Z", tag), name
    built = {one["image"] for one in services().values() if "build" in one}
    assert {one["image"] for one in services().values() if one["image"].endswith(":local")} == built


def test_every_variable_is_one_that_is_read() -> None:
    known = {"masssender": settings_known(), "masssender-worker": set(worker_settings()), **OTHERS}
    for name, one in services().items():
        image = one["image"].rpartition(":")[0]
        assert set(one["environment"]) <= known[image], name


def test_every_command_is_one_of_the_program() -> None:
    commands = {
        one.name or (one.callback.__name__ if one.callback else "") for one in cli.registered_commands
    }
    assert {name: one["command"][0] for name, one in ours().items()} == {"bot": "run", "sender": "sender"}
    assert {one["command"][0] for one in ours().values()} <= commands


def test_what_is_asked_of_the_env_file_stands_in_the_example_without_a_value() -> None:
    assert variables() <= set(example())
    assert set(example()) <= variables() | settings_known()
    assert set(example().values()) == {""}


def test_no_secret_is_written_down() -> None:
    for name, one in services().items():
        for variable, value in one["environment"].items():
            if SECRET.search(variable):
                assert value == "" or re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), (name, variable)


@pytest.fixture(params=["bot", "sender"])
def settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """As that process reads them."""
    monkeypatch.chdir(tmp_path)  # where there is no .env
    for variable in settings_known():
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment(services()[request.param]).items():
        monkeypatch.setenv(variable, value)
    return Settings()


def test_what_it_sets_is_accepted_and_leads_to_its_own_services(settings: Settings) -> None:
    url = parse_url(settings.database)
    postgres = services()["postgres"]["environment"]
    assert (url.drivername, url.host) == (POSTGRES_DRIVER, "postgres")
    assert (url.username, url.database) == (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"])
    assert settings.secret_key is not None and settings.secret_key.get_secret_value() == FILLED
    user = services()["minio"]["environment"]["MINIO_ROOT_USER"]
    bucket = services()["bucket"]["command"][-1].rpartition("/")[2]
    assert settings.media == f"s3+http://{user}:{FILLED}@minio:9000/{bucket}"
    ObstoreMedia(settings.media)


def test_every_worker_is_named_and_has_the_token(settings: Settings) -> None:
    found = {}
    for name, one in workers().items():
        had = environment(one)
        assert had["WORKER_TOKEN"] == settings.worker_token == FILLED
        assert one["hostname"] == name, "a profile's lock names the host"
        assert one["volumes"] == [f"{name}:{had['WORKER_DATA_DIR']}"], "a folder of its own"
        found[name.removeprefix("worker-")] = f"http://{name}:{had['WORKER_PORT']}"
    assert dict(settings.whatsapp_worker_url) == found


def test_each_of_ours_is_asked_where_it_answers(settings: Settings) -> None:
    assert settings.ops is not None
    host, port = settings.ops
    assert host == "0.0.0.0"
    for name, page in (("bot", "healthz"), ("sender", "readyz")):
        assert f"http://127.0.0.1:{port}/{page}" in services()[name]["healthcheck"]["test"][-1]
    for one in workers().values():
        assert f"127.0.0.1:{one['environment']['WORKER_PORT']}/readyz" in one["healthcheck"]["test"][-1]


def test_what_waits_for_another_waits_for_one_that_can_say_so() -> None:
    for name, one in services().items():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services()[other], (name, other)


def test_only_this_machine_is_let_in(settings: Settings) -> None:
    published = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert set(published) == {"bot"}
    ports = {settings.ops[1] if settings.ops else 0, 8780}
    assert {*published["bot"]} == {f"127.0.0.1:{port}:{port}" for port in ports}


def test_nobody_is_killed_before_they_had_time_to_end_in_order() -> None:
    for name, drain in (("bot", app.DRAIN_SECONDS), ("sender", sender_app.DRAIN_SECONDS)):
        assert seconds(services()[name]["stop_grace_period"]) >= drain + ROOM
    stop = int(worker_settings()["WORKER_STOP_SECONDS"])
    for one in workers().values():
        assert seconds(one["stop_grace_period"]) >= stop + ROOM


def test_ours_may_do_little() -> None:
    for name, one in {**ours(), **workers()}.items():
        assert one["read_only"] and one["init"] and one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert "data" not in one["networks"] or name in ours(), "a browser does not reach the database"
    assert compose()["networks"]["data"]["internal"] and compose()["networks"]["workers"]["internal"]


def test_there_is_one_bot_and_senders_can_be_many() -> None:
    sender = services()["sender"]
    assert not {"ports", "volumes", "container_name", "hostname"} & set(sender), "two would collide"


def test_folders_and_networks_that_are_used_are_those_that_there_are() -> None:
    used = {volume.partition(":")[0] for one in services().values() for volume in one.get("volumes", [])}
    assert used == set(compose()["volumes"])
    assert {net for one in services().values() for net in one["networks"]} == set(compose()["networks"])
