"""What the catalogue remembers."""

from app.store.queries.catalogue import MOST_REMEMBERED, Catalogue


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
