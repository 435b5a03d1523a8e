"""The Open LLM Leaderboard's tables: every generation of columns, and the traps in the rows."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import isnan, nan

import pytest

from app.domain.leaderboard import BoardKind, Snapshot
from app.errors import FetchError, ParseError
from app.sources.adapters.open_llm import OpenLLM
from app.sources.base import Payload
from tests.fakehub import FakeHub, client_for_hub
from tests.recordings import parquet, payload
from tests.recordings.open_llm import (
    TABLE,
    V1,
    V1_COLUMNS,
    V1_ROWS,
    V2,
    link,
    open_llm_columns,
)
from tests.upstreams import ENDPOINTS

SOURCE = OpenLLM(ENDPOINTS)
DAY = date(2024, 7, 13)


def v2(**replaced: Sequence[object] | None) -> Payload:
    """The recorded table of version 2, with columns replaced or (None) removed."""
    return payload(f"{V2}:data", parquet(open_llm_columns(replaced=replaced)))


def board(snapshots: Sequence[Snapshot], slug: str) -> Snapshot:
    return next(s for s in snapshots if s.leaderboard.slug == slug)


def names(sent: Payload) -> list[str]:
    return [entry.printed_name for entry in board(SOURCE.parse(sent), "open-llm-v2").entries]


def test_version_2_has_its_average_and_six_benchmarks() -> None:
    snapshots = SOURCE.parse(v2())

    assert [snapshot.leaderboard.slug for snapshot in snapshots] == [
        "open-llm-v2",
        "open-llm-v2-ifeval",
        "open-llm-v2-bbh",
        "open-llm-v2-math",
        "open-llm-v2-gpqa",
        "open-llm-v2-musr",
        "open-llm-v2-mmlu-pro",
    ]
    first = [snapshot.entries[0].score for snapshot in snapshots]
    assert first == [42.49, 79.89, 57.48, 35.12, 16.33, 17.17, 48.92]
    assert {snapshot.edition_date for snapshot in snapshots} == {DAY}


def test_version_1_has_its_average_and_six_benchmarks() -> None:
    snapshots = SOURCE.parse(payload(f"{V1}:data", parquet(open_llm_columns(V1_COLUMNS, V1_ROWS))))

    assert {s.leaderboard.slug: s.entries[0].score for s in snapshots} == {
        "open-llm-v1": 77.88,
        "open-llm-v1-arc": 71.42,
        "open-llm-v1-hellaswag": 85.69,
        "open-llm-v1-mmlu": 80.06,
        "open-llm-v1-truthfulqa": 61.81,
        "open-llm-v1-winogrande": 82.87,
        "open-llm-v1-gsm8k": 85.44,
    }
    assert {entry.profile.official for entry in snapshots[0].entries} == {None}


def test_a_board_says_what_it_measures() -> None:
    math = board(SOURCE.parse(v2()), "open-llm-v2-math").leaderboard

    assert (math.title, math.family) == ("Open LLM Leaderboard v2, MATH Lvl 5", "open-llm-v2")
    assert (math.category, math.kind, math.unit) == ("math", BoardKind.BENCHMARK, "percent")
    assert math.higher_is_better


def test_a_row_says_whose_model_it_is() -> None:
    qwen, _llama, gpt2 = board(SOURCE.parse(v2()), "open-llm-v2").entries

    assert (qwen.printed_name, qwen.votes, qwen.published_rank) == (
        "Qwen/Qwen2-72B-Instruct",
        None,
        None,
    )
    assert (qwen.profile.namespace, qwen.profile.organization) == ("Qwen", None)
    assert (qwen.profile.licence, qwen.profile.official) == ("other", True)
    assert qwen.profile.parameters_b == 72
    assert (gpt2.printed_name, gpt2.profile.namespace) == ("gpt2", "gpt2")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param([72, 70, 8], [72, 70, 8], id="whole"),
        pytest.param([72.706, 70.554, 0.137], [72.706, 70.554, 0.137], id="fractional"),
        pytest.param([-1, 0, None], [None, None, None], id="unknown"),
        pytest.param([-1.0, 0.0, nan], [None, None, None], id="unknown-fractional"),
    ],
)
def test_parameters_are_billions_or_unknown(
    parameters: list[float | None], expected: list[float | None]
) -> None:
    entries = board(SOURCE.parse(v2(**{"#Params (B)": parameters})), "open-llm-v2").entries

    assert [entry.profile.parameters_b for entry in entries] == expected


def test_a_licence_may_be_missing() -> None:
    entries = board(SOURCE.parse(v2(**{"Hub License": ["", None, "mit"]})), "open-llm-v2").entries

    assert [entry.profile.licence for entry in entries] == [None, None, "mit"]


def test_the_flag_for_official_models_was_renamed() -> None:
    renamed = v2(**{"Maintainer's Highlight": None, "Official Providers": [True, False, None]})

    entries = board(SOURCE.parse(renamed), "open-llm-v2").entries

    assert [entry.profile.official for entry in entries] == [True, False, None]


def test_rows_of_one_model_all_stay_in_order() -> None:
    table = {name: [*values[:1], *values[:1]] for name, values in open_llm_columns().items()}
    table["Average ⬆️"] = [42.1, 42.49]

    entries = SOURCE.parse(payload(f"{V2}:data", parquet(table)))[0].entries

    assert [entry.score for entry in entries] == [42.1, 42.49]
    assert entries[0].profile is entries[1].profile


def test_the_shards_of_a_table_are_one_table() -> None:
    parts = [
        parquet({name: values[start : start + 2] for name, values in open_llm_columns().items()})
        for start in (0, 2)
    ]

    assert names(payload(f"{V2}:data", *parts)) == names(v2())


def test_a_score_that_was_never_computed_is_no_row() -> None:
    snapshots = SOURCE.parse(v2(GPQA=[None, 4.92, 0.0], MUSR=[None] * 3))

    assert [e.score for e in board(snapshots, "open-llm-v2-gpqa").entries] == [4.92, 0.0]
    assert "open-llm-v2-musr" not in {s.leaderboard.slug for s in snapshots}


def test_a_score_that_is_no_number_is_left_for_the_checks() -> None:
    [first, *_rest] = board(SOURCE.parse(v2(GPQA=[nan, 1.0, 1.0])), "open-llm-v2-gpqa").entries

    assert isnan(first.score)


@pytest.mark.parametrize(
    ("fullname", "model", "expected"),
    [
        pytest.param("a/b", link("a/b"), "a/b", id="both"),
        pytest.param("a/B", link("A/b"), "a/B", id="case-differs"),
        pytest.param("a/b", "b", "a/b", id="no-link"),
        pytest.param("a/b", None, "a/b", id="no-cell"),
        pytest.param(None, link("a/b"), "a/b", id="link-only"),
        pytest.param("", link("a/b"), "a/b", id="empty-name"),
        pytest.param(None, "<p>Baseline</p>", "Baseline", id="markup-without-link"),
        pytest.param("a&amp;b", link("a&#38;b"), "a&b", id="entities"),
        pytest.param(
            "aspik101/x has been flagged! See discussion #213",
            link("aspik101/x") + ' has been flagged! <a href="#213">See discussion #213</a>',
            "aspik101/x",
            id="flagged",
        ),
    ],
)
def test_a_name_is_free_of_markup(fullname: str | None, model: str | None, expected: str) -> None:
    sent = v2(fullname=[fullname, "c", "d"], Model=[model, link("c"), link("d")])

    assert names(sent) == [expected, "c", "d"]


def test_a_table_may_have_only_the_links() -> None:
    assert names(v2(fullname=None)) == names(v2())


@pytest.mark.parametrize(
    ("fullname", "model", "said"),
    [
        pytest.param("a/b", link("a/c"), "row 1 is 'a/b' but links to 'a/c'", id="two-models"),
        pytest.param(None, None, "row 1 names no model", id="nothing"),
        pytest.param(" ", "<b> </b>", "row 1 names no model", id="space"),
    ],
)
def test_a_row_without_a_clear_name_is_refused(
    fullname: str | None, model: str | None, said: str
) -> None:
    sent = v2(fullname=["c", fullname, "d"], Model=[link("c"), model, link("d")])

    with pytest.raises(ParseError, match=said):
        SOURCE.parse(sent)


@pytest.mark.parametrize(
    "column",
    ["Model", "Average ⬆️", "MMLU-PRO", "Hub License", "#Params (B)", "Maintainer's Highlight"],
)
def test_a_missing_column_is_refused_by_name(column: str) -> None:
    with pytest.raises(ParseError, match="is missing") as caught:
        SOURCE.parse(v2(**{column: None}))

    assert column in str(caught.value)
    assert V2 in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        pytest.param("GPQA", ["16,33", "4.92", "1.12"], id="scores-as-text"),
        pytest.param("#Params (B)", ["72B", "70B", "?"], id="parameters-as-text"),
        pytest.param("Maintainer's Highlight", [1, 0, 1], id="flags-as-numbers"),
        pytest.param("fullname", [1, 2, 3], id="names-as-numbers"),
    ],
)
def test_a_column_of_another_type_is_refused_by_name(column: str, values: list[object]) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(v2(**{column: values}))

    assert f"column {column!r} is" in str(caught.value)


def test_a_document_of_another_source_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'else:where'"):
        SOURCE.parse(payload("else:where", b""))


def test_the_edition_is_the_revisions_day_in_utc() -> None:
    late = datetime.fromisoformat("2024-07-13T23:30:00-05:00")
    body = parquet(open_llm_columns())

    snapshots = SOURCE.parse(payload(f"{V2}:data", body, published_at=late))

    assert snapshots[0].edition_date == date(2024, 7, 14)


def two_tables() -> FakeHub:
    hub = FakeHub(page_size=2)
    hub.commit(V1, {TABLE: b"v1"}, date="2024-06-19T13:39:29.000Z")
    hub.commit(V2, {TABLE: b"one"}, date="2024-07-13T11:16:14.000Z")
    hub.commit(V2, {TABLE: b"two"}, date="2024-07-13T23:59:59.000Z")
    hub.commit(V2, {TABLE: b"three"}, date="2024-07-14T00:00:00.000Z")
    hub.commit(V2, {"README.md": b"#"}, date="2024-07-15T00:00:00.000Z")
    return hub


def test_the_current_state_is_the_newest_file_of_both_tables() -> None:
    hub = two_tables()

    with client_for_hub(hub, SOURCE) as client:
        listing = SOURCE.current(client, {})

    assert listing.revisions is not None
    one, two = listing.revisions
    assert (one.document, two.document) == (f"{V1}:data", f"{V2}:data")
    assert two.revision == hub.datasets[V2][2].id
    assert two.published_at == datetime(2024, 7, 14, tzinfo=UTC)
    assert (two.edition_date, two.cumulative, len(two.digests)) == (date(2024, 7, 14), False, 1)


def test_nothing_is_listed_again_while_neither_table_changed() -> None:
    hub = two_tables()

    with client_for_hub(hub, SOURCE) as client:
        first = SOURCE.current(client, {})
        asked = len(hub.requests)
        second = SOURCE.current(client, first.validators)

    assert second.revisions is None
    assert second.validators == first.validators
    assert len(hub.requests) == asked + 2


def test_one_table_that_changed_lists_both() -> None:
    hub = two_tables()

    with client_for_hub(hub, SOURCE) as client:
        first = SOURCE.current(client, {})
        hub.commit(V2, {TABLE: b"four"}, date="2024-07-16T00:00:00.000Z")
        second = SOURCE.current(client, first.validators)

    assert second.revisions is not None
    assert [revision.edition_date for revision in second.revisions] == [
        date(2024, 6, 19),
        date(2024, 7, 16),
    ]


def test_history_is_the_last_commit_of_every_day_oldest_first() -> None:
    hub = two_tables()

    with client_for_hub(hub, SOURCE) as client:
        history = SOURCE.history(client)
        fetched = [SOURCE.fetch(client, revision).files for revision in history]

    assert [(r.document.split(":")[0], r.edition_date) for r in history] == [
        (V1, date(2024, 6, 19)),
        (V2, date(2024, 7, 13)),
        (V2, date(2024, 7, 14)),
        (V2, date(2024, 7, 15)),
    ]
    assert fetched == [(b"v1",), (b"two",), (b"three",), (b"three",)]


def test_a_dataset_without_its_table_is_refused() -> None:
    hub = FakeHub()
    hub.commit(V1, {"README.md": b"#"})
    hub.commit(V2, {TABLE: b"one"})

    with (
        client_for_hub(hub, SOURCE) as client,
        pytest.raises(ParseError, match="has no data/train"),
    ):
        SOURCE.current(client, {})


def test_one_table_that_cannot_be_reached_fails_both() -> None:
    hub = FakeHub()
    hub.commit(V1, {TABLE: b"v1"})

    with client_for_hub(hub, SOURCE) as client, pytest.raises(FetchError, match="RepoNotFound"):
        SOURCE.current(client, {})
