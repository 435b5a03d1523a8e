"""Tables that strangers wrote as text are read by name, and refused where they cannot be."""

import pytest

from app.errors import ParseError
from app.sources.tables import MAX_TEXT, TextTable, csv_table, text_of

FILE = (
    b'\xef\xbb\xbfmodel, score ,votes\r\n"a, b", 77.47% ,"12,730"\r\n\r\nc,-,25628.0\r\nd,1e1%\r\n'
)


def table(file: bytes = FILE) -> TextTable:
    return csv_table("demo", "scores.csv", file)


def test_cells_are_found_by_the_name_of_their_column() -> None:
    found = table()

    assert len(found) == 3
    assert found.header == ("model", "score", "votes")
    assert found.has("score")
    assert not found.has("rank")
    assert found.texts("model") == ["a, b", "c", "d"]
    assert found.numbers("score", unit="%") == [77.47, None, 10.0]
    assert found.wholes("votes") == [12730, 25628, None]


@pytest.mark.parametrize("text", ["", "-", "N/A", "n/a", "NaN", "—", "null"])
def test_what_stands_for_missing_is_missing(text: str) -> None:
    assert table(f"model,score\na,{text}\n".encode()).numbers("score") == [None]


def test_a_source_may_have_words_of_its_own_for_missing() -> None:
    found = table(b"model,score\na,XX %\n")

    assert found.numbers("score", unit="%", missing={"xx %"}) == [None]


@pytest.mark.parametrize("text", ["x", "%", "1.2.3", "1,23", "12 %", ".", "1e999", "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match=r"column 'score', row 1: .* is no number"):
        table(f'model,score\na,"{text}"\n'.encode()).numbers("score")


def test_half_a_vote_is_refused() -> None:
    with pytest.raises(ParseError, match=r"row 1: 1\.5 is no whole number"):
        table(b"model,votes\na,1.5\n").wholes("votes")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        pytest.param(b"", "has no rows", id="empty"),
        pytest.param(b"model,score\n", "has no rows", id="header-only"),
        pytest.param(b"model,score\na,1,2\n", "row 1 has 3 cells for 2 columns", id="long-row"),
        pytest.param(b"model,model\na,1\n", "two columns of one name", id="twice"),
        pytest.param(b'model,score\n"a"b,1\n', "is no CSV", id="quotes"),
        pytest.param(b"model,score\n\xff,1\n", "no text in UTF-8", id="bytes"),
        pytest.param(b"model,score\na\x00,1\n", "holds a NUL", id="nul"),
        pytest.param(b"<!DOCTYPE html>\n<p>", "is an HTML page", id="html"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "git-LFS", id="pointer"),
    ],
)
def test_what_cannot_be_understood_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(ParseError, match=f"^demo: scores.csv: .*{why}"):
        table(file)


def test_a_column_that_is_not_there_is_missed() -> None:
    with pytest.raises(ParseError, match="column 'rank' is missing"):
        table().texts("rank")


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ParseError, match="cannot be kept"):
        table(b"model,score\n" + b"a" * (MAX_TEXT + 1) + b",1\n").texts("model")


def test_a_file_is_its_text() -> None:
    assert text_of("demo", "file", b"\xef\xbb\xbfa") == "a"
