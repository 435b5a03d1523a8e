"""Lists come in pages that together are the list, whatever happens in between."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.cursors import seal
from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from tests.api import Api
from tests.factories import Record, Upstream, leaderboard, snapshot, source_info, work
from tests.lists import NOTHING_TO_TELL, lists
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
MODEL = "/v1/models/openai--gpt-4"


@stored()
def filled(record: Record) -> None:
    """Seven models on two boards, with ties, over eight editions; three sources, five runs."""
    for _ in range(5):
        run_scrape(work(Upstream(), record.sessions), RunKind.MANUAL)
    for slug in ("other", "third"):
        record.of(source_info(slug)).add(snapshot("2024-07-01", {"a": 1}, leaderboard(slug)))
    for day in range(1, 9):
        scores = {"OpenAI/gpt-4": 9.0 + day, "Meta/b": 9.0, "Google/c": 9.0, "Cohere/d": 8.0}
        scores |= {f"xAI/e{n}": 5.0 - n for n in range(3)}
        record.add(snapshot(f"2024-07-0{day}", scores))
    record.add(snapshot("2024-07-01", {"OpenAI/gpt-4": 1}, leaderboard("demo-text-coding")))


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
    ("/v1/sources/demo/runs", {}),
]


@pytest.mark.parametrize(("path", "query"), LISTS)
def test_pages_together_are_the_whole_list(filled: Api, path: str, query: dict[str, str]) -> None:
    whole = filled.get(path, limit=500, **query)

    pages = filled.pages(path, limit=2, **query)

    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert all(len(page["data"]) <= 2 for page in pages)
    assert whole["meta"]["next_cursor"] is None
    assert whole["links"]["next"] is None


def test_every_list_is_the_same_in_pages_of_any_size(told: Api) -> None:
    walked = {}

    for one in (one for one in lists(told) if "limit" in one.query):
        whole = [row for page in told.pages(one.path, **one.query) for row in page["data"]]
        most = min(len(whole), 500)
        sizes = range(1, most + 2) if most < 10 else (most // 2, most)
        for size in sizes:
            pages = told.pages(one.path, **{**one.query, "limit": size})

            assert [row for page in pages for row in page["data"]] == whole, (one, size)
            assert len(pages) == max(1, -(-len(whole) // size))
        walked[one.operation] = len(whole)

    assert len(walked) >= 30
    assert {name for name, rows in walked.items() if rows < 2} <= NOTHING_TO_TELL


def test_the_next_page_is_named_three_times(filled: Api) -> None:
    answer = filled.ask(STANDINGS, query={"limit": 2, "official": "true"})

    onward = answer.json()["links"]["next"]
    cursor = answer.json()["meta"]["next_cursor"]
    assert onward == f"{STANDINGS}?limit=2&official=true&cursor={cursor}"
    assert answer.links["next"] == {"url": onward, "rel": "next"}


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


DAY = "2024-07-01"
MOVEMENTS = "/v1/leaderboards/demo-text/movements"
EDITIONS = "/v1/leaderboards/demo-text/editions"
HISTORY = f"{MODEL}/history?leaderboard=demo-text"


def forged(content: object, *, bound_to: str) -> str:
    """A cursor whose digest fits: what it holds has to be looked at."""
    payload = json.dumps(content).encode()
    return urlsafe_b64encode(seal(payload, bound_to) + payload).decode()


@pytest.mark.parametrize(
    ("path", "snapshots", "key"),
    [
        pytest.param(STANDINGS, [999, None], [1, "a", "a"], id="no-such-edition"),
        pytest.param(STANDINGS, [], [1, "a", "a"], id="no-editions"),
        pytest.param(STANDINGS, [1], [1, "a", "a"], id="one-edition"),
        pytest.param(STANDINGS, [1, 1, 1], [1, "a", "a"], id="three-editions"),
        pytest.param(STANDINGS, [None, None], ["a", 1, "a"], id="key-of-other-kinds"),
        pytest.param(MOVEMENTS, [], [False, 1, "a", "a"], id="no-editions-moved"),
        pytest.param(EDITIONS, [], [DAY, "2024-07-01T00:00:00"], id="instant-without-zone"),
        pytest.param(EDITIONS, [], [DAY, "2024-07-01T00:00:00+02:00"], id="instant-elsewhere"),
        pytest.param(EDITIONS, [], [DAY], id="key-too-short"),
        pytest.param("/v1/sources/demo/runs", [], [2**31], id="number-too-large"),
        pytest.param("/v1/models", [], ["\0"], id="nul"),
        pytest.param("/v1/models", [], ["a" * 1001], id="long"),
    ],
)
def test_a_forged_cursor_is_refused(
    filled: Api, path: str, snapshots: list[int | None], key: list[object]
) -> None:
    content = {"day": DAY, "snapshots": snapshots, "newest": 9, "key": key}

    problem = filled.problem(path, 422, cursor=forged(content, bound_to=path))

    assert problem["errors"][0]["parameter"] == "cursor"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**63)
    | st.floats()
    | st.sampled_from([DAY, "0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "demo", "\0", ""])
    | st.text(max_size=5)
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([DAY, "0001-01-01", "9999-12-31"]) | scalars,
    st.lists(st.none() | st.integers(0, 30) | scalars, max_size=3),
    st.integers(0, 30) | scalars,
    st.lists(scalars, max_size=4),
)
def test_no_forged_cursor_makes_it_fail(
    filled: Api, day: object, snapshots: list[object], newest: object, key: list[object]
) -> None:
    content = {"day": day, "snapshots": snapshots, "newest": newest, "key": key}

    for path in (STANDINGS, MOVEMENTS, EDITIONS, HISTORY, "/v1/models", "/v1/sources/demo/runs"):
        name, _, query = path.partition("?")
        cursor = forged(content, bound_to=path)
        answer = filled.ask(name, query=f"{query}&cursor={cursor}".lstrip("&"))

        assert answer.status_code in {200, 422}


def test_who_was_new_when_the_first_page_was_asked_for_is_new_on_all_pages(
    record: Record, api: Api
) -> None:
    record.history(
        {"2024-07-01": {"A/a": 9}, "2024-07-08": {"A/a": 9, "A/d": 8, "A/e": 7, "A/f": 6}}
    )
    question = {"from": "2024-07-01", "movement": "new", "limit": 1}
    whole = api.get(MOVEMENTS, **{**question, "limit": 9})
    page = api.get(MOVEMENTS, **question)
    seen = page["data"]

    record.add(snapshot("2024-06-01", {"A/d": 3, "A/e": 2}))
    while page["meta"]["next_cursor"] is not None:
        page = api.get(MOVEMENTS, **question, cursor=page["meta"]["next_cursor"])
        seen += page["data"]

    assert len(whole["data"]) == 3
    assert seen == whole["data"]
    assert page["meta"]["matched_total"] == whole["meta"]["matched_total"]
    assert [row["model"]["id"] for row in api.get(MOVEMENTS, **question)["data"]] == ["a--f"]
