"""What holds for every endpoint: pages, problems, other names, methods and forms."""

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.cursors import Bookmark, encode
from app.api.problems import KINDS
from tests.api import Api
from tests.factories import Record, leaderboard, snapshot, source_info

STANDINGS = "/v1/leaderboards/demo-text/standings"
MODEL = "/v1/models/openai--gpt-4"


@pytest.fixture
def filled(record: Record, api: Api) -> Api:
    """Seven models on two boards, with ties, over eight editions."""
    for day in range(1, 9):
        scores = {"OpenAI/gpt-4": 9.0 + day, "Meta/b": 9.0, "Google/c": 9.0, "Cohere/d": 8.0}
        scores |= {f"xAI/e{n}": 5.0 - n for n in range(3)}
        record.add(snapshot(f"2024-07-0{day}", scores))
    record.add(snapshot("2024-07-01", {"OpenAI/gpt-4": 1}, leaderboard("demo-text-coding")))
    return api


LISTS: list[tuple[str, dict[str, str]]] = [
    (STANDINGS, {}),
    (STANDINGS, {"official": "true", "as_of": "2024-07-04"}),
    ("/v1/leaderboards/demo-text/movements", {"from": "2024-07-01", "sort": "-score_change"}),
    ("/v1/leaderboards/demo-text/editions", {}),
    ("/v1/leaderboards", {}),
    ("/v1/models", {}),
    (f"{MODEL}/history", {"leaderboard": "demo-text"}),
    ("/v1/organizations", {"country": "US"}),
    ("/v1/sources", {}),
]


@pytest.mark.parametrize(("path", "query"), LISTS)
def test_pages_together_are_the_whole_list(filled: Api, path: str, query: dict[str, str]) -> None:
    whole = filled.get(path, limit=500, **query)

    pages = filled.pages(path, limit=2, **query)

    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert all(len(page["data"]) <= 2 for page in pages)
    assert whole["meta"]["next_cursor"] is None
    assert whole["links"]["next"] is None


def test_the_next_page_is_named_three_times(filled: Api) -> None:
    answer = filled.ask(STANDINGS, query={"limit": 2, "official": "true"})

    onward = answer.json()["links"]["next"]
    cursor = answer.json()["meta"]["next_cursor"]
    assert onward == f"{STANDINGS}?limit=2&official=true&cursor={cursor}"
    assert answer.headers["link"] == f'<{onward}>; rel="next"'


def test_ranks_on_later_pages_are_those_of_the_board(filled: Api) -> None:
    pages = filled.pages(STANDINGS, limit=3, organization="xai")

    rows = [row for page in pages for row in page["data"]]
    assert [(row["rank"], row["filtered_rank"]) for row in rows] == [(5, 1), (6, 2), (7, 3)]


def test_a_later_page_goes_on_in_the_edition_of_the_first(filled: Api, record: Record) -> None:
    first = filled.get(STANDINGS, limit=3)
    record.add(snapshot("2024-07-20", {"Meta/b": 1}))
    filled.clock.now = filled.clock.now.replace(day=2)

    second = filled.get(first["links"]["next"])

    assert [row["rank"] for row in second["data"]] == [4, 5, 6]
    for name in ("edition_date", "snapshot_id", "as_of", "compared_edition", "matched_total"):
        assert second["meta"][name] == first["meta"][name]


def test_movements_go_on_between_the_editions_of_the_first_page(
    filled: Api, record: Record
) -> None:
    path = "/v1/leaderboards/demo-text/movements"
    first = filled.get(path, limit=3, to="2024-07-31", window="P60D")
    record.add(snapshot("2024-07-20", {"Meta/b": 1}))

    second = filled.get(first["links"]["next"])

    assert second["meta"]["edition_date"] == "2024-07-08"
    assert first["meta"]["from_edition"] is second["meta"]["from_edition"] is None
    assert [row["movement"] for row in second["data"]] == ["new"] * 3


def test_a_cursor_goes_on_only_with_its_own_question(filled: Api) -> None:
    cursor = filled.get(STANDINGS, limit=2)["meta"]["next_cursor"]

    for path, query in (
        (STANDINGS, {"official": "true"}),
        ("/v1/leaderboards/demo-text-coding/standings", {}),
        ("/v1/leaderboards/demo-text/movements", {}),
        ("/v1/models", {}),
    ):
        problem = filled.problem(path, 422, cursor=cursor, **query)
        assert problem["errors"][0]["parameter"] == "cursor"


def test_the_size_of_later_pages_may_change(filled: Api) -> None:
    cursor = filled.get(STANDINGS, limit=2)["meta"]["next_cursor"]

    assert len(filled.get(STANDINGS, limit=500, cursor=cursor)["data"]) == 5


def test_a_cursor_that_was_tampered_with_is_refused(filled: Api) -> None:
    cursor = filled.get(STANDINGS, limit=2)["meta"]["next_cursor"]

    problem = filled.problem(STANDINGS, 422, cursor=f"{cursor[:-4]}AAAA")

    assert problem["errors"][0]["parameter"] == "cursor"


def test_a_cursor_into_an_edition_that_is_not_there_is_refused(filled: Api) -> None:
    bookmark = Bookmark[Any](day=date(2024, 7, 1), snapshots=(999, None), key=(1, "a", "a"))

    problem = filled.problem(STANDINGS, 422, cursor=encode(bookmark, bound_to=STANDINGS))

    assert "not known" in problem["detail"]


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
        pytest.param("GET", "/", 404, None, id="root"),
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
        pytest.param({}, "text/csv", 406, id="accept"),
        pytest.param({}, "application/json", 200, id="json"),
        pytest.param({"format": "json"}, "text/csv", 200, id="format-decides"),
        pytest.param({"format": "csv"}, "*/*", 406, id="format"),
        pytest.param({"format": ""}, "*/*", 406, id="empty-format"),
    ],
)
def test_there_is_json(api: Api, query: dict[str, str], accept: str, status: int) -> None:
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
