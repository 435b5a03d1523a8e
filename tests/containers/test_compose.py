"""What `docker/` says, read without any engine: who is confined, and who can be reached."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.config import Settings, TracingSettings
from tests.containers.stack import COMPOSE, PROFILES

DOCKER = COMPOSE.parent
CADDYFILE = DOCKER / "Caddyfile"
TEXT = COMPOSE.read_text(encoding="utf-8")
WHOLE: dict[str, Any] = YAML(typ="safe").load(TEXT)
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
ONE_SHOT = {"migrate", "backup"}
OF_THE_IMAGE = {"ALMANAC_HOST", "ALMANAC_PORT"}
OF_SEVERAL_PROCESSES = {"ALMANAC_WORKERS", "ALMANAC_RATE_LIMIT_STORE"}
OF_POSTGRESQL = {
    *("ALMANAC_PREPARED_STATEMENTS", "ALMANAC_READ_DATABASE_URL"),
    "ALMANAC_READ_MAX_LAG_SECONDS",
}
SETTINGS = {f"ALMANAC_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].split(":")[0] not in {"", "0", "root"}
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded(name: str) -> None:
    service = SERVICES[name]

    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["stop_grace_period"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


@pytest.mark.parametrize("name", ["backup", "embedded", "migrate"])
def test_what_is_set_aside_does_not_stand_in_memory(name: str) -> None:
    [volume] = SERVICES[name]["volumes"]

    assert SERVICES[name]["environment"]["TMPDIR"] == volume.partition(":")[2] == "/data"


@pytest.mark.parametrize("name", [n for n, s in SERVICES.items() if s["image"] == "almanac:latest"])
def test_no_volume_without_a_name_is_left_behind(name: str) -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    places = re.findall(r"^VOLUME (.+)$", dockerfile, re.MULTILINE)
    named = dict(volume.split(":", 1) for volume in SERVICES[name].get("volumes", []))

    assert named.keys() <= WHOLE["volumes"].keys()
    assert sorted([*named.values(), *SERVICES[name]["tmpfs"]]) == sorted([*places, "/tmp"])


def test_the_image_runs_as_the_user_that_compose_names() -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == [SERVICES["api-1"]["user"]]


def test_only_the_proxy_can_be_reached_and_from_this_machine_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {
        "proxy": ["${PROXY_BIND:-127.0.0.1}:${PROXY_PORT:-8000}:8080"],
        "embedded": ["${EMBEDDED_BIND:-127.0.0.1}:${EMBEDDED_PORT:-8001}:8000"],
    }
    assert not any("network_mode" in service for service in SERVICES.values())


def test_what_is_not_for_every_day_is_asked_for_by_name() -> None:
    profiles = {name: s["profiles"] for name, s in SERVICES.items() if "profiles" in s}

    assert profiles == {"backup": ["backup"], "embedded": ["embedded"]}
    assert sorted(profiles) == sorted(PROFILES)  # of which the tests leave nothing
    assert SERVICES["embedded"].get("depends_on", {}) == {}


def test_the_database_is_reached_by_almanac_alone() -> None:
    assert WHOLE["networks"]["database"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert "database" not in SERVICES["embedded"].get("networks", [])


def test_the_readme_says_where_the_replicas_can_be_scraped() -> None:
    readme = (DOCKER.parent / "README.md").read_text(encoding="utf-8")
    watching = readme.partition("### Watching it")[2].partition("\n### ")[0]
    [targets] = re.findall(r"targets: \[(.*)\]", watching)
    [network] = re.findall(rf"`{DOCKER.name}_(\w+)`", watching)

    replicas = {name for name in SERVICES if name.startswith("api-")}
    assert set(re.findall(r'"(.+?):8000"', targets)) == replicas
    assert all(network in SERVICES[name]["networks"] for name in replicas)
    assert network != "front"  # whose members are believed who they ask for
    assert "name" not in WHOLE  # or the network would be called otherwise


@pytest.mark.parametrize("name", ["api-1", "api-2", "scheduler"])
def test_who_works_on_the_database_ends_before_it_does(name: str) -> None:
    assert SERVICES[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_replicas_believe_the_proxy_and_whom_it_believes() -> None:
    [subnet] = [block["subnet"] for block in WHOLE["networks"]["front"]["ipam"]["config"]]
    believed = SERVICES["proxy"]["environment"]["PROXY_TRUSTED"]
    in_front = {name for name, s in SERVICES.items() if "front" in s.get("networks", [])}

    assert in_front == {"proxy", "api-1", "api-2"}
    for name in ("api-1", "api-2"):
        environment = SERVICES[name]["environment"]
        assert environment["ALMANAC_TRUSTED_PROXIES"] == f"{subnet},{believed}"
        assert environment["ALMANAC_RATE_LIMIT_STORE"] == "${ALMANAC_RATE_LIMIT_STORE:-database}"


def test_the_proxy_asks_the_replicas_there_are() -> None:
    replicas = sorted(name for name in SERVICES if name.startswith("api-"))
    default = f"PROXY_UPSTREAMS:-{' '.join(f'{name}:8000' for name in replicas)}}}"

    assert len(replicas) == 2
    assert default in SERVICES["proxy"]["environment"]["PROXY_UPSTREAMS"]
    assert SERVICES["scheduler"]["scale"] == 2


@pytest.mark.parametrize("name", SERVICES)
def test_every_setting_it_passes_on_is_one(name: str) -> None:
    passed = SERVICES[name].get("environment", {})

    assert {variable for variable in passed if variable.startswith("ALMANAC_")} <= SETTINGS


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("api-1", OF_THE_IMAGE),
        ("api-2", OF_THE_IMAGE),
        ("embedded", OF_THE_IMAGE | OF_SEVERAL_PROCESSES | OF_POSTGRESQL),
    ],
)
def test_whoever_serves_is_passed_every_setting_that_it_reads(name: str, without: set[str]) -> None:
    reserved = {
        f"ALMANAC_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if "reserved" in str(field.description)
    }

    assert SETTINGS - set(SERVICES[name]["environment"]) == without | reserved


@pytest.mark.parametrize("name", ["api-1", "api-2", "scheduler", "embedded"])
def test_whoever_works_can_be_told_where_traces_go(name: str) -> None:
    read = {f"OTEL_{field.upper()}" for field in TracingSettings.model_fields}

    assert read | {"OTEL_SERVICE_NAME"} <= set(SERVICES[name]["environment"])


@pytest.mark.parametrize("name", ["api-1", "scheduler", "embedded"])
def test_whoever_scrapes_is_passed_every_bound_on_fetches(name: str) -> None:
    bounds = {setting for setting in SETTINGS if setting.startswith("ALMANAC_FETCH_")}

    assert bounds <= set(SERVICES[name]["environment"])


def test_every_setting_it_speaks_of_is_one() -> None:
    named = set(re.findall(r"ALMANAC_[A-Z_]+", TEXT + CADDYFILE.read_text(encoding="utf-8")))

    assert {"ALMANAC_DATABASE_URL", "ALMANAC_HF_TOKEN"} <= named <= SETTINGS


def test_no_secret_has_a_default() -> None:
    secrets = r"[A-Z_]*(?:PASSWORD|TOKEN)[A-Z_]*"

    assert re.findall(rf"\$\{{({secrets}):?-", TEXT) == []
    assert "${POSTGRES_PASSWORD:?" in TEXT


@pytest.fixture
def caddy() -> str:
    found = shutil.which("caddy")
    if found is None:
        pytest.skip("there is no `caddy` command")
    return found


def test_the_proxy_understands_its_configuration(caddy: str, tmp_path: Path) -> None:
    words = [caddy, "validate", "--adapter", "caddyfile", "--config"]
    broken = tmp_path / "Caddyfile"
    broken.write_text(CADDYFILE.read_text(encoding="utf-8") + "\n}\n", encoding="utf-8")

    right = subprocess.run([*words, str(CADDYFILE)], capture_output=True, text=True, check=False)
    wrong = subprocess.run([*words, str(broken)], capture_output=True, text=True, check=False)
    formed = subprocess.run([caddy, "fmt", str(CADDYFILE)], capture_output=True, check=True)

    assert right.returncode == 0, right.stderr
    assert wrong.returncode != 0
    assert formed.stdout.strip() == CADDYFILE.read_bytes().strip()
