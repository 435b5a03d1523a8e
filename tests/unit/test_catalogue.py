"""What the catalogue remembers."""

from app.store.queries.catalogue import MOST_ENTRIES, MOST_REMEMBERED, Catalogue


def test_what_was_found_is_not_looked_for_again_until_it_is_forgotten() -> None:
    catalogue = Catalogue()
    looked: list[int] = []

    def find(number: int) -> int:
        def found() -> int:
            looked.append(number)
            return number * 2

        return catalogue.remembered(("twice", number), found)

    first = [find(number) for number in range(MOST_REMEMBERED)]
    again = find(0)
    further = find(MOST_REMEMBERED)

    assert first[3] == 6
    assert (again, further) == (0, 2 * MOST_REMEMBERED)
    assert len(looked) == MOST_REMEMBERED + 1
    find(0)
    assert len(looked) == MOST_REMEMBERED + 1
    find(1)
    assert looked[-1] == 1


def test_entries_are_kept_up_to_a_number_of_them_all() -> None:
    catalogue = Catalogue()
    looked: list[int] = []

    def entries(snapshot: int, number: int) -> int:
        def found() -> range:
            looked.append(snapshot)
            return range(number)

        return len(catalogue.entries(snapshot, found))

    small = MOST_ENTRIES // 4
    for snapshot in (1, 2, 3):
        entries(snapshot, small)
    entries(1, small)
    entries(4, small + small)
    assert looked == [1, 2, 3, 4]

    entries(3, small)
    entries(1, small)
    assert looked == [1, 2, 3, 4]
    entries(2, small)
    assert looked == [1, 2, 3, 4, 2]
    assert entries(5, MOST_ENTRIES + 1) == MOST_ENTRIES + 1
    entries(5, MOST_ENTRIES + 1)
    assert looked == [1, 2, 3, 4, 2, 5, 5]


def test_what_two_find_at_once_counts_once() -> None:
    catalogue = Catalogue()
    number = MOST_ENTRIES // 2

    def found_by_two() -> range:
        catalogue.entries(1, lambda: range(number))
        return range(number)

    catalogue.entries(1, found_by_two)
    catalogue.entries(2, lambda: range(number))

    def never() -> range:
        raise AssertionError

    assert len(catalogue.entries(1, never)) == number
