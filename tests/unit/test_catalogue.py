"""What the catalogue remembers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.store.queries.catalogue import MOST_EDITIONS, MOST_ENTRIES, Catalogue, Memory


def test_what_was_found_is_not_looked_for_again_until_it_is_forgotten() -> None:
    catalogue = Catalogue()
    looked: list[int] = []
    boards = MOST_EDITIONS // 100  # of 99 editions each

    def find(number: int) -> int:
        def found() -> range:
            looked.append(number)
            return range(number, number + 99)

        return catalogue.editions(("editions", number), found)[0]

    first = [find(number) for number in range(boards)]
    again = find(0)
    further = find(boards)

    assert first == list(range(boards))
    assert (again, further) == (0, boards)
    assert len(looked) == boards + 1
    find(0)
    assert len(looked) == boards + 1
    find(1)
    assert looked[-1] == 1


def test_what_is_noted_is_there_for_the_next() -> None:
    catalogue = Catalogue()
    catalogue.notes("one")["a"] = 1

    assert (catalogue.notes("one"), catalogue.notes("other")) == ({"a": 1}, {})


def test_entries_are_kept_up_to_a_number_of_them_all() -> None:
    catalogue = Catalogue()
    looked: list[int] = []

    def entries(snapshot: int, number: int) -> int:
        def found() -> range:
            looked.append(snapshot)
            return range(number)

        return len(catalogue.entries(snapshot, found))

    quarter = MOST_ENTRIES // 4 - 1  # each weighs one more
    for snapshot in (1, 2, 3, 4):
        entries(snapshot, quarter)
    entries(1, quarter)
    assert looked == [1, 2, 3, 4]

    entries(5, quarter)
    entries(1, quarter)
    assert looked == [1, 2, 3, 4, 5]
    entries(2, quarter)
    assert looked == [1, 2, 3, 4, 5, 2]


def test_two_editions_of_the_largest_board_are_kept() -> None:
    catalogue = Catalogue()
    looked: list[int] = []

    def entries(snapshot: int) -> int:
        def found() -> range:
            looked.append(snapshot)
            return range(6_790)  # open-llm-v1 in 2024-06

        return len(catalogue.entries(snapshot, found))

    assert [entries(snapshot) for snapshot in (1, 2, 1, 2)] == [6_790] * 4
    assert looked == [1, 2]


def test_what_is_a_large_part_of_all_drives_nothing_out() -> None:
    catalogue = Catalogue()
    looked: list[int] = []

    def entries(snapshot: int, number: int) -> int:
        def found() -> range:
            looked.append(snapshot)
            return range(number)

        return len(catalogue.entries(snapshot, found))

    entries(1, 10)
    assert [entries(2, MOST_ENTRIES // 2) for _ in range(2)] == [MOST_ENTRIES // 2] * 2
    entries(1, 10)

    assert looked == [1, 2, 2]


def test_what_two_find_at_once_counts_once() -> None:
    catalogue = Catalogue()
    number = MOST_ENTRIES // 4 - 1

    def found_by_two() -> range:
        catalogue.entries(1, lambda: range(number))
        return range(number)

    def never() -> range:
        raise AssertionError

    catalogue.entries(1, found_by_two)
    for snapshot in (2, 3, 4):
        catalogue.entries(snapshot, lambda: range(number))

    assert len(catalogue.entries(1, never)) == number


def test_what_several_extend_at_once_is_counted_once() -> None:
    memory = Memory(300, len)
    together = Barrier(6)

    def extend(number: int) -> None:
        together.wait()
        for length in range(200):
            key = (number + length) % 7
            longer = "x" * (length % 50 + 1)
            memory.extend(key, lambda _known, longer=longer: longer)  # type: ignore[misc]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(extend, range(6)))

    sizes = [len(memory.get(key, lambda: "")) for key in range(7)]
    assert sum(sizes) <= 300
    for number in range(300):
        memory.get(("filler", number), lambda: "x")
    assert [memory.get(key, lambda: "gone") for key in range(7)] == ["gone"] * 7
    memory.get("all", lambda: "x" * 150)
    memory.get("others", lambda: "y" * 150)
    assert memory.get("all", lambda: "lost") == "x" * 150
