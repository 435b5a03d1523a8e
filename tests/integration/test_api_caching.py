"""Answers can be kept, and asked after cheaply."""

import re
from datetime import timedelta

import pytest

from app.domain.leaderboard import BoardKind
from tests.api import Api, statements
from tests.factories import NOW, Record, leaderboard, snapshot
from tests.stores import stored

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


@stored(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}, NEW))


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_carries_its_validators(api: Api, path: str) -> None:
    headers = api.ask(path).headers

    assert headers["etag"].startswith('"')
    assert headers["last-modified"] == "Thu, 01 Aug 2024 12:00:00 GMT"
    assert headers["cache-control"] == OPEN
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


def test_a_304_reads_no_standings(api: Api, record: Record) -> None:
    etag = api.ask(STANDINGS).headers["etag"]
    record.add(snapshot("2024-07-09", {"OpenAI/a": 10}, leaderboard("demo-else")))

    with statements(api.engine) as sent:
        assert api.ask(STANDINGS, headers={"If-None-Match": etag}).status_code == 304
    with statements(api.engine) as again:
        assert api.ask(STANDINGS, headers={"If-None-Match": etag}).status_code == 304

    assert len(sent) == 2
    assert not any("snapshot" in statement for statement in sent)
    assert again == []


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


def test_a_new_name_on_another_board_does_not(api: Api, record: Record) -> None:
    before = api.ask(STANDINGS).headers["etag"]

    record.add(snapshot("2024-07-02", {"Newcomer/new": 10}, leaderboard("demo-other")))

    assert api.ask(STANDINGS).headers["etag"] == before


@pytest.mark.parametrize(
    "path",
    [
        *PATHS,
        f"{STANDINGS}?as_of=2024-07-20",
        "/v1/leaderboards/demo-text/movements?from=2024-06-01&to=2024-07-20",
        "/v1/leaderboards/demo-text/leaders?to=2024-07-20",
        "/v1/leaderboards/demo-text/countries?as_of=2024-07-20",
        "/v1/analyses/agreement?leaderboards=demo-text,demo-new&as_of=2024-07-20",
        "/v1/leaderboards/demo-text/organizations/history?to=2024-07-20",
        "/v1/comparisons?models=a,b",
        "/v1/organizations/openai?as_of=2024-07-20",
    ],
)
def test_one_tag_is_of_one_answer_whatever_happens_elsewhere(
    api: Api, record: Record, path: str
) -> None:
    short = (
        path
        if "/openai" in path or path.endswith("-text")
        else f"{path}{'&' if '?' in path else '?'}limit=1"
    )
    told = [api.ask(short)]
    record.add(snapshot("2024-07-02", {"Newcomer/new": 10}, leaderboard("demo-other")))
    told.append(api.ask(short))
    api.clock.advance(timedelta(days=1))
    told.append(api.ask(short))

    bodies = {answer.headers["etag"]: answer.content for answer in told}
    assert [bodies[answer.headers["etag"]] for answer in told] == [one.content for one in told]
    if "to=" in path or ("as_of=" in path and "/organizations/openai" not in path):
        assert len(bodies) == 1


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


OVER = "2024-07-24"  # the last date that is over a week before now
OPEN = "public, max-age=60, stale-while-revalidate=600"
CLOSED = "public, max-age=86400, stale-while-revalidate=604800"
KNOWN = f"known_at={OVER}"
BOARD = "/v1/leaderboards/demo-text"
CLOSED_PASTS = [
    f"{STANDINGS}?{KNOWN}&as_of=2024-07-31",
    f"{STANDINGS}?known_at={OVER}T23:59:59Z&as_of=2024-07-01T00:00:00Z",
    f"{BOARD}/movements?{KNOWN}&from=2024-06-01&to=2024-07-24",
    f"{BOARD}/leaders?{KNOWN}&to=2024-07-24",
    f"{BOARD}/organizations?{KNOWN}&as_of=2024-07-24",
    f"{BOARD}/countries/history?{KNOWN}&to=2024-07-24",
    f"{BOARD}/shifts?{KNOWN}&to=2024-07-24",
    f"/v1/models/openai--a/history?leaderboard=demo-text&{KNOWN}&to=2024-07-24",
    f"/v1/models/openai--a/chart-run?{KNOWN}&as_of=2024-07-24",
    f"/v1/organizations/openai?{KNOWN}&as_of=2024-07-24",
    f"/v1/organizations/openai/history?leaderboard=demo-text&{KNOWN}&to=2024-07-24",
    f"/v1/comparisons?models=openai--a,meta--b&{KNOWN}&to=2024-07-24",
    f"/v1/analyses/agreement?leaderboards=demo-text,demo-new&{KNOWN}&as_of=2024-07-24",
    f"/v1/analyses/agreement?leaderboards=demo-text,demo-new&{KNOWN}&to=2024-07-24",
    f"{STANDINGS}?{KNOWN}&as_of=2024-07-24&format=csv",
]
STILL_OPEN = [
    pytest.param(f"{STANDINGS}?as_of=2024-07-01", id="restatements-count"),
    pytest.param(f"{STANDINGS}?{KNOWN}", id="as-of-now"),
    pytest.param(f"{STANDINGS}?{KNOWN}&as_of=2024-08-01", id="as-of-today"),
    pytest.param(f"{STANDINGS}?{KNOWN}&as_of=2099-01-01", id="in-the-future"),
    pytest.param(f"{STANDINGS}?known_at=2024-07-25&as_of=2024-07-01", id="may-be-found-yet"),
    pytest.param(f"{BOARD}/movements?{KNOWN}&from=2024-06-01", id="until-now"),
    pytest.param(
        f"/v1/analyses/agreement?leaderboards=demo-text,demo-new&{KNOWN}&from=2024-06-01",
        id="over-time-until-now",
    ),
    pytest.param("/v1/models?q=a", id="no-past"),
]


@pytest.mark.parametrize("path", CLOSED_PASTS)
def test_a_closed_past_may_be_kept_for_a_day(api: Api, path: str) -> None:
    answer = api.ask(path)
    again = api.ask(path, headers={"If-None-Match": answer.headers["etag"]})

    assert (answer.status_code, again.status_code) == (200, 304)
    assert answer.headers["cache-control"] == again.headers["cache-control"] == CLOSED


@pytest.mark.parametrize("path", CLOSED_PASTS)
def test_a_closed_past_is_the_same_tomorrow(api: Api, path: str) -> None:
    today = api.ask(path)
    api.clock.advance(timedelta(days=1))

    tomorrow = api.ask(path)

    assert tomorrow.content == today.content
    assert tomorrow.headers == today.headers


@pytest.mark.parametrize("path", STILL_OPEN)
def test_what_may_still_change_is_kept_for_a_minute(api: Api, path: str) -> None:
    answer = api.ask(path)
    again = api.ask(path, headers={"If-None-Match": answer.headers["etag"]})

    assert answer.headers["cache-control"] == again.headers["cache-control"] == OPEN


def test_a_past_closes_when_a_week_has_passed(api: Api) -> None:
    path = f"{STANDINGS}?known_at=2024-07-25&as_of=2024-07-01"
    before = api.ask(path)
    api.clock.advance(timedelta(days=1))
    after = api.ask(path, headers={"If-None-Match": before.headers["etag"]})

    assert (before.headers["cache-control"], after.headers["cache-control"]) == (OPEN, CLOSED)
    assert after.status_code == 304


def test_a_closed_past_can_be_told_anew(api: Api, record: Record) -> None:
    path = f"{STANDINGS}?{KNOWN}&as_of=2024-07-24"
    before = api.ask(path).headers["etag"]

    record.add(snapshot("2024-07-02", {"Meta/b": 2, "OpenAI/a": 1}))
    after = api.ask(path, headers={"If-None-Match": before})

    assert after.status_code == 200
    assert after.json()["data"][0]["model"]["id"] == "meta--b"


def test_an_error_about_a_closed_past_is_not_kept(api: Api) -> None:
    answer = api.ask(f"/v1/leaderboards/nothing/standings?{KNOWN}&as_of=2024-07-24")

    assert answer.headers["cache-control"] == "no-store"


def test_only_what_never_changes_is_immutable(api: Api) -> None:
    page = api.client.get("/docs").text
    [script] = re.findall(r'src="(/docs/[^"]+\.js)"', page)

    assert api.ask(script).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert api.ask("/docs").headers["cache-control"] == OPEN
    assert api.ask("/openapi.json").headers["cache-control"] == OPEN


def test_sources_are_asked_after_each_time(api: Api) -> None:
    assert api.ask("/v1/sources").headers["cache-control"] == "no-cache"


def test_health_is_never_kept(api: Api) -> None:
    headers = api.ask("/health/ready").headers

    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers
