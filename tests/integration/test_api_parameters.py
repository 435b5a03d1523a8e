"""Bad questions are refused, and the refusal names what is bad."""

import pytest

from app.api.parameters import MAX_NAME, MAX_TEXT
from app.ingest import checks
from tests.api import Api
from tests.factories import Record, entry, profile, snapshot
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
MOVEMENTS = "/v1/leaderboards/demo-text/movements"
HISTORY = "/v1/models/openai--a/history"
ALIBABA = "/v1/organizations/alibaba"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@stored(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        pytest.param(STANDINGS, "limit=0", "limit", id="limit-too-small"),
        pytest.param(STANDINGS, "limit=501", "limit", id="limit-too-large"),
        pytest.param(STANDINGS, "limit=-1", "limit", id="limit-negative"),
        pytest.param(STANDINGS, "limit=1e2", "limit", id="limit-no-integer"),
        pytest.param(STANDINGS, "limit=" + "9" * 5000, "limit", id="limit-endless"),
        pytest.param(STANDINGS, "limit=", "limit", id="limit-empty"),
        pytest.param(STANDINGS, "cursor=", "cursor", id="cursor-empty"),
        pytest.param(STANDINGS, "cursor=x", "cursor", id="cursor-garbage"),
        pytest.param(STANDINGS, "cursor=%00", "cursor", id="cursor-nul"),
        pytest.param(STANDINGS, "cursor=" + "A" * 1001, "cursor", id="cursor-long"),
        pytest.param(STANDINGS, "as_of=2024-02-30", "as_of", id="no-such-day"),
        pytest.param(STANDINGS, "as_of=0000-01-01", "as_of", id="year-zero"),
        pytest.param(STANDINGS, "as_of=-0001-01-01", "as_of", id="before-the-common-era"),
        pytest.param(STANDINGS, "as_of=12024-01-01", "as_of", id="year-of-five-digits"),
        pytest.param(STANDINGS, "as_of=2024-07-01T00:00", "as_of", id="instant-without-zone"),
        pytest.param(STANDINGS, "known_at=now", "known_at", id="no-moment"),
        pytest.param(
            STANDINGS, "as_of=2024-07-01&compare_to=2024-07-02", "compare_to", id="compare-later"
        ),
        pytest.param(STANDINGS, "official=perhaps", "official", id="no-truth"),
        pytest.param(STANDINGS, "country=UK", "country", id="no-country"),
        pytest.param(STANDINGS, "country=%F0%9F%87%A8%F0%9F%87%B3", "country", id="flag"),
        pytest.param(STANDINGS, "organization=", "organization", id="empty"),
        pytest.param(STANDINGS, "organization=a%00b", "organization", id="nul"),
        pytest.param(STANDINGS, "organization=a%0Ab", "organization", id="line-end"),
        pytest.param(STANDINGS, "organization=" + "a" * (MAX_NAME + 1), "organization", id="long"),
        pytest.param("/v1/models", "q=" + "a" * (MAX_TEXT + 1), "q", id="long-text"),
        pytest.param(STANDINGS, "max_parameters=0", "max_parameters", id="no-parameters"),
        pytest.param(STANDINGS, "max_parameters=nan", "max_parameters", id="nan"),
        pytest.param(STANDINGS, "max_parameters=inf", "max_parameters", id="infinite"),
        pytest.param(STANDINGS, "max_parameters=1e999", "max_parameters", id="overflow"),
        pytest.param(STANDINGS, "as_off=2024-07-01", "as_off", id="unknown-parameter"),
        pytest.param(STANDINGS, "as_of=2024-07-01&as_of=2024-07-02", "as_of", id="twice"),
        pytest.param(MOVEMENTS, "from=2024-07-02&to=2024-07-01", "from", id="reversed"),
        pytest.param(MOVEMENTS, "from=2030-01-01", "from", id="begins-after-now"),
        pytest.param(MOVEMENTS, "from=2024-07-01&window=P1D", "window", id="two-beginnings"),
        pytest.param(MOVEMENTS, "window=90", "window", id="no-duration"),
        pytest.param(MOVEMENTS, "window=PT1H", "window", id="hours"),
        pytest.param(MOVEMENTS, "window=P101Y", "window", id="too-long"),
        pytest.param(MOVEMENTS, "movement=sideways", "movement", id="no-movement"),
        pytest.param(MOVEMENTS, "sort=score%3BDROP", "sort", id="no-order"),
        pytest.param(MOVEMENTS, "sort=--rank", "sort", id="no-order-either"),
        pytest.param(HISTORY, "", "leaderboard", id="missing"),
        pytest.param(HISTORY, "leaderboard=", "leaderboard", id="empty-board"),
        pytest.param(
            HISTORY, "leaderboard=demo-text&granularity=day", "granularity", id="no-granularity"
        ),
        pytest.param(
            HISTORY,
            "leaderboard=demo-text&from=2024-07-01T12:00:00Z&to=2024-07-01T11:00:00Z",
            "from",
            id="reversed-within-a-day",
        ),
        pytest.param(ALIBABA, "top_n=0", "top_n", id="top-of-nothing"),
        pytest.param(ALIBABA, "top_n=99999999999999999999", "top_n", id="top-of-everything"),
        pytest.param(ALIBABA, "include_community=2", "include_community", id="no-bool"),
        pytest.param("/v1/leaderboards", "kind=beauty", "kind", id="no-kind"),
        pytest.param("/v1/leaderboards", "status=lost", "status", id="no-status"),
        pytest.param("/v1/leaderboards", "q=%ED%A0%80%00", "q", id="surrogate-and-nul"),
        pytest.param("/v1/models", "alias=" + "%C3%A9" * (MAX_NAME + 1), "alias", id="long-alias"),
        pytest.param("/v1", "page=2", "page", id="unknown-where-there-are-none"),
        pytest.param("/v1/leaderboards/%00/standings", "", "leaderboard", id="nul-in-path"),
        pytest.param("/v1/models/" + "a" * (MAX_NAME + 1), "", "model", id="long-path"),
        pytest.param("/v1/models/a%0D%0Ab", "", "model", id="line-end-in-path"),
        pytest.param("/v1/sources/demo/runs/0", "", "run", id="run-zero"),
        pytest.param("/v1/sources/demo/runs/2147483648", "", "run", id="run-too-large"),
        pytest.param("/v1/sources/demo/runs/latest", "", "run", id="run-no-number"),
    ],
)
def test_a_bad_parameter_is_named(api: Api, path: str, query: str, parameter: str) -> None:
    answer = api.ask(path, query=query)

    assert answer.status_code == 422
    assert parameter in {fault["parameter"] for fault in answer.json()["errors"]}
    assert f"`{parameter}`" in answer.json()["detail"]


def test_all_that_is_bad_is_told_at_once(api: Api) -> None:
    problem = api.problem(STANDINGS, 422, limit=0, as_of="x", country="?")

    assert {fault["parameter"] for fault in problem["errors"]} == {"limit", "as_of", "country"}


def test_of_very_many_unknown_parameters_the_first_are_told(api: Api) -> None:
    problem = api.problem(STANDINGS, 422, **{f"x{n}": n for n in range(500)})

    assert [fault["parameter"] for fault in problem["errors"]] == [f"x{n}" for n in range(20)]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        pytest.param({"limt": 5}, "there is no such parameter; did you mean `limit`?", id="near"),
        pytest.param({"zzz": 5}, "there is no such parameter; there are: ", id="far"),
    ],
)
def test_an_unknown_parameter_comes_with_a_hint(
    api: Api, query: dict[str, int], detail: str
) -> None:
    problem = api.problem(STANDINGS, 422, **query)

    assert problem["errors"][0]["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param(STANDINGS, "as_of=2024-07-13T11:16:14+02:00", id="plus-not-escaped"),
        pytest.param(STANDINGS, "official=1&open_weights=off&limit=500", id="other-truths"),
        pytest.param(MOVEMENTS, "from=0001-01-01&to=9999-12-31", id="all-of-the-calendar"),
        pytest.param(MOVEMENTS, "window=P100Y&to=0050-01-01", id="before-the-calendar"),
        pytest.param(HISTORY, "leaderboard=demo-text&from=0001-01-01&granularity=week", id="week"),
        pytest.param(ALIBABA, "as_of=0001-01-01&window=P1D", id="first-day"),
        pytest.param("/v1/models", "q=%25_%5C'\"", id="signs"),
    ],
)
def test_what_is_unusual_but_sound_is_answered(api: Api, path: str, query: str) -> None:
    assert api.ask(path, query=query).status_code == 200


def test_the_longest_name_that_is_stored_can_be_asked_for(api: Api, record: Record) -> None:
    longest = entry("n" * checks.MAX_TEXT, 1, of=profile(namespace="m" * checks.MAX_TEXT))
    record.add(snapshot("2024-07-02", [longest]))

    model = api.get(STANDINGS)["data"][0]["model"]["id"]

    assert api.get(f"/v1/models/{model}")["data"]["id"] == model
    assert api.get(f"/v1/models/{model}/history", leaderboard="demo-text")["data"] != []
    assert [one["id"] for one in api.get("/v1/models", alias="n" * checks.MAX_TEXT)["data"]] == [
        model
    ]


def test_what_has_the_longest_names_leads_on(api: Api, record: Record) -> None:
    maker = profile(namespace="m" * checks.MAX_TEXT)
    wide = "\U0001f600" * (checks.MAX_TEXT - 1)
    names = ["a" * checks.MAX_TEXT, wide + "b", "c" * checks.MAX_TEXT, wide + "d"]
    for day, scores in {"2024-07-02": (1, 2, 3, 4), "2024-07-03": (4, 3, 2, 1)}.items():
        rows = [entry(*one, of=maker) for one in zip(names, scores, strict=True)]
        record.add(snapshot(day, rows))
    lists = [
        STANDINGS,
        f"{MOVEMENTS}?sort=-score_change",
        "/v1/leaderboards/demo-text/overtakes",
        "/v1/leaderboards/demo-text/trends",
        "/v1/models",
        "/v1/sources/demo/names",
    ]

    for path in lists:
        whole = api.get(path)["data"]
        pages = api.pages(f"{path}{'&' if '?' in path else '?'}limit=1")
        assert len(whole) > 1, path
        assert [row for page in pages for row in page["data"]] == whole, path
    ids = [row["model"]["id"] for row in api.get(STANDINGS)["data"]]
    compared = api.get("/v1/comparisons", models=",".join(ids))["meta"]["models"]
    assert [one["id"] for one in compared] == ids
    overtaken = api.get("/v1/leaderboards/demo-text/overtakes", model=ids[0])
    assert overtaken["meta"]["model"] == ids[0]
    api.problem(STANDINGS, 404, organization="o" * checks.MAX_TEXT)
