"""Tables of Markdown documents: where they stand, and what is left of a cell."""

import pytest

from app.errors import ParseError
from app.sources import markdown

TABLE = "|Model|Score|\n|---|---:|\n|a|1|\n"


def read(text: str) -> markdown.Document:
    return markdown.document("example", "README.md", text.encode())


def rows(text: str) -> list[list[str | None]]:
    [(_headings, table)] = read(text).tables
    columns = [table.texts(name) for name in table.header]
    return [list(row) for row in zip(*columns, strict=True)]


def test_a_table_stands_under_the_headings_above_it() -> None:
    text = (
        f"{TABLE}\n# One\n\n## A *part*\n\nwords\n\n{TABLE}\n"
        f"### Deep\n\n## Other\n\n{TABLE}\nTwo\n===\n\n{TABLE}"
    )

    document = read(text)

    assert document.text == text
    assert document.headings == ("One", "A part", "Deep", "Other", "Two")
    assert [placed.headings for placed in document.tables] == [
        (),
        ("One", "A part"),
        ("One", "Other"),
        ("Two",),
    ]


def test_cells_are_read_by_the_names_of_their_columns() -> None:
    [(_headings, table)] = read("| Model | Score |\n|:--|--|\n| a | 1.5 |\n|b|2 |\n").tables

    assert table.header == ("Model", "Score")
    assert table.texts("Model") == ["a", "b"]
    assert table.numbers("Score") == [1.5, 2.0]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        pytest.param("| a | 1", ["a", "1"], id="no-pipe-at-the-end"),
        pytest.param("a | 1", ["a", "1"], id="no-pipe-at-all"),
        pytest.param("| a\t| 1", ["a", "1"], id="tab"),
        pytest.param("|a|", ["a", None], id="ends-early"),
        pytest.param("|a|1|2|", ["a", "1"], id="beyond-the-last-column"),
        pytest.param(r"|a \| b|1|", ["a | b", "1"], id="escaped-pipe"),
    ],
)
def test_a_row_is_what_is_shown(row: str, cells: list[str | None]) -> None:
    assert rows(f"|Model|Score|\n|---|---|\n{row}\n") == [cells]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("\nwords | here\n", id="empty-line"),
        pytest.param("---\n", id="rule"),
        pytest.param("## Heading\n", id="heading"),
        pytest.param("<!-- END -->\n", id="comment"),
        pytest.param("> quoted\n", id="quote"),
        pytest.param("```\n|b|2|\n```\n", id="code"),
    ],
)
def test_a_table_ends_where_something_else_begins(after: str) -> None:
    assert rows(TABLE + after) == [["a", "1"]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("|a|b|\n|c|d|\n", id="no-line-of-hyphens"),
        pytest.param("|a|b|\n|---|\n|c|d|\n", id="fewer-hyphens-than-columns"),
        pytest.param(f"```\n{TABLE}```\n", id="code"),
        pytest.param(f"<!--\n{TABLE}-->\n", id="comment"),
        pytest.param("<table>\n<tr><td>a</td></tr>\n</table>\n", id="tags"),
    ],
)
def test_what_is_no_table_is_none(text: str) -> None:
    assert read(text).tables == ()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("Palm (*text-bison--001*)", "Palm (text-bison--001)", id="emphasis"),
        pytest.param("**a** __b__ ~c~", "a b ~c~", id="strong"),
        pytest.param("text_to_image_v1", "text_to_image_v1", id="underscores-of-a-name"),
        pytest.param("`a_b*`", "a_b", id="code"),
        pytest.param("[GPT-4](https://a.example)", "GPT-4", id="link"),
        pytest.param("![logo](x.png) GPT-4", "GPT-4", id="image"),
        pytest.param('<a href="x">GPT-4</a>', "GPT-4", id="tag"),
        pytest.param("&mu; &amp; &lt;", "μ & <", id="entities"),
        pytest.param("a<br>b<BR/>c", "a b c", id="break"),
        pytest.param("GPT-4<sup>1</sup> Turbo<sub>x</sub>", "GPT-4 Turbox", id="raised-note"),
        pytest.param("GPT-4*", "GPT-4", id="star"),
        pytest.param(r"GPT-4 \* †‡", "GPT-4", id="several-marks"),
        pytest.param("GPT-4 [^1]†[^note] ", "GPT-4", id="references"),
        pytest.param("*a [^1] b", "*a [^1] b", id="marks-within"),
        pytest.param("a [b]", "a [b]", id="brackets"),
        pytest.param("†", "", id="nothing-but-a-mark"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_cell_loses_markup_and_nothing_else(markup: str, text: str) -> None:
    assert markdown.plain(markup) == text
    assert rows(f"|Model|Score|\n|---|---|\n|{markup}|1|\n") == [[text or None, "1"]]


def test_a_text_that_cannot_be_kept_is_refused_unread() -> None:
    [(_headings, table)] = read(f"{TABLE}|{'*a' * 2001}|2|\n").tables

    assert table.numbers("Score") == [1.0, 2.0]
    with pytest.raises(ParseError, match="cannot be kept"):
        table.texts("Model")


def test_what_is_wrong_with_a_table_is_said_with_its_place() -> None:
    with pytest.raises(ParseError, match=r"README\.md, table under 'A / B': has two columns"):
        read("# A\n\n## B\n\n|x|x|\n|---|---|\n|1|2|\n")


@pytest.mark.parametrize("file", [b"\xff", b"<html>", b"a\x00"])
def test_what_is_no_text_is_refused(file: bytes) -> None:
    with pytest.raises(ParseError, match=r"^example: README\.md"):
        markdown.document("example", "README.md", file)
