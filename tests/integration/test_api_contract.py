"""The service does what its OpenAPI document says, whatever a program makes up from that.

Schemathesis makes up the requests: the document's examples, every bound of every parameter and
what lies just beyond, methods that are not there, values at random, and chains of links.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckNode, Interaction

from app.api.answer_cache import AnswerCache
from app.api.fields import PARAMETER
from app.api.openapi import TAGS
from app.domain.leaderboard import BoardKind
from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from app.store.engine import build_engine, session_factory
from app.store.watch import Watch
from tests.api import TOKEN, Api
from tests.description import document
from tests.factories import (
    Record,
    SettableClock,
    Upstream,
    entry,
    leaderboard,
    profile,
    snapshot,
    source_info,
    work,
)

pytestmark = pytest.mark.uncounted

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
RUN = 42  # the example in the document
DAYS = ("2024-01-01", "2024-03-10", "2024-06-26", "2024-07-10", "2024-07-13")
ROWS = [
    entry("qwen2-72b-instruct", 9, lower=8, upper=9.5, of=profile("Alibaba", licence="Apache-2.0")),
    entry("meta-llama-3-70b-instruct", 8, of=profile("Meta", licence="MIT", parameters_b=7.5)),
    entry("gpt-4-1106-preview", 7, votes=5, of=profile("OpenAI", licence="Proprietary")),
    entry('=odd "x",\N{SNOWMAN}', 6),
]
BOARDS = ["open-llm-v1", "open-llm-v2", "lmarena-text", "lmarena-text-coding"]
MODELS = ["alibaba--qwen2-72b-instruct", "openai--gpt-4-1106-preview", "unknown--odd-x"]
KNOWN = {
    **dict.fromkeys(("leaderboard", "from_board", "to_board", "benchmark", "preference"), BOARDS),
    "leaderboards": [",".join(BOARDS), ",".join(BOARDS[1:3])],
    "model": MODELS,
    "models": [",".join(MODELS), ",".join(MODELS[:2])],
    "organization": ["alibaba", "Meta", "openai"],
    **{name: ["CN", "us"] for name in ("country", "group", "behind")},
}
EXCLUDE_EACH_OTHER = ["GET /v1/leaderboards/{leaderboard}/movements", "GET /v1/analyses/agreement"]


def config(*phases: str, most: int, only: str | None = None) -> schemathesis.Config:
    """How requests are made up: the same at each run.

    That a request which agrees with the document can still be refused is for good reasons: JSON
    Schema cannot say that dates are in order, or what a cursor is. The examples are all good.
    """
    accepted = {"positive_data_acceptance": {"enabled": True, "expected-statuses": [200, 202]}}
    alone = {"extra-data-sources": {"responses": False}}
    return schemathesis.Config.from_dict(
        {
            "seed": 1,
            "continue-on-failure": True,
            "generation": {
                "deterministic": True,
                "max-examples": most,
                "database": "none",
                "no-shrink": True,
            },
            "checks": {"positive_data_acceptance": {"enabled": False}},
            "phases": {
                "examples": {"enabled": "examples" in phases, "checks": accepted, **alone},
                "coverage": {"enabled": "coverage" in phases, **alone},
                "fuzzing": {"enabled": "fuzzing" in phases, **alone},
                "stateful": {"enabled": "stateful" in phases},
            },
            "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
            "parameters": {
                f"{place}.{name}": {"dictionary": name, "probability": 0.8}
                for name in KNOWN
                for place in ("path", "query")
            },
            "operations": [
                *([] if only is None else [{"exclude-tag": only, "enabled": False}]),
                {"include-name": EXCLUDE_EACH_OTHER, "phases": {"examples": {"enabled": False}}},
                {"include-method": "POST", "headers": OPERATOR},
            ],
        }
    )


@pytest.fixture(scope="module")
def documented(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A record that holds whatever the document names as an example, behind kept answers."""
    path = tmp_path_factory.mktemp("documented") / "almanac.db"
    shutil.copy(sqlite_template, path)
    engine = build_engine(f"sqlite:///{path}")
    sessions = session_factory(engine)
    tests, arena = (Record(sessions, source_info(slug)) for slug in ("open_llm", "lmarena"))
    for day in DAYS:
        for slug in ("open-llm-v1", "open-llm-v2"):
            tests.add(snapshot(day, ROWS, leaderboard(slug, kind=BoardKind.BENCHMARK)))
        for slug in ("lmarena-text", "lmarena-text-coding"):
            arena.add(snapshot(day, ROWS, leaderboard(slug, family="lmarena-text")))
    upstream = work(Upstream(source_info("open_llm")), sessions)
    for _ in range(RUN):
        run_scrape(upstream, RunKind.MANUAL)
    clock = SettableClock()
    answers = AnswerCache(10_000_000, Watch(engine), clock)
    yield Api(
        sessions,
        admin_token=TOKEN,
        run_now=lambda source: RUN,  # noqa: ARG005
        clock=clock,
        answers=answers,
    )
    answers.close()
    engine.dispose()


def told(api: Api, how: schemathesis.Config) -> tuple[Counter[int], list[str]]:
    """How often each status was answered, and what was not as described."""
    schema = schemathesis.openapi.from_dict(deepcopy(document()), config=how)
    schema.app = api.client.app
    statuses: Counter[int] = Counter()
    faults = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError | events.NonFatalError):
            faults.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            asked = event.recorder.interactions
            heard = (one.response for one in asked.values() if one.response is not None)
            statuses.update(response.status_code for response in heard)
            faults += [
                f"{check.name}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
                for case, checks in event.recorder.checks.items()
                for check in checks
                if check.failure_info is not None and not is_cut(check, asked[case])
            ]
    return statuses, faults


def is_cut(check: CheckNode, asked: Interaction) -> bool:
    """Whether an answer lacks what is required of whole rows as it was asked for `fields`."""
    fields = f"{PARAMETER}=" in asked.request.uri
    return fields and check.name == "response_schema_conformance"


@pytest.mark.parametrize("tag", [tag["name"] for tag in TAGS])
def test_every_answer_is_as_described(documented: Api, tag: str) -> None:
    how = config("examples", "coverage", "fuzzing", most=10, only=tag)

    statuses, faults = told(documented, how)

    assert not faults, "\n\n".join(faults)
    assert {200, 405, 406, 422} <= statuses.keys()


def test_answers_along_links_are_as_described(documented: Api) -> None:
    statuses, faults = told(documented, config("stateful", most=20))

    assert not faults, "\n\n".join(faults)
    assert statuses[200] > 30


def links() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every link: the method, the operation that has it, the link."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            for response in operation["responses"].values():
                for link in response.get("links", {}).values():
                    yield method, {"path": path, **operation}, link


def test_every_link_leads_to_something(documented: Api) -> None:
    items = document()["paths"].items()
    path_of = {
        operation["operationId"]: path for path, item in items for operation in item.values()
    }
    followed = set()

    for method, operation, link in links():
        given = {
            p["name"]: p["schema"]["examples"][0]
            for p in operation["parameters"]
            if p["in"] == "path"
        }
        data = documented.ask(
            operation["path"].format(**given), method=method.upper(), headers=OPERATOR
        ).json()["data"]
        [name] = link["parameters"].keys() - given.keys()
        first = data if method == "post" else data[0]
        answer = documented.ask(path_of[link["operationId"]].format(**given, **{name: first["id"]}))
        followed.add((operation["operationId"], link["operationId"], answer.status_code))

    assert followed == {
        ("list_leaderboards", "get_leaderboard", 200),
        ("list_models", "get_model", 200),
        ("list_organizations", "get_organization", 200),
        ("list_countries", "get_country", 200),
        ("list_sources", "get_source", 200),
        ("list_runs", "get_run", 200),
        ("start_run", "get_run", 200),
        ("list_problems", "get_problem", 200),
    }
