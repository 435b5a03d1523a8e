"""What is written for operators names only metrics, labels and values that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from app.api.exposition import exposed
from app.domain.runs import Outcome, RunKind
from app.scheduler import tick
from app.store.engine import SessionFactory, build_engine
from app.store.replica import NearSessions
from app.telemetry.tally import METHODS, NO_OPERATION, STATUSES, Tally
from tests.api import Api
from tests.factories import Upstream, source_info, work
from tests.metrics import Metered, read, value

ROOT = Path(__file__).parents[2]
ALERTS = YAML(typ="safe").load(ROOT / "docker" / "alerts.yaml")
DASHBOARD = json.loads((ROOT / "docker" / "dashboard.json").read_text(encoding="utf-8"))
OF_PROMETHEUS = {"up", "job"}
WORDS = {
    *("and", "unless", "by", "le", "sum", "max", "min", "count", "rate", "increase", "time"),
    *("topk", "histogram_quantile"),
}


def operations() -> set[str]:
    """What the API's document calls its operations."""
    paths = json.loads((ROOT / "tests" / "data" / "openapi.json").read_text("utf-8"))["paths"]
    return {one["operationId"] for path in paths.values() for one in path.values()}


VALUES: dict[str, set[str]] = {
    "status": set(STATUSES),
    "method": set(METHODS),
    "answer": {"kept", "worked_out"},
    "kind": set(RunKind),
    "outcome": set(Outcome),
    "job": {"almanac"},
    "operation": {NO_OPERATION, *operations()},
}
RULE = {
    "type": "object",
    "properties": {
        "alert": {"pattern": "^Almanac[A-Za-z]+$"},
        "expr": {"type": "string"},
        "for": {"pattern": "^[0-9]+[mh]$"},
        "labels": {
            "properties": {"severity": {"enum": ["page", "ticket"]}},
            "required": ["severity"],
            "additionalProperties": False,
        },
        "annotations": {
            "properties": {"summary": {"type": "string"}},
            "required": ["summary"],
            "additionalProperties": False,
        },
    },
    "required": ["alert", "expr", "for", "labels", "annotations"],
    "additionalProperties": False,
}
GROUPS = {
    "type": "object",
    "properties": {
        "groups": {
            "items": {
                "properties": {"name": {"type": "string"}, "rules": {"items": RULE, "minItems": 1}},
                "required": ["name", "rules"],
                "additionalProperties": False,
            }
        }
    },
    "required": ["groups"],
    "additionalProperties": False,
}
PANEL = {
    "required": ["id", "type", "title", "datasource", "gridPos", "targets"],
    "properties": {
        "type": {"enum": ["stat", "timeseries"]},
        "gridPos": {"required": ["x", "y", "w", "h"]},
        "targets": {"items": {"required": ["refId", "expr"]}, "minItems": 1},
    },
}
BOARD = {
    "required": ["title", "uid", "schemaVersion", "panels", "templating", "time"],
    "properties": {"panels": {"items": PANEL, "minItems": 1}},
}


def rules() -> Iterator[dict[str, Any]]:
    for group in ALERTS["groups"]:
        yield from group["rules"]


EXPRESSIONS = [
    *(pytest.param(rule["expr"], id=rule["alert"]) for rule in rules()),
    *(
        pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    ),
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: names are the same on each."""
    return sqlite_url


@pytest.fixture
def told(api: Api, sessions: SessionFactory) -> dict[str, set[str]]:
    """Every family there is, by the names of its samples, with its labels."""
    upstream = Upstream(source_info(cadence=timedelta(days=14)))
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    tick(work(upstream, sessions))
    near = NearSessions(api.engine, api.engine, max_lag_seconds=60, aside=lambda _look: None)
    api = Api(near)
    api.get("/v1/sources")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(api.ask("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def names_in(expression: str) -> set[str]:
    """The metrics and labels of an expression, without PromQL's own words."""
    without = re.sub(r'"[^"]*"|\[[^\]]*\]|\b[0-9.]+\b', " ", expression)
    return set(re.findall(r"[a-z_]+", without)) - WORDS


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_names_what_there_is(told: dict[str, set[str]], expression: str) -> None:
    names = names_in(expression)
    metrics = names & told.keys()
    labels = {label for name in metrics for label in told[name]}

    assert metrics or "up" in names
    assert names - metrics - labels <= OF_PROMETHEUS
    assert expression.count("(") == expression.count(")")
    for label, wanted in re.findall(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"', expression):
        assert set(wanted.split("|")) <= VALUES[label]


def not_of_one_replica(told: dict[str, set[str]], expression: str) -> set[str]:
    """The figures of the record in it of which it does not take the `max` of the replicas."""
    whole = r"max by \(([^)]*)\) \((?:increase\()?(almanac_source_\w+)"
    every = re.findall(r"almanac_source_\w+", expression)
    for labels, name in re.findall(whole, expression):
        if set(labels.split(", ")) == told[name]:
            every.remove(name)
    return set(every)


def test_what_every_replica_tells_is_not_added_up(told: dict[str, set[str]]) -> None:
    name = "almanac_source_runs_total"
    twice = f"sum by (source) (increase({name}[1d]))"
    mixed = f"max by (source) ({name})"

    assert [not_of_one_replica(told, expression) for expression in (twice, mixed)] == [{name}] * 2
    assert [e.id for e in EXPRESSIONS if not_of_one_replica(told, str(e.values[0]))] == []


def test_a_name_that_is_none_would_be_seen() -> None:
    expression = 'sum by (le) (rate(almanac_nothing_bucket{status="2xx"}[5m])) > 0.5'

    assert names_in(expression) == {"almanac_nothing_bucket", "status"}


def test_no_alert_is_thinned_out_by_what_asks_whether_the_service_lives() -> None:
    asked = r"almanac_request(?:s_total|_duration_seconds_bucket)(?:\{([^}]*)\})?"
    found = [one for rule in rules() for one in re.findall(asked, rule["expr"])]
    totals = [one for one in found if 'status="5xx"' not in one]

    assert len(found) == 3
    assert all('operation!~"get_liveness|get_readiness' in one for one in found)
    assert all('operation!~"get_liveness|get_readiness|none"' in one for one in totals)


def test_one_pool_that_is_exhausted_alerts_beside_one_that_is_idle(sqlite_url: str) -> None:
    (rule,) = [rule for rule in rules() if rule["alert"] == "AlmanacPoolExhausted"]
    alerting = re.fullmatch(r"(almanac_\w+) > 0", rule["expr"])
    assert alerting is not None, "neither added up nor without the labels of each"
    primary, replica = build_engine(sqlite_url), build_engine(sqlite_url)
    near = NearSessions(primary, replica, max_lag_seconds=60, aside=lambda _look: None)
    service = Metered(near)
    idle = service.metrics()
    most = value(idle, "almanac_database_connections_max", pool="replica") or 0
    with ExitStack() as lent:
        for _ in range(int(most) - 1):
            lent.enter_context(replica.connect())
        nearly = service.metrics()
        lent.enter_context(replica.connect())
        exhausted = service.metrics()
    told = [
        [value(samples, alerting[1], pool=pool) for pool in ("primary", "replica")]
        for samples in (idle, nearly, exhausted)
    ]

    assert most > 1
    assert told == [[0, 0], [0, 0], [0, 1]]
    assert "$labels.pool" in rule["annotations"]["summary"]
    primary.dispose()
    replica.dispose()


def test_processes_together_tell_of_one_whose_pool_is_exhausted() -> None:
    busy, idle = Tally(), Tally()
    busy.set_gauges({"primary_connections_in_use": 3, "primary_pools_exhausted": 1})
    idle.set_gauges({"primary_connections_max": 30})
    text, _ = exposed(busy.plus([idle.numbers]), None, "", on_replica=None)

    assert value(read(text.decode()), "almanac_database_pools_exhausted", pool="primary") == 1


def test_a_source_that_has_ended_and_was_read_alerts_nobody() -> None:
    (failing,) = [rule["expr"] for rule in rules() if rule["alert"] == "AlmanacSourceFailing"]

    assert re.search(
        r"unless \(max by \(source\) \(almanac_source_archived\) == 1 "
        r"and max by \(source\) \(almanac_source_last_success_timestamp_seconds\)\)$",
        failing,
    )


def test_the_rules_have_the_form_of_rules() -> None:
    Draft202012Validator(GROUPS).validate(ALERTS)
    names = [rule["alert"] for rule in rules()]

    assert len(set(names)) == len(names)


def test_prometheus_itself_understands_the_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no `promtool` command")
    wrong = tmp_path / "alerts.yaml"
    rules = (ROOT / "docker" / "alerts.yaml").read_text(encoding="utf-8")
    wrong.write_text(rules.replace("max by (source) (", "max by source (", 1), encoding="utf-8")
    checked = [
        subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, check=False)
        for file in (ROOT / "docker" / "alerts.yaml", wrong)
    ]

    assert checked[0].returncode == 0, checked[0].stderr
    assert checked[1].returncode != 0


def test_the_board_has_the_form_of_one() -> None:
    Draft202012Validator(BOARD).validate(DASHBOARD)
    panels = DASHBOARD["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}

    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_the_readme_lists_every_metric_with_its_labels(told: dict[str, set[str]]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(almanac_\w+)` \| ([^|]*) ?\|", readme, re.MULTILINE)
    }

    histogram = "almanac_request_duration_seconds"
    known = {name: labels for name, labels in told.items() if not name.startswith(histogram)}
    assert listed == {**known, histogram: told[f"{histogram}_count"]}
