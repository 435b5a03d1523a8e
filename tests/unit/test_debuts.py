"""When models came, and which did so last."""

from datetime import date

from app.analytics.debuts import Appearance, debuts, newest_anywhere, newest_by_board

TEXT, CODE = 1, 2
A, B = 0, 1


def seen(day: int, model: str, board: int = TEXT, group: int = A) -> Appearance:
    return Appearance(date(2024, 7, day), model, board, group)


def test_the_first_of_a_models_names_is_its_debut() -> None:
    assert debuts([seen(5, "x"), seen(2, "x"), seen(9, "y")]) == [seen(2, "x"), seen(9, "y")]


def test_a_debut_is_of_one_board() -> None:
    both = [seen(5, "x"), seen(2, "x", CODE)]

    assert debuts(both) == both


def test_the_newest_is_of_a_board_and_a_group() -> None:
    found = newest_by_board([seen(1, "x"), seen(3, "y"), seen(2, "z", group=B), seen(4, "x", CODE)])

    assert found == {
        (TEXT, A): seen(3, "y"),
        (TEXT, B): seen(2, "z", group=B),
        (CODE, A): seen(4, "x", CODE),
    }


def test_of_several_of_one_day_the_first_by_id_counts() -> None:
    both = [seen(3, "y"), seen(3, "x")]

    assert newest_by_board(both) == {(TEXT, A): seen(3, "x")}
    assert newest_anywhere(both) == seen(3, "x")


def test_an_old_model_on_a_new_board_is_not_new() -> None:
    found = newest_anywhere([seen(1, "x"), seen(9, "x", CODE), seen(5, "y")])

    assert found == seen(5, "y")


def test_of_nothing_nothing_is_the_newest() -> None:
    assert newest_anywhere([]) is None
