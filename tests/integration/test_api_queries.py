"""What a request costs does not grow with what it does not ask for."""

from datetime import date, timedelta

import pytest

from app.domain.leaderboard import BoardKind
from tests.api import Api, statements
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

# The number of SELECTs of each endpoint, once the names are in memory, after a commit
# that concerns none of them.
COSTS = {
    "/v1": 0,
    "/health/live": 0,
    "/v1/sources": 6,
    "/v1/sources/demo": 10,
    "/v1/sources/demo/names": 6,
    "/v1/sources/demo/runs": 2,
    "/v1/leaderboards": 3,
    "/v1/leaderboards?family=demo-text&q=text": 3,
    "/v1/leaderboards/demo-text": 5,
    "/v1/leaderboards/demo-text/editions": 4,
    "/v1/leaderboards/demo-text/standings": 3,
    "/v1/leaderboards/demo-text/standings?as_of=2024-07-03&official=true": 3,
    "/v1/leaderboards/demo-text/standings?known_at=2024-07-04&compare_to=2024-07-01": 5,
    "/v1/leaderboards/demo-text/movements?from=2024-07-01": 3,
    "/v1/leaderboards/demo-text/overtakes": 4,
    "/v1/leaderboards/demo-text/overtakes?from=2024-07-03&model=m1": 4,
    "/v1/leaderboards/demo-text/overtakes?known_at=2024-07-04": 4,
    "/v1/leaderboards/demo-text/records": 4,
    "/v1/leaderboards/demo-text/records?from=2024-07-03&official=true": 4,
    "/v1/models": 2,
    "/v1/models?q=m1&organization=openai": 2,
    "/v1/models/openai--m1": 8,
    "/v1/models/openai--m1/history?leaderboard=demo-text": 2,
    "/v1/models/openai--m1/history?leaderboard=demo-text&from=2024-07-02&granularity=week": 3,
    "/v1/models/openai--m1/history?leaderboard=demo-text&known_at=2024-07-04": 7,
    "/v1/models/openai--m1/chart-run": 7,
    "/v1/models/openai--m1/chart-run?leaderboard=demo-text&as_of=2024-07-03": 8,
    "/v1/models/openai--m1/chart-run?known_at=2024-07-04": 9,
    "/v1/comparisons?models=m0,m1,m2": 7,
    "/v1/comparisons?models=m0,m1&leaderboard=demo-text&granularity=edition": 8,
    "/v1/comparisons?models=m0,m1&known_at=2024-07-04": 9,
    "/v1/organizations": 6,  # there is another page
    "/v1/organizations/openai": 9,
    "/v1/organizations/openai?known_at=2024-07-04&compare_to=2024-07-02": 12,
    "/v1/organizations/openai/history?leaderboard=demo-text": 4,
    "/v1/countries": 5,
    "/v1/countries/US": 9,
    "/v1/countries/US/history?leaderboard=demo-text&flagship=latest": 4,
    "/v1/leaderboards/demo-text/organizations": 5,
    "/v1/leaderboards/demo-text/organizations?country=US&known_at=2024-07-04": 9,
    "/v1/leaderboards/demo-text/countries": 5,
    "/v1/leaderboards/demo-text/licenses?by=open_weights": 5,
    "/v1/leaderboards/demo-text/organizations/history": 3,
    "/v1/leaderboards/demo-text/countries/history?granularity=month": 3,
    "/v1/leaderboards/demo-text/licenses/history": 3,
    "/v1/analyses/generalization?from_board=demo-text&to_board=demo-new": 5,
    "/v1/analyses/generalization?from_board=demo-text&to_board=demo-new&known_at=2024-07-04": 7,
    "/v1/analyses/benchmark-preference-gap?benchmark=demo-new&preference=demo-text": 5,
    "/v1/analyses/agreement?leaderboards=demo-text,demo-new": 5,
    "/v1/analyses/agreement?leaderboards=demo-text,demo-new&granularity=edition": 5,
    "/v1/analyses/lag?leaderboard=demo-text&group=CN&behind=US": 4,
    "/v1/leaderboards/demo-text/churn": 4,
}


# The same of some while nothing was committed.
KEPT = {
    "/v1/leaderboards/demo-text/standings": 0,
    "/v1/leaderboards/demo-text/standings?as_of=2024-07-03&official=true": 0,
    "/v1/leaderboards/demo-text/movements?from=2024-07-01": 0,
    "/v1/leaderboards/demo-text/organizations/history": 1,
    "/v1/models?q=m1&organization=openai": 0,
    "/v1/models/openai--m1/history?leaderboard=demo-text": 0,
}


def fill(record: Record, *, boards: int, models: int, editions: int) -> None:
    """Boards with editions of models, each edition but the first with something new in it."""
    new = leaderboard("demo-new", kind=BoardKind.BENCHMARK)
    record.add(snapshot("2024-07-01", {f"OpenAI/m{n}": float(n) for n in range(models)}, new))
    for number in range(boards):
        board = leaderboard("demo-text" if number == 0 else f"demo-text-{number}")
        for step in range(editions):
            day = date(2024, 7, 1) + timedelta(days=step)
            names = {f"OpenAI/m{n}": float(100 - n + step % 2) for n in range(models + step)}
            record.add(snapshot(day, names, board))
            record.add(
                snapshot(day, {**names, "Meta/late": 1.0}, board),
                published_at=day + timedelta(days=10),
            )


@stored()
def small(record: Record) -> None:
    """Little of everything."""
    fill(record, boards=1, models=3, editions=4)


@stored()
def large(record: Record) -> None:
    """Several times as much of everything."""
    fill(record, boards=4, models=12, editions=9)


def cost(api: Api, path: str) -> int:
    """The number of SELECTs of a request, when it is not the first."""
    api.ask(path)
    with api.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql("UPDATE country SET name = name || '.' WHERE code = 'CN'")
    return asked(api, path)


def asked(api: Api, path: str) -> int:
    with statements(api.engine) as sent:
        answer = api.ask(path)
    assert answer.status_code == 200, answer.text
    return len(sent)


@pytest.mark.usefixtures("small")
def test_the_number_of_queries_is_known(api: Api) -> None:
    assert {path: cost(api, path) for path in COSTS} == COSTS


@pytest.mark.usefixtures("small")
def test_what_was_read_is_not_read_again_while_nothing_is_committed(api: Api) -> None:
    for path in KEPT:
        api.ask(path)

    assert {path: asked(api, path) for path in KEPT} == KEPT


@pytest.mark.usefixtures("large")
def test_the_number_of_queries_stays_when_the_record_grows(api: Api) -> None:
    assert {path: cost(api, path) for path in COSTS} == COSTS


@pytest.mark.usefixtures("small")
def test_names_are_read_again_only_when_they_changed(api: Api, record: Record) -> None:
    api.get("/v1/models")
    with statements(api.engine) as before:
        api.get("/v1/models")
    record.add(snapshot("2024-07-20", {"xAI/another": 1}))
    with statements(api.engine) as after:
        api.get("/v1/models")

    assert len(before) < len(after)
