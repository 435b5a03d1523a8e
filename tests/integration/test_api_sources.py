"""What the API says of sources and runs, and how it starts one."""

from datetime import timedelta

import pytest

from app.domain.runs import RunKind
from app.errors import ConflictError, NotFoundError
from app.ingest.backfill import run_backfill
from app.ingest.runner import claim, run_scrape
from app.store.engine import SessionFactory
from tests.api import TOKEN, Api
from tests.factories import (
    NOW,
    Record,
    Upstream,
    leaderboard,
    one_edition,
    snapshot,
    source_info,
    work,
)
from tests.stores import stored

RUNS = "/v1/sources/demo/runs"


@pytest.fixture
def published() -> Upstream:
    """A source with one edition."""
    return one_edition()


@stored(gives="published")
def scraped(record: Record) -> None:
    """A source after one good scrape."""
    run_scrape(work(one_edition(), record.sessions), RunKind.SCHEDULED, slot=7)


@pytest.mark.usefixtures("scraped")
def test_a_source_says_how_it_is(api: Api) -> None:
    answer = api.get("/v1/sources/demo")

    data = answer["data"]
    assert (data["health"], data["interval_seconds"]) == ("ok", 21600)
    assert (data["newest_edition_date"], data["newest_edition_age_days"]) == ("2024-07-01", 31)
    assert (data["leaderboards"], data["backfill"]) == (1, None)
    assert data["last_run"] == data["last_success"]
    assert data["last_run"]["outcome"] == "succeeded"
    assert answer["links"]["runs"] == RUNS
    del data["identity"]
    assert api.get("/v1/sources")["data"] == [data]


NAMES = "/v1/sources/demo/names"


@stored()
def printed(record: Record) -> None:
    """Names of a known maker, of one that nobody has confirmed, and of none."""
    record.history(
        {
            "2024-07-01": {"OpenAI/gone": 9, "New Lab/a": 8},
            "2024-07-02": {"loner": 10, "OpenAI/gpt": 9, "New Lab/a": 8, "New Lab/b": 7},
        }
    )


def test_a_source_says_how_well_its_names_are_known(printed: Api) -> None:
    answer = printed.get("/v1/sources/demo")

    assert answer["data"]["identity"] == {
        "names": 5,
        "with_organization": 4,
        "confirmed": 2,
        "top": {
            "top_n": 50,
            "entries": 4,
            "with_organization": 3,
            "with_country": 1,
            "confirmed": 1,
        },
    }
    assert answer["links"]["names"] == NAMES


def test_names_are_listed_with_what_they_want(printed: Api) -> None:
    answer = printed.get(NAMES)

    rows = [
        (row["printed_name"], row["model"]["id"], row["confirmed"], row["wants"])
        for row in answer["data"]
    ]
    assert rows == [
        ("loner", "unknown--loner", False, "organization"),
        ("gpt", "openai--gpt", True, None),
        ("a", "new-lab--a", False, "review"),
        ("b", "new-lab--b", False, "review"),
        ("gone", "openai--gone", True, None),
    ]
    assert answer["data"][2]["place"] == {
        "leaderboard": "demo-text",
        "edition_date": "2024-07-02",
        "rank": 3,
    }
    assert answer["data"][2]["organization"]["name"] == "New Lab"
    assert (answer["data"][4]["place"], answer["meta"]["matched_total"]) == (None, 5)


@pytest.mark.parametrize(
    ("confirmed", "expected"),
    [
        pytest.param("true", ["gpt", "gone"], id="confirmed"),
        pytest.param("false", ["loner", "a", "b"], id="the-review-list"),
    ],
)
def test_names_that_want_a_decision(printed: Api, confirmed: str, expected: list[str]) -> None:
    rows = printed.get(NAMES, confirmed=confirmed)["data"]

    assert [row["printed_name"] for row in rows] == expected


def test_names_come_a_page_at_a_time(printed: Api) -> None:
    whole = printed.get(NAMES)["data"]

    pages = printed.pages(NAMES, limit=2)

    assert [row for page in pages for row in page["data"]] == whole
    assert len(pages) == 3


def test_the_top_is_the_first_fifty(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {f"New Lab/m{n}": 100 - n for n in range(60)}))

    identity = api.get("/v1/sources/demo")["data"]["identity"]

    assert (identity["names"], identity["top"]["entries"]) == (60, 50)


def test_a_name_stands_where_it_stands_best(record: Record, api: Api) -> None:
    coding = leaderboard("demo-text-coding", family="demo-text", category="coding")
    record.add(snapshot("2024-07-01", {"OpenAI/a": 2, "OpenAI/b": 1}))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1, "OpenAI/b": 2}, coding))

    places = {row["printed_name"]: row["place"]["leaderboard"] for row in api.get(NAMES)["data"]}

    assert places == {"a": "demo-text", "b": "demo-text-coding"}


def test_a_failed_run_is_told_and_hides_no_success(
    scraped: Upstream, sessions: SessionFactory, api: Api
) -> None:
    revision = scraped.publish("2024-07-02", {"OpenAI/a": 11})
    scraped.broken[revision.revision] = lambda: b"<html>"
    api.clock.advance(timedelta(hours=12))
    run_scrape(work(scraped, sessions, clock=api.clock), RunKind.SCHEDULED, slot=9)

    data = api.get("/v1/sources/demo")["data"]

    assert data["health"] == "failing"
    assert data["last_run"]["error_kind"] == "parse"
    assert "demo" in data["last_run"]["error"]
    assert data["last_run"]["missed_slots"] == 1
    assert data["last_success"]["outcome"] == "succeeded"


@pytest.mark.usefixtures("scraped")
def test_a_source_can_be_late(api: Api) -> None:
    api.clock.advance(timedelta(hours=13))

    assert api.get("/v1/sources/demo")["data"]["health"] == "late"


def test_a_source_that_never_ran_is_listed(record: Record, api: Api) -> None:
    record.of(source_info("quiet", archived=True)).add(snapshot("2024-07-01", {"a": 1}))

    (data,) = api.get("/v1/sources")["data"]

    assert (data["health"], data["last_run"], data["last_success"]) == ("never_run", None, None)


def test_a_back_fill_shows_how_far_it_is(
    scraped: Upstream, sessions: SessionFactory, api: Api
) -> None:
    run_backfill(work(scraped, sessions))

    data = api.get("/v1/sources/demo")["data"]

    assert data["backfill"]["state"] == "finished"
    assert data["backfill"]["failed"] == 0


def test_runs_are_listed_newest_first(
    scraped: Upstream, sessions: SessionFactory, api: Api
) -> None:
    run_scrape(work(scraped, sessions), RunKind.MANUAL)

    rows = api.get(RUNS)["data"]

    assert [(row["kind"], row["outcome"]) for row in rows] == [
        ("manual", "unchanged"),
        ("scheduled", "succeeded"),
    ]
    assert rows[0]["id"] > rows[1]["id"]
    assert rows[1]["duration_seconds"] == 0


@pytest.mark.usefixtures("scraped")
def test_a_run_can_be_looked_up(api: Api) -> None:
    row = api.get(RUNS)["data"][0]

    assert api.get(f"{RUNS}/{row['id']}")["data"] == row


def test_a_run_under_way_has_no_end(sessions: SessionFactory, api: Api) -> None:
    held = claim(work(Upstream(), sessions), RunKind.MANUAL)
    assert held is not None

    data = api.get(f"{RUNS}/{held.run_id}")["data"]

    assert (data["outcome"], data["finished_at"], data["duration_seconds"]) == (
        "running",
        None,
        None,
    )


@pytest.mark.usefixtures("scraped")
def test_a_run_of_another_source_is_not_found(sessions: SessionFactory, api: Api) -> None:
    run_scrape(work(Upstream(source_info("other")), sessions), RunKind.MANUAL)
    (row,) = api.get("/v1/sources/other/runs")["data"]

    problem = api.problem(f"{RUNS}/{row['id']}", 404)

    assert problem["errors"][0]["parameter"] == "run"


class Runner:
    """Scrapes a scripted upstream when told to."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._work = work(Upstream(), sessions)
        self.asked: list[str] = []

    def __call__(self, source: str) -> int:
        self.asked.append(source)
        if source != "demo":
            raise NotFoundError("source", source, ["demo"])
        held = claim(self._work, RunKind.MANUAL)
        if held is None:
            message = "demo is being scraped now"
            raise ConflictError(message)
        return held.run_id


@pytest.fixture
def runner(sessions: SessionFactory) -> Runner:
    """A runner that notes what it was asked for."""
    return Runner(sessions)


@pytest.fixture
def operated(sessions: SessionFactory, runner: Runner) -> Api:
    """The service with a token and a runner."""
    return Api(sessions, admin_token=TOKEN, run_now=runner)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_operator_can_start_a_run(operated: Api) -> None:
    answer = operated.ask(RUNS, method="POST", headers=bearer(TOKEN))

    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == f"{RUNS}/{body['data']['id']}"
    assert body["links"]["self"] == answer.headers["location"]
    assert (body["data"]["kind"], body["data"]["outcome"]) == ("manual", "running")
    assert body["data"]["started_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert answer.headers["cache-control"] == "no-store"
    assert operated.get(answer.headers["location"])["data"] == body["data"]


def test_one_run_at_a_time(operated: Api) -> None:
    first = operated.ask(RUNS, method="POST", headers=bearer(TOKEN))
    second = operated.ask(RUNS, method="POST", headers=bearer(TOKEN))

    assert (first.status_code, second.status_code) == (202, 409)
    assert "being scraped" in second.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param(bearer("wrong"), id="wrong"),
        pytest.param(bearer(""), id="empty"),
        pytest.param(bearer(TOKEN + "x"), id="longer"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="other-scheme"),
        pytest.param({"Authorization": TOKEN}, id="no-scheme"),
        pytest.param({"Authorization": "Bearer \xe9"}, id="not-ascii"),
    ],
)
def test_others_cannot(operated: Api, runner: Runner, headers: dict[str, str]) -> None:
    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]

    answer = operated.client.post(RUNS, headers=raw)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/v1/problems/unauthorized"
    assert runner.asked == []


def test_without_a_configured_token_nobody_can(sessions: SessionFactory, runner: Runner) -> None:
    closed = Api(sessions, run_now=runner)

    answer = closed.ask(RUNS, method="POST", headers=bearer(""))

    assert answer.status_code == 403
    assert "ALMANAC_ADMIN_TOKEN" in answer.json()["detail"]
    assert runner.asked == []


def test_a_source_that_is_not_there_cannot_be_run(operated: Api) -> None:
    answer = operated.ask("/v1/sources/dem/runs", method="POST", headers=bearer(TOKEN))

    assert answer.status_code == 404
    assert answer.json()["suggestions"] == ["demo"]


def test_a_process_that_does_not_scrape_says_so(sessions: SessionFactory) -> None:
    reader = Api(sessions, admin_token=TOKEN)

    answer = reader.ask(RUNS, method="POST", headers=bearer(TOKEN))

    assert (answer.status_code, answer.json()["title"]) == (503, "Service unavailable")


def test_a_run_that_left_no_trace_is_not_found(sessions: SessionFactory) -> None:
    forgetful = Api(sessions, admin_token=TOKEN, run_now=lambda source: 99)  # noqa: ARG005

    answer = forgetful.ask(RUNS, method="POST", headers=bearer(TOKEN))

    assert answer.status_code == 404
