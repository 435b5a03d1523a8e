"""`almanac export`: what it prints, and how it ends."""

from pathlib import Path

import pytest

from app.cli import BUSY, DONE, FAILED, USAGE
from app.export.directory import opened
from tests.commands import Shell
from tests.exports import entries_of
from tests.factories import Upstream


def test_an_export_tells_what_it_did(almanac: Shell) -> None:
    almanac("backfill")

    first = almanac("export", "out")
    second = almanac("export", "out")
    one = almanac("export", "out", "--leaderboard", "other-text")

    assert first == (DONE, "out: 7 of 7 files written, 0 taken away; 7 of 7 entries written\n")
    assert second == (DONE, "out: 0 of 7 files written, 0 taken away; 0 of 7 entries written\n")
    assert one[0] == DONE
    assert ", 1 taken away; 0 of 1 entries written\n" in one[1]
    assert [row["model_id"] for row in entries_of(Path("out"))] == ["openai--a"]


def test_a_board_that_there_is_not_ends_with_2(almanac: Shell) -> None:
    almanac("scrape")

    code, text = almanac("export", "out", "--leaderboard", "demo-txt")

    assert code == USAGE
    assert "there is no leaderboard 'demo-txt'; there are: demo-text, other-text\n" in text


def test_of_many_boards_the_nearest_are_named(almanac: Shell, upstream: Upstream) -> None:
    for number in range(30):
        upstream.publish(
            "2024-07-04", {"OpenAI/a": 1}, document=f"d{number}", board=f"demo-b{number}"
        )
    almanac("scrape")

    code, text = almanac("export", "out", "--leaderboard", "other-txt")

    assert code == USAGE
    assert "there are: other-text, ..." in text


def test_a_directory_that_another_writes_ends_with_3(almanac: Shell) -> None:
    with opened(Path("out")):
        code, text = almanac("export", "out")

    assert code == BUSY
    assert text == "out is being exported into now\n"


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        pytest.param(".", ". holds something else", id="no-export"),
        pytest.param("almanac.db", "almanac.db cannot be written: ", id="no-directory"),
    ],
)
def test_a_directory_that_will_not_do_ends_with_1(
    almanac: Shell, directory: str, reason: str
) -> None:
    almanac("scrape")

    code, text = almanac("export", directory)

    assert code == FAILED
    assert f"almanac: {reason}" in text
