"""Tables that strangers wrote as YAML: what is read, and what is refused."""

import pytest

from app.errors import ParseError
from app.sources.tables import MAX_YAML, TextTable, yaml_table


def table(text: str) -> TextTable:
    return yaml_table("example", "a.yml", text.encode())


def test_keys_are_columns_in_the_order_in_which_they_come() -> None:
    found = table("- a: x\n  b: 1\n- b: 2\n  c: z\n")

    assert found.header == ("a", "b", "c")
    assert len(found) == 2
    assert found.texts("a") == ["x", None]
    assert found.numbers("b") == [1.0, 2.0]
    assert found.texts("c") == [None, "z"]


@pytest.mark.parametrize(
    "written",
    ["5318380", "0x1F", "1e3", "12:30:45", "2025-02-30", "yes", "off", "1_000", "007", ".nan", "="],
)
def test_a_cell_is_what_is_written_whatever_yaml_would_make_of_it(written: str) -> None:
    assert table(f"- a: {written}\n").texts("a") == [written]


@pytest.mark.parametrize("tagged", ["!!int x", "!!binary x", "!!timestamp x", "!!python/name:x x"])
def test_a_tag_makes_nothing_of_a_text(tagged: str) -> None:
    assert table(f"- a: {tagged}\n").texts("a") == ["x"]


def test_null_is_missing_and_a_quoted_one_a_text() -> None:
    found = table("- a: ~\n- a: null\n- a:\n- a: ''\n- a: 'null'\n")

    assert found.texts("a") == [None, None, None, None, "null"]


def test_a_column_with_something_nested_is_none() -> None:
    found = table("- a: x\n  b: y\n- a: z\n  b: [1, {c: 2}]\n")

    assert found.header == ("a",)
    with pytest.raises(ParseError, match=r"^example: a\.yml: column 'b' is missing"):
        found.texts("b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "has no rows", id="empty"),
        pytest.param("[]", "has no rows", id="no-row"),
        pytest.param("a: 1", "has no rows", id="mapping"),
        pytest.param("- 1\n- a: 1\n", "row 1 is no mapping", id="scalar"),
        pytest.param("- a: 1\n  a: 2\n", "row 1 has a key twice", id="key-twice"),
        pytest.param("- ? [a]\n  : 1\n", "row 1 has a key twice, or one that", id="list-as-key"),
        pytest.param("- a: &x 1\n", "has anchors or aliases", id="anchor"),
        pytest.param("- &x {a: 1}\n- *x\n", "has anchors or aliases", id="alias"),
        pytest.param("- a: 1\n---\n- a: 2\n", "expected a single document", id="two-documents"),
        pytest.param("- a: 1\n b: 2\n", r"is no YAML \(while parsing", id="indented"),
        pytest.param("- a: *x\n", "has anchors or aliases", id="dangling"),
        pytest.param("- " * 5000 + "x", "is nested too deep", id="deep"),
        pytest.param("- a: 1 # " + "x" * MAX_YAML, "is too long", id="long"),
        pytest.param("version https://git-lfs", "is a git-LFS pointer", id="lfs"),
    ],
)
def test_what_is_no_list_of_plain_rows_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=rf"^example: a\.yml: .*{reason}") as caught:
        table(text)

    assert "\n" not in str(caught.value)


def test_a_message_about_yaml_stays_short() -> None:
    with pytest.raises(ParseError) as caught:
        table("- a: " + "'" + "x" * 5000)

    assert len(str(caught.value)) < 300


def test_rows_with_ever_other_keys_make_no_table_without_end() -> None:
    with pytest.raises(ParseError, match=r"a\.yml: has 1025 columns in 1025 rows"):
        table("".join(f"- k{number}: 1\n" for number in range(1025)))
