"""One entry per model: the best of several rows, whatever the order in which they are printed."""

import random
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.leaderboard import Profile, RawEntry, profile_text
from app.ingest.capture import best_rows, capture, printed_names
from app.ingest.profiles import StoredProfile
from app.ingest.resolve import Meaning
from app.store.blocks import MISSING
from app.store.writes.snapshots import Capture
from tests.factories import NOW, entry, leaderboard, profile, snapshot

DAY = "2024-07-01"
ONE = {"a": Meaning(1, 1, 1), "b": Meaning(2, 1, 1), "A": Meaning(3, 1, 1)}
APART = {"a": Meaning(1, 1, 1), "b": Meaning(2, 2, 2), "A": Meaning(3, 3, 3)}
LOWER = leaderboard("demo-errors", unit="errors", higher_is_better=False)

RAW = st.builds(
    entry,
    st.sampled_from(["a", "b", "A"]),
    st.sampled_from([1.0, 2.0, 2.5]),
    votes=st.sampled_from([None, 0, 7]),
    of=st.sampled_from([profile("X"), profile("Y", licence="MIT"), profile()]),
)


def captured(
    rows: list[RawEntry], meanings: dict[str, Meaning], *, lower_is_better: bool = False
) -> Capture:
    profiles = {row.profile: StoredProfile(7, profile_text(row.profile)) for row in rows}
    return capture(
        snapshot(DAY, rows, LOWER if lower_is_better else None),
        meanings,
        profiles,
        leaderboard_id=1,
        published_at=NOW,
        captured_at=NOW,
        revision="r",
        revision_id=1,
        cumulative=False,
    )


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        pytest.param([entry("a", 1)], (entry("a", 1), 1), id="alone"),
        pytest.param(
            [entry("a", 1), entry("b", 3), entry("A", 2)], (entry("b", 3), 3), id="best-score"
        ),
        pytest.param(
            [entry("a", 2, votes=5), entry("b", 2, votes=9)],
            (entry("b", 2, votes=9), 2),
            id="then-most-votes",
        ),
        pytest.param([entry("a", 2), entry("b", 2)], (entry("a", 2), 2), id="then-first-name"),
        pytest.param(
            [entry("a", 2), entry("b", 2, votes=0)],
            (entry("b", 2, votes=0), 2),
            id="no-votes-are-more-than-nothing-said",
        ),
        pytest.param([entry("a", 2), entry("A", 2)], (entry("A", 2), 2), id="capitals-first"),
        pytest.param(
            [entry("a", 2, of="X"), entry("a", 2, of="B")],
            (entry("a", 2, of="B"), 2),
            id="then-what-is-printed-beside",
        ),
        pytest.param([entry("a", 2), entry("a", 2)], (entry("a", 2), 2), id="the-same-row-twice"),
    ],
)
def test_the_best_row_stands_for_the_model(
    rows: list[RawEntry], best: tuple[RawEntry, int]
) -> None:
    for order in permutations(rows):
        assert best_rows(snapshot(DAY, order), ONE) == [best]


def test_where_less_is_better_the_lowest_row_stands_for_the_model() -> None:
    rows = [entry("a", 3), entry("b", 1), entry("A", 2)]

    assert best_rows(snapshot(DAY, rows, LOWER), ONE) == [(entry("b", 1), 3)]


@given(st.lists(RAW, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_what_is_stored_does_not_depend_on_the_order_of_rows(
    rows: list[RawEntry], chance: random.Random
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)

    assert captured(rows, ONE).content_hash == captured(shuffled, ONE).content_hash
    assert captured(rows, APART).content_hash == captured(shuffled, APART).content_hash


def test_lines_are_in_order_of_rank_and_name() -> None:
    stored = captured([entry("a", 2), entry("b", 3), entry("A", 2)], APART)

    assert stored.block.alias_id.tolist() == [2, 3, 1]
    assert stored.block.rank.tolist() == [1, 2, 2]
    assert stored.block.tied.tolist() == [0, 1, 1]
    assert stored.leader_score == 3


def test_where_less_is_better_the_lowest_score_leads() -> None:
    stored = captured([entry("a", 2), entry("b", 3)], APART, lower_is_better=True)

    assert stored.block.alias_id.tolist() == [1, 2]
    assert stored.leader_score == 2


def test_what_was_not_printed_is_missing_and_never_zero() -> None:
    stored = captured([entry("a", 2), entry("b", 1, lower=0.0, upper=0.0, votes=0)], APART)

    assert np.isnan(stored.block.score_lower).tolist() == [True, False]
    assert np.isnan(stored.block.score_upper).tolist() == [True, False]
    assert stored.block.votes.tolist() == [MISSING, 0]
    assert stored.block.published_rank.tolist() == [MISSING, MISSING]


BASE = entry("a", 2.0, lower=1.0, upper=3.0, votes=5, published_rank=1, of=profile("X"))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(BASE._replace(printed_name="A"), id="name"),
        pytest.param(BASE._replace(score=np.nextafter(2.0, 3.0)), id="score"),
        pytest.param(BASE._replace(score_lower=None), id="lower"),
        pytest.param(BASE._replace(score_upper=3.5), id="upper"),
        pytest.param(BASE._replace(votes=6), id="votes"),
        pytest.param(BASE._replace(published_rank=None), id="published-rank"),
        pytest.param(BASE._replace(profile=profile("Y")), id="maker"),
        pytest.param(BASE._replace(profile=profile("X", licence="MIT")), id="licence"),
        pytest.param(BASE._replace(profile=profile("X", official=False)), id="official"),
        pytest.param(BASE._replace(profile=profile("X", parameters_b=7.0)), id="size"),
    ],
)
def test_whatever_is_printed_differently_is_other_content(other: RawEntry) -> None:
    assert captured([BASE], ONE).content_hash != captured([other], ONE).content_hash


def test_a_further_row_of_a_model_is_other_content() -> None:
    weaker = BASE._replace(score=1.0)

    assert captured([BASE], ONE).content_hash != captured([BASE, weaker], ONE).content_hash


OLD, NEW, NOBODY = profile("Old"), profile("New"), profile()


@pytest.mark.parametrize(
    ("editions", "expected"),
    [
        pytest.param([("2024-07-01", OLD)], ("Old", "2024-07-01"), id="one"),
        pytest.param(
            [("2024-07-01", OLD), ("2024-07-02", NEW)], ("New", "2024-07-02"), id="newest-counts"
        ),
        pytest.param(
            [("2024-07-02", NEW), ("2024-07-01", OLD)], ("New", "2024-07-02"), id="in-any-order"
        ),
        pytest.param(
            [("2024-07-01", OLD), ("2024-07-02", NOBODY)],
            ("Old", "2024-07-01"),
            id="no-maker-is-no-evidence",
        ),
        pytest.param(
            [("2024-07-02", NOBODY), ("2024-07-01", OLD)],
            ("Old", "2024-07-01"),
            id="nor-does-it-hide-an-older-one",
        ),
        pytest.param(
            [("2024-07-01", NOBODY), ("2024-07-02", NOBODY)],
            (None, "2024-07-02"),
            id="never-named",
        ),
        pytest.param(
            [("2024-07-01", OLD), ("2024-07-02", profile("  "))],
            ("Old", "2024-07-01"),
            id="nor-is-blank-space",
        ),
        pytest.param(
            [("2024-07-01", OLD), ("2024-07-02", OLD)], ("Old", "2024-07-02"), id="said-again"
        ),
    ],
)
def test_the_newest_edition_that_names_a_maker_is_the_evidence(
    editions: list[tuple[str, Profile]], expected: tuple[str | None, str]
) -> None:
    snapshots = [snapshot(day, [entry("a", of=said)]) for day, said in editions]

    said, day = printed_names(snapshots)["a"]

    assert (said.organization, str(day)) == expected


def test_an_owner_on_the_hub_is_evidence_too() -> None:
    owner = profile(namespace="Qwen")
    snapshots = [snapshot(DAY, [entry("a"), entry("a", of=owner)])]

    assert printed_names(snapshots)["a"][0] is owner


def test_every_name_as_printed_is_listed() -> None:
    snapshots = [snapshot(DAY, {"a": 1, "A": 2}), snapshot("2024-07-02", {"b": 1})]

    assert sorted(printed_names(snapshots)) == ["A", "a", "b"]
