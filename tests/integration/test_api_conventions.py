"""What holds for every endpoint: problems, other names, methods and forms."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.problems import KINDS
from tests.api import Api
from tests.factories import Record, leaderboard, snapshot, source_info
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
MODEL = "/v1/models/openai--gpt-4"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@stored()
def filled(record: Record) -> None:
    """Models on two boards."""
    record.add(snapshot("2024-07-01", {"OpenAI/gpt-4": 9, "Meta/b": 8}))
    record.add(snapshot("2024-07-01", {"OpenAI/gpt-4": 1}, leaderboard("demo-text-coding")))


OTHER_NAMES = [
    pytest.param("/v1/leaderboards/Demo-Text", "/v1/leaderboards/demo-text", id="case-of-board"),
    pytest.param("/v1/leaderboards/demo_text/standings", STANDINGS, id="underscore"),
    pytest.param("/v1/organizations/qwen", "/v1/organizations/alibaba", id="spelling"),
    pytest.param("/v1/organizations/Open%20AI", "/v1/organizations/openai", id="name"),
    pytest.param("/v1/models/OpenAI--GPT-4", MODEL, id="case-of-model"),
    pytest.param("/v1/models/gpt-4", MODEL, id="printed-name"),
    pytest.param("/v1/models/GPT%204", MODEL, id="name-spelled-otherwise"),
    pytest.param("/v1/models/GPT-4/history", f"{MODEL}/history", id="below"),
    pytest.param("/v1/sources/DEMO/runs", "/v1/sources/demo/runs", id="source"),
]


@pytest.mark.parametrize(("path", "canonical"), OTHER_NAMES)
def test_another_name_leads_to_the_id_with_the_same_question(
    filled: Api, path: str, canonical: str
) -> None:
    query = "leaderboard=demo-text" if "history" in path else "format=json"

    answer = filled.ask(path, query=query)

    assert answer.status_code == 308
    assert answer.headers["location"] == f"{canonical}?{query}"
    assert filled.ask(answer.headers["location"]).status_code == 200


def test_an_id_a_model_had_before_leads_to_it(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"gpt-9": 1}))
    record.add(snapshot("2024-07-02", {"OpenAI/gpt-9": 1}))

    answer = api.ask("/v1/models/unknown--gpt-9")

    assert answer.headers["location"] == "/v1/models/openai--gpt-9"


def test_a_hub_name_leads_to_the_model_although_it_has_a_slash(filled: Api, record: Record) -> None:
    record.add(snapshot("2024-07-09", {"Meta/b": 1, "x/y/z": 2}))

    answer = filled.ask("/v1/models/Z/history", query="leaderboard=demo-text")
    slashed = filled.ask("/v1/models/nobody/z")

    assert answer.headers["location"] == "/v1/models/x-y--z/history?leaderboard=demo-text"
    assert slashed.status_code == 404


def test_a_name_that_several_models_go_by_leads_nowhere(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/twin": 2}))
    record.of(source_info("other")).add(
        snapshot("2024-07-01", {"Meta/twin": 1}, leaderboard("other-text"))
    )

    problem = api.problem("/v1/models/twin", 404)

    assert problem["suggestions"] == ["meta--twin", "openai--twin"]


@pytest.mark.parametrize(
    ("path", "parameter", "suggestion"),
    [
        pytest.param("/v1/leaderboards/demo-txt", "leaderboard", "demo-text", id="board"),
        pytest.param("/v1/models/openai--gpt-5", "model", "openai--gpt-4", id="model"),
        pytest.param("/v1/organizations/alibabba", "organization", "alibaba", id="organization"),
        pytest.param("/v1/sources/demos", "source", "demo", id="source"),
        pytest.param("/v1/problems/not-fund", "problem", "not-found", id="problem"),
        pytest.param(
            f"{MODEL}/history?leaderboard=demo-tex", "leaderboard", "demo-text", id="in-query"
        ),
        pytest.param(
            f"{STANDINGS}?organization=alibabba", "organization", "alibaba", id="in-filter"
        ),
    ],
)
def test_an_unknown_id_suggests_the_nearest(
    filled: Api, path: str, parameter: str, suggestion: str
) -> None:
    problem = filled.problem(path, 404)

    assert problem["errors"][0]["parameter"] == parameter
    assert suggestion in problem["suggestions"]
    assert len(problem["suggestions"]) <= 5


@pytest.mark.parametrize("kind", KINDS)
def test_the_type_of_a_problem_leads_to_its_description(api: Api, kind: str) -> None:
    data = api.get(KINDS[kind].type)["data"]

    assert (data["id"], data["status"]) == (kind, KINDS[kind].status)
    assert data in api.get("/v1/problems")["data"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("POST", "/v1/leaderboards", 405, "GET, HEAD", id="read-only"),
        pytest.param("DELETE", "/v1/sources/demo/runs", 405, "GET, HEAD, POST", id="two-methods"),
        pytest.param("PUT", "/openapi.json", 405, "GET, HEAD", id="not-in-the-description"),
        pytest.param("OPTIONS", "/v1", 405, "GET, HEAD", id="options"),
        pytest.param("GET", "/v1/nothing", 404, None, id="no-such-path"),
        pytest.param("GET", "/v1/", 404, None, id="slash-at-the-end"),
        pytest.param("DELETE", "/", 405, "GET, HEAD", id="root"),
    ],
)
def test_routing_errors_are_problems_too(
    api: Api, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = api.ask(path, method=method)

    assert answer.status_code == status
    assert answer.headers.get("allow") == allow
    assert answer.json()["instance"] == path


@pytest.mark.parametrize("path", ["/v1", STANDINGS, MODEL, "/health/live", "/openapi.json"])
def test_head_says_what_get_would_without_the_body(filled: Api, path: str) -> None:
    head = filled.ask(path, method="HEAD")
    get = filled.ask(path)

    assert head.status_code == 200
    assert head.headers == get.headers


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        pytest.param({}, "text/html", 406, id="accept"),
        pytest.param({}, "application/json", 200, id="json"),
        pytest.param({"format": "json"}, "text/html", 200, id="format-decides"),
        pytest.param({"format": "html"}, "*/*", 406, id="format"),
        pytest.param({"format": ""}, "*/*", 406, id="empty-format"),
    ],
)
def test_there_are_forms(api: Api, query: dict[str, str], accept: str, status: int) -> None:
    answer = api.ask("/v1/leaderboards", query=query, headers={"Accept": accept})

    assert answer.status_code == status


def test_a_large_body_is_refused_unread(api: Api) -> None:
    for length in ("65537", "9" * 5000):
        answer = api.ask("/v1/sources/demo/runs", method="POST", headers={"Content-Length": length})

        assert answer.status_code == 413


def test_a_strange_host_changes_nothing(filled: Api) -> None:
    for host in ("[", "evil.example", "a b", ""):
        answer = filled.ask(STANDINGS, headers={"Host": host})
        lost = filled.ask("/v1/nothing", headers={"Host": host})

        assert (answer.status_code, lost.status_code) == (200, 404)
        assert "evil" not in answer.text


def test_the_index_leads_everywhere(api: Api) -> None:
    links: dict[str, Any] = api.get("/v1")["links"]

    assert {api.ask(link).status_code for link in links.values()} == {200}


def test_links_follow_a_proxy(filled: Api) -> None:
    behind = TestClient(filled.client.app, root_path="/almanac", follow_redirects=False)

    body = behind.get("/almanac/v1/leaderboards/demo-text").json()
    moved = behind.get("/almanac/v1/models/gpt-4")

    assert body["links"]["standings"] == f"/almanac{STANDINGS}"
    assert moved.headers["location"] == f"/almanac{MODEL}"
