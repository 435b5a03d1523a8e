"""A ranking of models is one of models; what else stood there is kept beside it."""

from datetime import date

from app.domain.leaderboard import EntryKind, Snapshot
from app.ingest.kinds import kinds_apart
from tests.factories import entry, leaderboard, profile

DAY = date(2024, 10, 7)
MODELS = [entry("b", 57.5), entry("a", 55.0)]
CHEAT = entry("NullModel", 86.5, of=profile(kind=EntryKind.ADVERSARIAL))
HUMAN = entry("panel", 98.0, of=profile(kind=EntryKind.HUMAN))


def test_a_board_of_models_alone_stays_as_it_is() -> None:
    snapshot = Snapshot(leaderboard(), DAY, MODELS)

    assert kinds_apart([snapshot]) == [snapshot]


def test_what_is_no_model_stands_on_a_board_beside() -> None:
    board = leaderboard("bench-2", family="bench", era="2")

    own, beside = kinds_apart([Snapshot(board, DAY, [CHEAT, *MODELS, HUMAN])])

    assert own == Snapshot(board, DAY, MODELS)
    assert beside.entries == [CHEAT, *MODELS, HUMAN]
    assert beside.edition_date == DAY
    assert beside.leaderboard.slug == "bench-2-all-entries"
    assert (beside.leaderboard.family, beside.leaderboard.era) == ("bench", "2")
    assert beside.leaderboard.category == "all-entries"
    assert beside.leaderboard.entry_kind is None


def test_a_category_has_a_board_beside_it_too() -> None:
    board = leaderboard("bench-maths", family="bench", category="maths")

    _own, beside = kinds_apart([Snapshot(board, DAY, [CHEAT, *MODELS])])

    assert beside.leaderboard.slug == "bench-maths-all-entries"


def test_the_board_beside_a_mixed_one_has_all_editions() -> None:
    board = leaderboard("bench", mixed=True)

    own, beside = kinds_apart([Snapshot(board, DAY, MODELS)])

    assert own.entries == beside.entries == MODELS
    assert beside.leaderboard.slug == "bench-all-entries"


def test_a_board_of_systems_ranks_systems() -> None:
    board = leaderboard(entry_kind=EntryKind.SYSTEM)
    system = entry("scaffold", 70.0, of=profile(kind=EntryKind.SYSTEM))

    assert kinds_apart([Snapshot(board, DAY, [system])]) == [Snapshot(board, DAY, [system])]


def test_an_edition_without_any_of_its_own_is_one_of_the_board_beside_only() -> None:
    [beside] = kinds_apart([Snapshot(leaderboard(), DAY, [HUMAN])])

    assert beside.leaderboard.slug == "demo-text-all-entries"
