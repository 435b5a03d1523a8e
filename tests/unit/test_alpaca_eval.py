"""AlpacaEval's tables: versions apart, win rates, intervals, models that only fool the judge."""

from datetime import date, datetime

import pytest

from app.domain.leaderboard import BoardKind, EntryKind, Snapshot
from app.errors import ParseError
from app.sources.adapters.alpaca_eval import AlpacaEval
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.alpaca_eval import (
    PLACES,
    PRECOMPUTED_V1,
    PRECOMPUTED_V1_COLUMNS,
    PRECOMPUTED_V1_ROWS,
    PRECOMPUTED_V2,
    PRECOMPUTED_V2_COLUMNS,
    PRECOMPUTED_V2_ROWS,
    REPOSITORY,
    V1,
    V1_COLUMNS,
    V1_ROWS,
    V2,
    V2_COLUMNS,
    V2_ROWS,
    Row,
    csv,
)
from tests.upstreams import ENDPOINTS

SOURCE = AlpacaEval(ENDPOINTS)
FIRST_PLACE = "docs/alpaca_eval_gpt4_leaderboard.csv"
WITHOUT_CONTROL = ("name", "win_rate", "avg_length", "link", "samples", "filter")


def parse(document: str, columns: tuple[str, ...], *rows: Row) -> dict[str, Snapshot]:
    snapshots = SOURCE.parse(payload(document, csv(columns, rows)))
    return {snapshot.leaderboard.slug: snapshot for snapshot in snapshots}


def scores(snapshot: Snapshot) -> list[float]:
    return [entry.score for entry in snapshot.entries]


def intervals(snapshot: Snapshot) -> dict[str, tuple[float | None, float | None]]:
    return {e.printed_name: (e.score_lower, e.score_upper) for e in snapshot.entries}


def test_version_2_ranks_by_the_rate_controlled_for_length() -> None:
    found = parse(V2, V2_COLUMNS, *V2_ROWS)

    assert list(found) == ["alpaca-eval-2", "alpaca-eval-2-win-rate"]
    assert scores(found["alpaca-eval-2"])[:2] == [86.45780691307947, 57.45682883335095]
    assert scores(found["alpaca-eval-2-win-rate"])[:2] == [76.91979180386511, 51.32757578249279]


def test_before_the_rate_was_controlled_there_is_no_main_board_of_version_2() -> None:
    rows = (
        ("GPT-4 Turbo (verbose)", 64.30360147073765, 2402, "", "", "dev"),
        ("GPT-4 Turbo", 50.0, 2049, "", "", "minimal"),
    )

    found = parse(V2, WITHOUT_CONTROL, *rows)

    assert list(found) == ["alpaca-eval-2-win-rate"]
    assert scores(found["alpaca-eval-2-win-rate"]) == [64.30360147073765, 50.0]


def test_version_1_ranks_by_the_raw_rate() -> None:
    found = parse(V1, V1_COLUMNS, *V1_ROWS)

    assert list(found) == ["alpaca-eval-1"]
    assert scores(found["alpaca-eval-1"]) == [
        95.27950310559004,
        88.38509316770187,
        23.60248447204969,
    ]


def test_some_of_version_1_were_never_controlled_for_length() -> None:
    rows = (
        ("XwinLM 70b V0.1", "", 95.56803995, 1775, "", "", "community"),
        ("GPT-4", 86.51018625518144, 95.27950310559004, 1365, "", "", "minimal"),
    )

    found = parse(V1, V2_COLUMNS, *rows)

    assert list(found) == ["alpaca-eval-1", "alpaca-eval-1-length-controlled"]
    assert [e[:2] for e in found["alpaca-eval-1"].entries] == [
        ("XwinLM 70b V0.1", 95.56803995),
        ("GPT-4", 95.27950310559004),
    ]
    controlled = found["alpaca-eval-1-length-controlled"]
    assert [e[:2] for e in controlled.entries] == [("GPT-4", 86.51018625518144)]


def test_a_board_of_nobody_is_none() -> None:
    rows = (("XwinLM 70b V0.1", "", 95.56803995, 1775, "", "", "community"),)

    assert list(parse(V1, V2_COLUMNS, *rows)) == ["alpaca-eval-1"]


def test_a_board_says_what_it_measures() -> None:
    found = (
        parse(V2, V2_COLUMNS, *V2_ROWS)
        | parse(V1, V2_COLUMNS, *V2_ROWS)
        | parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)
        | parse(PRECOMPUTED_V1, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)
    )

    boards = [snapshot.leaderboard for snapshot in found.values()]
    assert [(board.era, board.category, board.title) for board in boards] == [
        ("2", "overall", "AlpacaEval 2"),
        ("2", "win-rate", "AlpacaEval 2, win rate"),
        ("1", "overall", "AlpacaEval 1"),
        ("1", "length-controlled", "AlpacaEval 1, length-controlled"),
        ("2", "precomputed", "AlpacaEval 2, precomputed leaderboard with development runs"),
        (
            "2",
            "precomputed-win-rate",
            "AlpacaEval 2, win rate, precomputed leaderboard with development runs",
        ),
        ("1", "precomputed", "AlpacaEval 1, precomputed leaderboard"),
        (
            "1",
            "precomputed-length-controlled",
            "AlpacaEval 1, length-controlled, precomputed leaderboard",
        ),
    ]
    for board in boards:
        assert (board.family, board.kind) == ("alpaca-eval", BoardKind.BENCHMARK)
        assert (board.unit, board.higher_is_better) == ("percent", True)
        assert board.entry_kind is EntryKind.MODEL


def test_standard_errors_of_the_precomputed_become_intervals() -> None:
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)

    assert list(found) == ["alpaca-eval-2-precomputed", "alpaca-eval-2-precomputed-win-rate"]
    controlled, raw = map(intervals, found.values())
    assert controlled["NullModel"] == pytest.approx((86.17988, 86.73573), abs=1e-5)
    assert raw["NullModel"] == pytest.approx((75.13816, 78.70142), abs=1e-5)
    assert raw["gpt4_gamed"] == pytest.approx((2.50772, 4.96896), abs=1e-5)


def test_without_a_standard_error_there_is_no_interval() -> None:
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)
    before = parse(
        PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS[:-1], *(r[:11] for r in PRECOMPUTED_V2_ROWS)
    )

    assert intervals(found["alpaca-eval-2-precomputed"])["gpt4_gamed"] == (None, None)
    for board in before.values():
        without = board.leaderboard.category == "precomputed"
        assert all((lower is None) == without for lower, _ in intervals(board).values())


def test_the_page_has_no_intervals() -> None:
    for board in parse(V2, V2_COLUMNS, *V2_ROWS).values():
        assert set(intervals(board).values()) == {(None, None)}


def test_the_reference_has_the_standard_error_that_is_written() -> None:
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)

    assert intervals(found["alpaca-eval-2-precomputed-win-rate"])["gpt4_1106_preview"] == (50, 50)


def test_a_precomputed_row_that_lacks_its_last_cell_has_no_interval() -> None:
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)
    controlled = found["alpaca-eval-2-precomputed"]

    assert controlled.entries[1][:4] == (
        "aligner-2b_gpt-4-turbo-2024-04-09",
        58.33130206276722,
        None,
        None,
    )


def test_cells_in_the_wrong_columns_that_are_not_read_do_no_harm() -> None:
    found = parse(PRECOMPUTED_V1, PRECOMPUTED_V1_COLUMNS, *PRECOMPUTED_V1_ROWS)

    assert list(found) == ["alpaca-eval-1-precomputed"]
    board = found["alpaca-eval-1-precomputed"]
    assert [entry[:2] for entry in board.entries] == [
        ("humpback-llama2-70b", 87.89209535759097),
        ("text_davinci_003", 50.0),
        ("falcon-7b-instruct", 23.60248447204969),
    ]
    assert intervals(board)["humpback-llama2-70b"] == pytest.approx((85.62922, 90.15497), abs=1e-5)


def test_a_run_with_another_prompt_is_a_model_among_the_others() -> None:
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)

    for board in found.values():
        verbose = [e for e in board.entries if e.printed_name == "gpt4_1106_preview_verbose"]
        assert [entry.profile.kind for entry in verbose] == [EntryKind.MODEL]


def test_a_row_is_taken_as_printed() -> None:
    entry = parse(V2, V2_COLUMNS, *V2_ROWS)["alpaca-eval-2"].entries[1]

    assert entry[:6] == ("GPT-4 Omni (05/13)", 57.45682883335095, None, None, None, None)
    profile = entry.profile
    assert (profile.namespace, profile.organization, profile.licence) == (None, None, None)
    assert (profile.official, profile.parameters_b) == (None, None)


def test_what_is_made_to_fool_the_judge_says_so() -> None:
    for snapshot in parse(V2, V2_COLUMNS, *V2_ROWS).values():
        kinds = [(entry.printed_name, entry.profile.kind) for entry in snapshot.entries]

        assert [name for name, kind in kinds if kind is EntryKind.ADVERSARIAL] == [
            "NullModel (adversarial)",
            "GPT-4 (Adversarial)",
        ]
        assert {kind for _, kind in kinds} == {EntryKind.ADVERSARIAL, EntryKind.MODEL}


def test_in_the_precomputed_it_has_one_of_two_keys() -> None:
    for snapshot in parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS).values():
        kinds = {entry.printed_name: entry.profile.kind for entry in snapshot.entries}

        adversarial = [name for name, kind in kinds.items() if kind is EntryKind.ADVERSARIAL]
        assert adversarial == ["NullModel", "gpt4_gamed"]


def test_the_two_keys_have_the_rates_of_what_the_page_calls_adversarial() -> None:
    page = parse(V2, V2_COLUMNS, *V2_ROWS)
    found = parse(PRECOMPUTED_V2, PRECOMPUTED_V2_COLUMNS, *PRECOMPUTED_V2_ROWS)

    for shown, written in zip(page.values(), found.values(), strict=True):
        pair = [
            [e.score for e in board.entries if e.profile.kind is EntryKind.ADVERSARIAL]
            for board in (shown, written)
        ]
        assert pair[0] == pair[1]


SYSTEMS = (
    *("Together MoA", "SelfMoA + gemma-2-9b-it-WPO-HB", "Aligner 2B+Qwen1.5 72B Chat", "TOA"),
    *("PairRM 0.4B+Tulu 2+DPO 70B (best-of-16)", "PairRM+Tulu 2+DPO 70B (best-of-16)"),
    *("Samba CoE v0.2", "Storm-7B (best-of-64)"),
    *("Together-MoA", "openpipe-moa-gpt-4-turbo-v1", "pairrm-tulu-2-70b", "Shopee-SlimMoA-v1"),
    *("ultralm-13b-v2.0-best-of-16", "Snorkel-Mistral-PairRM-DPO-best-of-16"),
)
MODELS = (
    *("Tulu 2+DPO 70B", "gemma-2-9b-it-WPO-HB", "Llama-3-Instruct-8B-SimPO", "Storm-7B"),
    *("ExPO + Zephyr 7B Beta", "SPPO-Mistral7B-PairRM", "Snorkel (Mistral-PairRM-DPO)"),
    *("Storm-7B (num_beams=10)", "Mistral-7B+RAHF-DUAL+LoRA", "UltraLM 13B", "tulu-2-dpo-70b"),
)


def test_what_is_made_of_several_models_or_answers_is_a_system() -> None:
    found = parse(V1, V1_COLUMNS, *((name, 20.0) for name in SYSTEMS + MODELS))

    [board] = found.values()
    kinds = {entry.printed_name: entry.profile.kind for entry in board.entries}
    assert {name for name, kind in kinds.items() if kind is EntryKind.SYSTEM} == set(SYSTEMS)
    assert {name for name, kind in kinds.items() if kind is EntryKind.MODEL} == set(MODELS)


def test_two_models_of_one_printed_name_both_stand() -> None:
    board = parse(V2, V2_COLUMNS, *V2_ROWS)["alpaca-eval-2"]

    twice = [
        entry.score for entry in board.entries if entry.printed_name == "GPT 3.5 Turbo (06/13)"
    ]
    assert twice == [22.720189163383225, 22.35251298054288]


def test_a_row_may_end_early() -> None:
    found = parse(V2, V2_COLUMNS, ("a", 58.3, 46.7, 1370), ("b", 1.5))

    assert [e[:2] for e in found["alpaca-eval-2"].entries] == [("a", 58.3), ("b", 1.5)]
    assert [e[:2] for e in found["alpaca-eval-2-win-rate"].entries] == [("a", 46.7)]


@pytest.mark.parametrize(
    ("columns", "row", "reason"),
    [
        pytest.param(V1_COLUMNS, ("", 50.0, "", ""), "a row names no model", id="no-name"),
        pytest.param(V1_COLUMNS, ("a", "half"), "'half' is no number", id="no-number"),
        pytest.param(V1_COLUMNS, ("a", 1, "", "", 2), "5 cells for 4 columns", id="one-too-many"),
        pytest.param(
            ("", "win_rate", "mode"), ("gpt4", 1, ""), "'name' is missing", id="raw-table"
        ),
        pytest.param(("name", "winrate"), ("a", 1), "'win_rate' is missing", id="renamed"),
    ],
)
def test_a_table_of_another_shape_is_refused(
    columns: tuple[str, ...], row: Row, reason: str
) -> None:
    for document in (V1, V2):
        with pytest.raises(ParseError, match=f"^alpaca_eval: {document}: .*{reason}"):
            parse(document, columns, row)


@pytest.mark.parametrize(
    ("columns", "row", "reason"),
    [
        pytest.param(("", *V1_COLUMNS[1:]), ("a", 50.0), "'standard_error' is", id="no-errors"),
        pytest.param(V1_COLUMNS, ("a", 50.0), "'' is missing", id="page"),
        pytest.param(
            PRECOMPUTED_V1_COLUMNS, ("a", 50, "little"), "'little' is no number", id="no-number"
        ),
        pytest.param(PRECOMPUTED_V1_COLUMNS, ("", 50, 1), "names no model", id="no-name"),
        pytest.param(
            PRECOMPUTED_V1_COLUMNS, ("a", *[1] * 9), "10 cells for 9 columns", id="one-too-many"
        ),
    ],
)
def test_a_precomputed_table_of_another_shape_is_refused(
    columns: tuple[str, ...], row: Row, reason: str
) -> None:
    for document in (PRECOMPUTED_V1, PRECOMPUTED_V2):
        with pytest.raises(ParseError, match=f"^alpaca_eval: {document}: .*{reason}"):
            parse(document, columns, row)


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'tatsu-lab/alpaca_eval:3'"):
        parse(f"{REPOSITORY}:3", V1_COLUMNS, *V1_ROWS)


def test_an_edition_is_the_day_of_its_commit_in_utc() -> None:
    moment = datetime.fromisoformat("2024-10-23T01:30:00+02:00")
    file = csv(V1_COLUMNS, V1_ROWS)
    undated = payload(V1, file, published_at=moment)
    dated = payload(V1, file, published_at=moment, edition_date=date(2024, 10, 20))

    assert [s.edition_date for s in SOURCE.parse(undated)] == [date(2024, 10, 22)]
    assert [s.edition_date for s in SOURCE.parse(dated)] == [date(2024, 10, 20)]


def two_versions() -> FakeGit:
    """Version 1, whose page moved as version 2 began."""
    git = FakeGit()
    began = {FIRST_PLACE: b"one", PLACES[PRECOMPUTED_V1]: b"one, precomputed"}
    git.commit(REPOSITORY, began, date="2023-06-08T12:24:23Z")
    git.commit(
        REPOSITORY, {PLACES[PRECOMPUTED_V2]: b"two, precomputed"}, date="2024-01-03T15:43:53Z"
    )
    moved = {FIRST_PLACE: None, PLACES[V1]: b"one, moved"}
    git.commit(REPOSITORY, moved, date="2024-01-10T01:49:42Z")
    git.commit(REPOSITORY, {PLACES[V2]: b"two"}, date="2024-01-10T23:14:40Z")
    return git


def test_history_has_every_table_and_place() -> None:
    git = two_versions()

    with git.client(SOURCE) as client:
        history = SOURCE.history(client)
        asked = len(git.asked)
        fetched = [SOURCE.fetch(client, revision).files[0] for revision in history]

    assert asked == 5
    assert [(r.document, r.edition_date, f) for r, f in zip(history, fetched, strict=True)] == [
        (V1, date(2023, 6, 8), b"one"),
        (PRECOMPUTED_V1, date(2023, 6, 8), b"one, precomputed"),
        (PRECOMPUTED_V2, date(2024, 1, 3), b"two, precomputed"),
        (V1, date(2024, 1, 10), b"one, moved"),
        (V2, date(2024, 1, 10), b"two"),
    ]


def test_now_there_are_four_tables_until_something_changes() -> None:
    git = two_versions()

    with git.client(SOURCE) as client:
        first = SOURCE.current(client, {})
        second = SOURCE.current(client, first.validators)
        fetched = [SOURCE.fetch(client, r).files[0] for r in first.revisions or ()]

    assert fetched == [b"one, moved", b"two", b"one, precomputed", b"two, precomputed"]
    assert second.revisions is None
