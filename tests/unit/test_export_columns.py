"""Entries as Arrow columns say what the names say, and carry no more words than they need."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from app.domain.groups import UNKNOWN
from app.domain.leaderboard import SnapshotStatus
from app.domain.standings import Edition, Model, Organization
from app.export.entries import EntryColumns, portions, words
from app.export.tables import ENTRIES, TABLES, TEXT, Field, Table
from app.store.blocks import MISSING, Block
from app.store.queries.names import Alias, Names, Profile
from app.store.queries.panels import Panel

DAYS = [date(2023, 12, 31), date(2024, 1, 1), date(2025, 1, 1)]
RENAMED = Organization(
    "x",
    "Third",
    None,
    "CN",
    former_names=((date(2024, 1, 1), "First"), (date(2025, 1, 1), "Second")),
)
MODELS = [Model("x--b", "b", RENAMED), Model("x--a", "a", RENAMED), Model("c", "c", None)]
NOBODY = Names("0", *({} for _ in range(10)))
NAMES = replace(
    NOBODY,
    organizations={"x": RENAMED},
    models={model.slug: model for model in MODELS},
    aliases={
        number: Alias(number, "demo", f"printed {number}", model, reviewed=False, since=None)
        for number, model in zip((2, 5, 7), MODELS, strict=True)
    },
    profiles={
        3: Profile("MIT", None, None, None, 7.0, "model"),
        4: Profile(None, None, None, None, None, "human"),
    },
)


def edition(day: date = DAYS[0], entries: int = 1) -> Edition:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    return Edition(1, day, moment, moment, "rev", entries, 1.0, SnapshotStatus.COMPLETE, None)


def panel(aliases: Sequence[Sequence[int]], profile: int = 0) -> Panel:
    """Editions in which all names are first, in the order given."""
    sizes = [len(names) for names in aliases]
    rows = sum(sizes)
    ones = np.ones(rows, np.int32)
    gaps = np.full(rows, np.nan)
    lines = Block(
        alias_id=np.array([number for names in aliases for number in names], np.int32),
        rank=ones,
        tied=ones,
        score=np.ones(rows),
        score_lower=gaps,
        score_upper=gaps,
        votes=ones * np.int32(MISSING),
        published_rank=ones * np.int32(MISSING),
        profile_id=ones * np.int32(profile),
        variants=ones,
    )
    return Panel(
        editions=[edition(day, size) for day, size in zip(DAYS, sizes, strict=False)],
        starts=np.r_[0, np.cumsum(sizes)].astype(np.int32),
        edition=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        entries=lines,
    )


def test_a_maker_is_called_what_it_was_called_on_the_day() -> None:
    table = EntryColumns(NAMES).table(panel([[2], [2], [2, 7]]))

    assert table["organization_name"].to_pylist() == ["First", "Second", None, "Third"]
    assert table["edition_date"].to_pylist() == [*DAYS, DAYS[2]]


def test_ties_are_in_the_order_of_the_models_ids() -> None:
    table = EntryColumns(NAMES).table(panel([[2, 7, 5], [7, 2]]))

    assert table["model_id"].to_pylist() == ["c", "x--a", "x--b", "c", "x--b"]
    assert table["printed_name"].to_pylist()[:3] == ["printed 7", "printed 5", "printed 2"]


@pytest.mark.parametrize(
    ("profile", "licence", "parameters"),
    [
        pytest.param(0, None, None, id="no-profile"),
        pytest.param(3, "MIT", 7.0, id="both-printed"),
        pytest.param(4, None, None, id="neither-printed"),
    ],
)
def test_what_is_not_printed_is_null(
    profile: int, licence: str | None, parameters: float | None
) -> None:
    [row] = EntryColumns(NAMES).table(panel([[2]], profile)).to_pylist()

    assert (row["licence"], row["parameters_b"]) == (licence, parameters)
    assert [row[name] for name in ("votes", "published_rank", "score_lower", "open_weights")] == [
        None
    ] * 4


def test_nothing_is_known_of_no_names() -> None:
    table = EntryColumns(NOBODY).table(panel([]))

    assert table.schema == ENTRIES.schema
    assert len(table) == 0


def test_only_words_that_occur_are_carried() -> None:
    column = words(pa.array(["a", "b", "c", "d"]), np.array([3, UNKNOWN, 1, 3], np.int32))

    assert column.to_pylist() == ["d", None, "b", "d"]
    assert column.dictionary.to_pylist() == ["b", "d"]


def test_of_no_words_none_can_be_known() -> None:
    column = words(pa.array([], pa.string()), np.array([UNKNOWN], np.int32))

    assert column.to_pylist() == [None]


@pytest.mark.parametrize(
    ("sizes", "portioned"),
    [
        pytest.param([1], [[1]], id="one"),
        pytest.param([4, 3, 3], [[4, 3, 3]], id="exactly-as-many"),
        pytest.param([4, 4, 3, 9], [[4, 4], [3], [9]], id="more"),
        pytest.param([99, 1, 99], [[99], [1], [99]], id="too-large-alone"),
    ],
)
def test_as_many_editions_are_read_at_once_as_fit(
    sizes: list[int], portioned: list[list[int]]
) -> None:
    found = portions([edition(entries=size) for size in sizes], 10)

    assert [[one.entries_total for one in some] for some in found] == portioned


def test_every_column_is_described_once() -> None:
    for table in TABLES:
        names = [field.name for field in table.fields]
        assert len(set(names)) == len(names)
        assert set(table.key) <= set(names)
        assert all(field.meaning.endswith(".") for field in table.fields)


def test_files_are_of_another_version_when_the_columns_are_others() -> None:
    one = Table("t", "T", (), (Field("a", TEXT, "A."),))
    other = one._replace(fields=(*one.fields, Field("b", TEXT, "B.")))

    assert one.version("x") == one.version("x")
    assert len({one.version("x"), one.version("y"), other.version("x")}) == 3
