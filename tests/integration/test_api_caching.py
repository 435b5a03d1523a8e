"""Answers can be kept, and asked after cheaply."""

from datetime import timedelta

import pytest

from app.domain.leaderboard import BoardKind
from tests.api import Api, statements
from tests.factories import NOW, Record, leaderboard, snapshot

PATHS = [
    "/v1/leaderboards",
    "/v1/leaderboards/demo-text",
    "/v1/leaderboards/demo-text/editions",
    "/v1/leaderboards/demo-text/standings",
    "/v1/leaderboards/demo-text/movements",
    "/v1/models",
    "/v1/models/openai--a",
    "/v1/models/openai--a/history?leaderboard=demo-text",
    "/v1/organizations",
    "/v1/organizations/openai",
    "/v1/analyses/generalization?from_board=demo-text&to_board=demo-new",
    "/v1/analyses/benchmark-preference-gap?benchmark=demo-new&preference=demo-text",
    "/v1/analyses/agreement?leaderboards=demo-text,demo-new",
    "/v1/leaderboards/demo-text/churn",
    "/v1/analyses/lag?leaderboard=demo-text&group=CN&behind=US",
]
WITHOUT_DATES = ["/v1", "/v1/sources", "/v1/sources/demo", "/v1/problems", "/openapi.json"]
NEW = leaderboard("demo-new", kind=BoardKind.BENCHMARK)
STANDINGS = "/v1/leaderboards/demo-text/standings"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@pytest.fixture(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}, NEW))


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_carries_its_validators(api: Api, path: str) -> None:
    headers = api.ask(path).headers

    assert headers["etag"].startswith('"')
    assert headers["last-modified"] == "Thu, 01 Aug 2024 12:00:00 GMT"
    assert headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
    assert headers["vary"] == "Accept" + ", Accept-Datetime" * path.endswith("standings")


@pytest.mark.parametrize("path", PATHS + WITHOUT_DATES)
def test_what_the_caller_has_is_not_sent_again(api: Api, path: str) -> None:
    first = api.ask(path)

    again = api.ask(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert again.status_code == 304
    for name in ("etag", "cache-control", "vary", "last-modified"):
        assert again.headers.get(name) == first.headers.get(name)


@pytest.mark.parametrize("path", PATHS)
def test_a_date_is_a_condition_too(api: Api, path: str) -> None:
    modified = api.ask(path).headers["last-modified"]

    fresh = api.ask(path, headers={"If-Modified-Since": modified})
    stale = api.ask(path, headers={"If-Modified-Since": "Thu, 01 Aug 2024 11:59:59 GMT"})

    assert (fresh.status_code, stale.status_code) == (304, 200)


def test_head_can_be_conditional(api: Api) -> None:
    etag = api.ask(STANDINGS).headers["etag"]

    assert api.ask(STANDINGS, method="HEAD", headers={"If-None-Match": etag}).status_code == 304


def test_a_304_reads_no_standings(api: Api) -> None:
    etag = api.ask(STANDINGS).headers["etag"]

    with statements(api.engine) as sent:
        api.ask(STANDINGS, headers={"If-None-Match": etag})

    assert len(sent) == 2
    assert not any("snapshot" in statement for statement in sent)


@pytest.mark.parametrize("path", PATHS)
def test_a_new_edition_changes_the_tag(api: Api, record: Record, path: str) -> None:
    before = api.ask(path).headers

    record.add(
        snapshot("2024-07-02", {"OpenAI/a": 10, "xAI/c": 9}), captured_at=NOW + timedelta(hours=1)
    )
    after = api.ask(path, headers={"If-None-Match": before["etag"]})

    assert (after.status_code, after.headers["etag"] != before["etag"]) == (200, True)
    assert after.headers["last-modified"] == "Thu, 01 Aug 2024 13:00:00 GMT"


def test_an_edition_of_another_board_does_not(api: Api, record: Record) -> None:
    before = api.ask(STANDINGS).headers["etag"]

    record.add(snapshot("2024-07-02", {"OpenAI/a": 10}, leaderboard("demo-other")))

    assert api.ask(STANDINGS).headers["etag"] == before


def test_each_question_has_a_tag_of_its_own(api: Api) -> None:
    queries = ["", "limit=1", "limit=2", "as_of=2024-07-13", "official=true", "format=json"]

    tags = {api.ask(STANDINGS, query=query).headers["etag"] for query in queries}

    assert len(tags) == len(queries)


def test_the_order_of_parameters_does_not_count(api: Api) -> None:
    one = api.ask(STANDINGS, query="limit=2&official=true")
    other = api.ask(STANDINGS, query="official=true&limit=2")

    assert one.headers["etag"] == other.headers["etag"]


def test_what_means_now_is_another_answer_tomorrow(api: Api) -> None:
    before = api.ask(STANDINGS)
    api.clock.advance(timedelta(days=1))

    after = api.ask(
        STANDINGS,
        headers={"If-Modified-Since": before.headers["last-modified"]},
    )

    assert (before.json()["meta"]["as_of"], after.json()["meta"]["as_of"]) == (
        "2024-08-01",
        "2024-08-02",
    )
    assert before.headers["etag"] != after.headers["etag"]
    assert after.headers["last-modified"] == "Fri, 02 Aug 2024 00:00:00 GMT"


def test_sources_are_asked_after_each_time(api: Api) -> None:
    assert api.ask("/v1/sources").headers["cache-control"] == "no-cache"


def test_health_is_never_kept(api: Api) -> None:
    headers = api.ask("/health/ready").headers

    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers
