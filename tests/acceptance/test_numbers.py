"""The figures of analyses, over the recorded history, against SciPy and walks by day."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import pytest
from scipy.stats import kendalltau, theilslopes

from tests.acceptance import raw
from tests.acceptance.service import Service, clean

pytestmark = pytest.mark.emulator

Tables = Mapping[date, raw.Table]
SOURCE = {
    "lmarena-text": "lmarena",
    "lmarena-text-coding": "lmarena",
    "open-llm-v2": "open_llm",
}
FEWEST = 8
FLAP = 7


@pytest.fixture(scope="module")
def tables() -> dict[str, Tables]:
    """The last publication of every edition, by board and date."""
    arena = list(raw.arena_tables("text"))
    return {
        "lmarena-text": {table.day: table for of, table in arena if of == "overall"},
        "lmarena-text-coding": {table.day: table for of, table in arena if of == "coding"},
        "open-llm-v2": {table.day: table for table in raw.open_llm_tables(raw.V2)},
    }


def models_of(service: Service, source: str) -> dict[str, str]:
    """The model that each name of a source means."""
    return {
        clean(alias.printed_name): alias.model.slug
        for alias in service.names.aliases.values()
        if alias.source == source
    }


def slopes(
    tables: Tables, models: Mapping[str, str], first: date, last: date
) -> dict[str, tuple[float | None, ...]]:
    """Slope and bounds, by SciPy, of every model in the last edition of a span."""
    inside = [tables[day] for day in sorted(tables) if first <= day <= last]
    scores: dict[str, dict[int, float]] = {}
    for table in inside:
        for row in table.rows:
            scores.setdefault(models[row.name], {}).setdefault(table.day.toordinal(), row.score)
    found: dict[str, tuple[float | None, ...]] = {}
    for model in {models[row.name] for row in inside[-1].rows}:
        days, values = list(scores[model]), list(scores[model].values())
        fit = theilslopes(values, days) if len(days) >= FEWEST else None
        found[model] = (fit[0], fit[2], fit[3]) if fit else (None, None, None)
    return found


@pytest.mark.parametrize(
    ("board", "last", "window_days", "fitted", "moving"),
    [
        pytest.param("lmarena-text", date(2026, 7, 10), 365, 320, 90, id="the-arena"),
        pytest.param("lmarena-text", date(2025, 5, 24), 365, 140, 120, id="the-arena-before"),
        pytest.param("open-llm-v2", date(2025, 1, 30), 90, 3000, 5, id="open-llm"),
    ],
)
def test_slopes_are_those_of_scipy(
    service: Service,
    tables: dict[str, Tables],
    board: str,
    last: date,
    window_days: int,
    fitted: int,
    moving: int,
) -> None:
    models = models_of(service, SOURCE[board])
    expected = slopes(tables[board], models, last - timedelta(days=window_days), last)

    rows, _meta = service.everything(
        f"/v1/leaderboards/{board}/trends", as_of=last, window=f"P{window_days}D"
    )

    figures = ("slope_per_day", "slope_lower", "slope_upper")
    told = {row["model"]["id"]: tuple(row[figure] for figure in figures) for row in rows}
    assert told == {model: pytest.approx(fit, abs=1e-9) for model, fit in expected.items()}
    assert sum(slope is not None for slope, _lower, _upper in told.values()) > fitted
    assert sum(bool(slope) for slope, _lower, _upper in told.values()) > moving


def held_by(names: set[str], tables: Tables, as_of: date) -> list[tuple[date, int | None]]:
    """The rank that a model had on every day from its debut until before `as_of`."""
    held: list[tuple[date, int | None]] = []
    editions = sorted(tables)
    for number in range((as_of - editions[0]).days):
        day = editions[0] + timedelta(days=number)
        table = tables[max(edition for edition in editions if edition <= day)]
        ranks = [table.by_name[name].rank for name in names & table.by_name.keys()]
        if ranks or held:
            held.append((day, min(ranks, default=None)))
    return held


def bridged(held: list[tuple[date, int | None]]) -> list[tuple[date, int | None]]:
    """The same with the rank before an absence that was over within a week."""
    spells = [list(spell) for _there, spell in groupby(held, lambda day: day[1] is not None)]
    for before, away, _after in zip(spells, spells[1:], spells[2:], strict=False):
        if away[0][1] is None and len(away) < FLAP:
            away[:] = [(day, before[-1][1]) for day, _rank in away]
    return [day for spell in spells for day in spell]


def longest(held: list[tuple[date, int | None]], depth: int) -> dict[str, Any] | None:
    """The longest unbroken time in the top N, of equally long ones the first."""
    best: dict[str, Any] | None = None
    for inside, spell in groupby(held, lambda day: day[1] is not None and day[1] <= depth):
        days = [day for day, _rank in spell]
        end = days[-1] + timedelta(days=1)
        if inside and (best is None or len(days) > best["length_days"]):
            over = end <= held[-1][0]
            best = {
                "length_days": len(days),
                "from": str(days[0]),
                "to": str(end) if over else None,
            }
    return best


def walked(names: set[str], tables: Tables, as_of: date) -> dict[str, Any]:
    """A chart run, by walking through the days."""
    places: list[dict[str, Any]] = [
        {"rank": min(row.rank for row in rows), "edition_date": str(day)}
        for day, table in sorted(tables.items())
        if (rows := [row for row in table.rows if row.name in names])
    ]
    held = bridged(held_by(names, tables, as_of))
    ranks = [rank for _day, rank in held]
    sundays = [day for day, rank in held if rank == 1 and day.isoweekday() == 7]
    absences = [spell for spell, _days in groupby(ranks, lambda rank: rank is None)]
    gone = [day for day in sorted(tables) if str(day) > places[-1]["edition_date"]]
    return {
        "debut": places[0],
        "peak": min(places, key=lambda place: place["rank"]),
        "last": places[-1],
        "exit_date": str(gone[0]) if gone else None,
        "re_entries": sum(absences[:-1]),
        "days_on_chart": sum(rank is not None for rank in ranks),
        "days_at_number_one": ranks.count(1),
        "weeks_at_number_one": len(sundays) + (ranks[-1] == 1),
        "days_in_top_10": sum(rank is not None and rank <= 10 for rank in ranks),
        "number_one": longest(held, 1),
        "top_10": longest(held, 10),
    }


CHARTED = [
    ("lmarena-text", "openai--gpt-4", "gpt-4"),
    ("lmarena-text", "openai--gpt-4-1106-preview", "gpt-4-turbo gpt-4-1106-preview"),
    ("lmarena-text", "anthropic--claude-3-opus-20240229", "claude-3-opus-20240229"),
    (
        "lmarena-text",
        "openai--chatgpt-4o-latest-20240808",
        "chatgpt-4o-latest chatgpt-4o-latest-2024-08-08 chatgpt-4o-latest-20240808",
    ),
    ("lmarena-text", "openai--chatgpt-4o-latest-20241120", "chatgpt-4o-latest-20241120"),
    ("lmarena-text", "google--gemini-2.5-pro", "gemini-2.5-pro-preview-06-05 gemini-2.5-pro"),
    ("lmarena-text", "google--gemini-2.0-flash-001", "gemini-2.0-flash-001 gemini-2.0-flash"),
    ("lmarena-text", "alibaba--qwen3-235b-a22b-instruct-2507", "qwen3-235b-a22b-instruct-2507"),
    ("lmarena-text", "anthropic--claude-opus-4-6-thinking", "claude-opus-4-6-thinking"),
    ("open-llm-v2", "alibaba--qwen2-72b-instruct", "qwen/qwen2-72b-instruct"),
    ("open-llm-v2", "dnhkng--rys-huge-bnb-4bit", "dnhkng/rys-huge-bnb-4bit"),
    ("open-llm-v2", "maziyarpanahi--calme-2.4-rys-78b", "maziyarpanahi/calme-2.4-rys-78b"),
    (
        "open-llm-v2",
        "maziyarpanahi--calme-3.2-instruct-78b",
        "maziyarpanahi/calme-3.2-instruct-78b",
    ),
]


@pytest.mark.parametrize(
    ("board", "model", "names"), [pytest.param(*one, id=one[1]) for one in CHARTED]
)
def test_chart_runs_are_those_of_a_walk_through_the_days(
    service: Service, tables: dict[str, Tables], board: str, model: str, names: str
) -> None:
    as_of = date(2026, 7, 21)
    expected = walked(set(names.split()), tables[board], as_of)

    rows = service.get(f"/v1/models/{model}/chart-run", leaderboard=board, as_of=as_of)["data"]

    assert len(rows) == 1
    streaks = {name: rows[0]["streaks"][name]["longest"] for name in ("number_one", "top_10")}
    assert {name: (rows[0] | streaks)[name] for name in expected} == expected


def test_chart_runs_show_exits_and_returns(tables: dict[str, Tables]) -> None:
    as_of = date(2026, 7, 21)

    runs = {
        model: walked(set(names.split()), tables[board], as_of) for board, model, names in CHARTED
    }

    assert runs["openai--gpt-4"]["exit_date"] is not None
    assert runs["openai--chatgpt-4o-latest-20240808"]["re_entries"] > 1
    assert runs["google--gemini-2.0-flash-001"]["re_entries"] == 1
    assert runs["alibaba--qwen3-235b-a22b-instruct-2507"]["re_entries"] == 0
    assert runs["maziyarpanahi--calme-3.2-instruct-78b"]["number_one"]["to"] is None


def scores_at(tables: Tables, models: Mapping[str, str], day: date) -> dict[str, float]:
    """The best score of every model in the edition in force on a day."""
    newest = tables[max(edition for edition in tables if edition <= day)]
    return {models[row.name]: row.score for row in reversed(newest.rows)}


@pytest.mark.parametrize(
    ("one", "other", "day", "at_least"),
    [
        pytest.param(
            "lmarena-text", "lmarena-text-coding", date(2025, 5, 24), 100, id="people-twice"
        ),
        pytest.param("lmarena-text", "open-llm-v2", date(2025, 1, 31), 50, id="people-and-tests"),
    ],
)
def test_agreement_is_the_tau_b_of_scipy(
    service: Service, tables: dict[str, Tables], one: str, other: str, day: date, at_least: int
) -> None:
    first, second = (
        scores_at(tables[board], models_of(service, SOURCE[board]), day) for board in (one, other)
    )
    common = sorted(first.keys() & second.keys())

    rows = service.get("/v1/analyses/agreement", leaderboards=f"{one},{other}", as_of=day)["data"]

    tau = kendalltau([first[model] for model in common], [second[model] for model in common])
    assert len(rows) == 1
    assert rows[0]["common_models"] == len(common) >= at_least
    assert rows[0]["kendall_tau_b"] == pytest.approx(tau.statistic)


def makers_in_the_top_ten(day: date) -> Counter[str]:
    """How many of the ten best models of an edition are whose, by the raw table."""
    for _moment, content in raw.arena_files("text"):
        if content["leaderboard_publish_date"][0] != str(day):
            continue
        rows = zip(content["rating"], content["organization"], content["category"], strict=True)
        overall = sorted(((score, maker) for score, maker, of in rows if of == "overall"))
        return Counter(maker.casefold() for _score, maker in overall[-10:])
    raise LookupError(day)


@pytest.mark.parametrize(
    ("day", "makers"),
    [
        pytest.param(date(2024, 5, 27), 4, id="2024"),
        pytest.param(date(2025, 2, 28), 4, id="2025"),
        pytest.param(date(2026, 7, 10), 3, id="2026"),
    ],
)
def test_concentration_is_that_of_the_makers_in_the_raw_table(
    service: Service, day: date, makers: int
) -> None:
    counted = makers_in_the_top_ten(day)

    meta = service.get("/v1/leaderboards/lmarena-text/organizations", as_of=day, top_n=10)["meta"]

    assert meta["edition_date"] == str(day)
    assert len(counted) == makers
    hhi = sum((count / 10) ** 2 for count in counted.values())
    assert meta["concentration"]["hhi"] == pytest.approx(hhi)
    assert meta["concentration"]["effective_number"] == pytest.approx(1 / hhi)


def breaks_of(service: Service, board: str) -> dict[str, list[str]]:
    """The dates at which a board's method broke, and why."""
    rows, _meta = service.everything(f"/v1/leaderboards/{board}/shifts")
    return {
        row["edition"]["edition_date"]: row["methodology_break"]
        for row in rows
        if row["methodology_break"]
    }


def test_the_new_anchor_and_the_new_intervals_of_the_arena_are_breaks(service: Service) -> None:
    breaks = breaks_of(service, "lmarena-text")

    assert breaks["2024-03-27"] == ["score_shift"]
    assert breaks["2025-07-27"] == ["interval_change"]


def test_nothing_broke_the_method_of_a_benchmark(service: Service) -> None:
    assert breaks_of(service, "open-llm-v2") == {}
