"""The Hub's benchmark leaderboards as they are read: scales, directions, and the traps in rows."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from app.domain.leaderboard import BoardKind, Snapshot
from app.errors import ParseError
from app.sources.adapters.hf_benchmarks import HFBenchmarks
from tests.recordings import payload
from tests.recordings.hf_benchmarks import (
    GPQA,
    GPQA_RESULTS,
    SWE_BENCH,
    SWE_BENCH_RESULTS,
    board,
    result,
)
from tests.upstreams import ENDPOINTS

SOURCE = HFBenchmarks(ENDPOINTS)


def parsed(*results: Mapping[str, Any], document: str = GPQA) -> Sequence[Snapshot]:
    return SOURCE.parse(payload(document, board(*results)))


def of_values(*values: float) -> Snapshot:
    rows = [result(rank, f"a/m{rank}", value) for rank, value in enumerate(values, start=1)]
    return parsed(*rows)[0]


def test_a_board_has_all_results_in_order_with_the_ranks_as_published() -> None:
    [snapshot] = parsed(*GPQA_RESULTS)

    assert snapshot.edition_date == date(2024, 7, 13)
    assert [(e.printed_name, e.score, e.published_rank) for e in snapshot.entries] == [
        ("meta-llama/Meta-Llama-3.1-405B-Instruct", 0.507, 1),
        ("meta-llama/Meta-Llama-3.1-70B-Instruct", 0.417, 2),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", 0.304, 3),
        ("GPT2", 0.0, 4),
    ]
    made_by = snapshot.entries[0].profile
    assert (made_by.namespace, made_by.organization, made_by.official) == ("meta-llama", None, None)
    assert snapshot.entries[1].profile is made_by
    assert snapshot.entries[3].profile.namespace == "gpt2"


def test_a_board_says_what_it_measures() -> None:
    [snapshot] = parsed(*GPQA_RESULTS)

    ranking = snapshot.leaderboard
    assert (ranking.slug, ranking.family) == ("hf-benchmarks-idavidrein-gpqa",) * 2
    assert (ranking.title, ranking.category) == (f"Hugging Face Benchmarks, {GPQA}", "overall")
    assert (ranking.kind, ranking.unit) == (BoardKind.BENCHMARK, "fraction")
    assert ranking.higher_is_better


def test_verified_results_are_a_board_beside_the_one_of_all() -> None:
    whole, verified = parsed(*SWE_BENCH_RESULTS, document=SWE_BENCH)

    assert len(whole.entries) == 3
    assert [e.printed_name for e in verified.entries] == ["Qwen/Qwen3.5-397B-A17B"]
    assert verified.leaderboard.slug == "hf-benchmarks-swe-bench-swe-bench-verified-verified-runs"
    assert verified.leaderboard.family == whole.leaderboard.slug
    assert verified.leaderboard.title.endswith("SWE-bench_Verified, verified runs")
    assert verified.leaderboard.unit == whole.leaderboard.unit == "percent"


def test_the_scale_and_direction_of_verified_results_are_those_of_all() -> None:
    rows = [result(1, "a/x", 0.9, verified=True), result(2, "a/y", 5.2), result(3, "a/z", 6.1)]

    whole, verified = parsed(*rows)

    assert whole.leaderboard.unit == verified.leaderboard.unit == "percent"
    assert not whole.leaderboard.higher_is_better
    assert not verified.leaderboard.higher_is_better


def test_several_results_of_one_model_all_stay() -> None:
    rows = [result(1, "a/x", 44.9, notes="With tools"), result(2, "a/x", 22.1)]

    assert [entry.score for entry in parsed(*rows)[0].entries] == [44.9, 22.1]


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        pytest.param((0.811, 0.507, 0.192), "fraction", id="fractions"),
        pytest.param((1, 0, 0), "fraction", id="whole-fractions"),
        pytest.param((20.9, 18.1, 0.9), "percent", id="percents"),
        pytest.param((100, 0), "percent", id="whole-percents"),
        pytest.param((50.7, 0.811, 0.412), "fraction", id="one-percent-among-fractions"),
        pytest.param((85.0, 73.3, 0.733), "percent", id="one-fraction-among-percents"),
        pytest.param((1287, 1264, 1190), "score", id="ratings"),
        pytest.param((0.2, 0.1, -0.3), "score", id="below-zero"),
    ],
)
def test_fractions_and_percents_are_told_apart_and_never_rescaled(
    values: tuple[float, ...], unit: str
) -> None:
    snapshot = of_values(*values)

    assert snapshot.leaderboard.unit == unit
    assert [entry.score for entry in snapshot.entries] == list(values)


@pytest.mark.parametrize(
    ("values", "higher"),
    [
        pytest.param((76.4, 75.8, 75.8), True, id="highest-first"),
        pytest.param((5.2, 6.1, 7.9), False, id="lowest-first"),
        pytest.param((7.9, 5.2, 6.1), True, id="neither"),
        pytest.param((7.9,), True, id="one"),
        pytest.param((7.9, 7.9), True, id="level"),
    ],
)
def test_higher_is_better_unless_the_lowest_is_ranked_first(
    values: tuple[float, ...], *, higher: bool
) -> None:
    assert of_values(*values).leaderboard.higher_is_better is higher


def test_the_direction_is_read_from_the_ranks_not_from_the_order() -> None:
    rows = [result(2, "a/x", 1.0), result(1, "a/y", 2.0)]

    assert parsed(*rows)[0].leaderboard.higher_is_better


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"rank": "1"}, id="rank-as-text"),
        pytest.param({"value": "76.4"}, id="value-as-text"),
        pytest.param({"value": True}, id="value-as-flag"),
        pytest.param({"verified": None}, id="unsaid-whether-verified"),
        pytest.param({"modelId": " "}, id="no-name"),
        pytest.param({"modelId": None}, id="null-name"),
    ],
)
def test_a_result_of_another_shape_refuses_the_board(changed: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match=f"the board of {GPQA} has an unknown shape"):
        parsed(result(1, "a/x", 1.0) | changed)


@pytest.mark.parametrize("rows", [(), (result(1, "a/x", None),)])
def test_a_board_without_results_is_refused(rows: Sequence[dict[str, Any]]) -> None:
    with pytest.raises(ParseError, match=f"the board of {GPQA} has no results"):
        parsed(*rows)


@pytest.mark.parametrize("document", ["a/b/c", "../x", "a/..", "", "a b", f"a/{'b' * 129}"])
def test_an_unknown_document_is_refused(document: str) -> None:
    with pytest.raises(ParseError, match="there is no document"):
        parsed(*GPQA_RESULTS, document=document)


def test_one_name_of_two_owners_is_two_boards() -> None:
    one, other = (
        parsed(*GPQA_RESULTS, document=document)[0].leaderboard.slug
        for document in ("Idavidrein/gpqa", "OpenEvals/gpqa")
    )

    assert (one, other) == ("hf-benchmarks-idavidrein-gpqa", "hf-benchmarks-openevals-gpqa")
