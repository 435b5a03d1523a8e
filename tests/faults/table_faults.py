"""What goes wrong inside of a file that is just the one that was listed."""

import gzip
import io
import pickle

import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults.catalogue import table, with_row
from tests.faults.laboratory import DAY_BEFORE, MODELS, Columns, arena
from tests.recordings import declaring, parquet, written

DAY = "2026-07-10"
WHOLE = (DAY, MODELS, (1, 2, 3))
GOOD = parquet(arena())


def renamed(old: str, new: str) -> Columns:
    """A table in which a column has another name."""
    return {new if name == old else name: values for name, values in arena().items()}


def with_twice(rows: int) -> Columns:
    """A table whose first rows stand there twice."""
    return {name: [*values, *values[:rows]] for name, values in arena().items()}


def twins(one: str, other: str) -> Columns:
    """A table in which two names look alike."""
    return arena(model_name=[one, other, *arena()["model_name"][2:]])


def doubled() -> bytes:
    """A table with two columns of one name."""
    good = pa.table(arena())
    return written(good.append_column("rating", good["rank"]))


def damaged_page() -> bytes:
    """A file with a bit turned over in the middle of its values."""
    good = bytearray(parquet(arena(), write_page_checksum=True, compression="none"))
    at = good.index(b"model-05")
    good[at] ^= 1
    return bytes(good)


def unpacks_without_end() -> bytes:
    """A small file that stands for a gigabyte of names."""
    rows = 400_000
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 3_000])
    columns = {name: pa.array([values[0]] * rows) for name, values in arena().items()}
    file = io.BytesIO()
    pq.write_table(pa.table({**columns, "model_name": names}), file)
    return file.getvalue()


FILES = [
    table("file-empty", b"", "cannot be read", ends="parse"),
    table("file-cut-off", GOOD[: len(GOOD) // 2], "cannot be read", ends="parse"),
    table("file-without-its-end", GOOD[:-4], "cannot be read", ends="parse"),
    table("file-without-its-beginning", GOOD[4:], "cannot be read", ends="parse"),
    table("file-of-zeros", bytes(4096), "cannot be read", ends="parse"),
    table("footer-longer-than-the-file", GOOD[:-8] + b"\xff\xff\xff\x7fPAR1", "read", ends="parse"),
    table("footer-says-more-rows", declaring(40, GOOD), "declares 40 rows", ends="parse"),
    table("footer-says-billions-of-rows", declaring(10**9, GOOD), "declares", ends="parse"),
    table("bit-turned-over", damaged_page(), "cannot be read", ends="parse"),
    table("packed-once-more", gzip.compress(GOOD), "cannot be read", ends="parse"),
    table("pickle", pickle.dumps(arena()), "cannot be read", ends="parse"),
    table("csv", b"model_name,rating\na,1\n", "cannot be read", ends="parse"),
    table("html", b"<html>", "is an HTML page", ends="parse"),
    table(
        *("lfs-pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        *("git-LFS pointer",),
        ends="parse",
    ),
]
COLUMNS = [
    table("column-renamed", renamed("rating", "elo"), "'rating' is missing", ends="parse"),
    table("column-missing", arena(category=None), "'category' is missing", ends="parse"),
    table("column-twice", doubled(), "two columns of one name", ends="parse"),
    table("column-more", arena(surprise=["x"] * MODELS), "", ends="succeeded", newest=WHOLE),
    table("scores-as-text", arena(rating=["1,234"] * MODELS), "not double", ends="parse"),
    table("scores-as-percent", arena(rating=["97.1 %"] * MODELS), "not double", ends="parse"),
    table("names-as-numbers", arena(model_name=list(range(MODELS))), "is int64", ends="parse"),
    table("ranks-as-text", arena(rank=["1st"] * MODELS), "not int64", ends="parse"),
    table(
        "dates-as-numbers", arena(leaderboard_publish_date=[20260710] * MODELS), "", ends="parse"
    ),
    table("scores-as-lists", arena(rating=[[1.0]] * MODELS), "is list", ends="parse"),
    table("scores-all-null", arena(rating=[None] * MODELS), "has no entries"),
]
ROWS = [
    table("no-rows", arena(models=0), "has no entries"),
    table("half-gone", arena(models=6), "", ends="succeeded", newest=(DAY_BEFORE, MODELS, (1,))),
    table("one-gone", arena(models=11), "", ends="succeeded", newest=(DAY, 11, (1, 2, 3))),
    table(
        *("ten-times-the-rows", arena(models=120), ""),
        ends="succeeded",
        newest=(DAY, 120, (1, 2)),
        later=DAY,  # what has a tenth of it afterwards is taken for a part
    ),
    table(
        *("every-row-twice", with_twice(MODELS)),
        *(f"repeats {MODELS} of its rows",),
    ),
    table(
        *("one-row-twice", with_twice(1), ""),
        ends="succeeded",
        newest=WHOLE,
    ),
    table(
        *("model-twice", twins("model-00", "model-00"), ""),
        ends="succeeded",
        newest=(DAY, MODELS - 1, (1, 2, 3)),
    ),
    table("unpacks-without-end", unpacks_without_end(), "has 400000 entries"),
]
NAMES = [
    *(
        table(f"twins-{name}", twins(*pair), "", ends="succeeded", newest=(DAY, left, (1, 2)))
        for name, pair, left in (
            ("by-case", ("Model-X", "model-x"), MODELS - 1),
            ("by-composition", ("mod\u00e8le", "mode\u0300le"), MODELS - 1),
            ("by-direction", ("model-x", "\u202emodel-x"), MODELS),
            ("by-nothing-seen", ("model-x", "mod\u200bel-x"), MODELS),
            ("by-width", ("\uff4d\uff4f\uff44\uff45\uff4c-x", "model-x"), MODELS - 1),
        )
    ),
    table("name-with-nul", with_row(model_name="a\0b"), "cannot be kept", ends="parse"),
    table("name-with-a-line-end", with_row(model_name="a\r\nb"), "cannot be stored"),
    table("name-empty", with_row(model_name=""), "cannot be stored"),
    table("name-blank", with_row(model_name=" \u00a0 "), "cannot be stored"),
    table("name-null", with_row(model_name=None), "without a name", ends="parse"),
    table("name-of-a-page", with_row(model_name="x" * 500), "cannot be stored"),
    table("name-of-a-book", with_row(model_name="x" * 5_000), "cannot be kept", ends="parse"),
    table("maker-with-a-bell", with_row(organization="\a"), "as a model's maker"),
    table("licence-of-a-page", with_row(license="x" * 500), "as a model's licence"),
    table("category-null", with_row(category=None), "a row with None", ends="parse"),
    table("category-of-signs", with_row(category="!!!"), "a row with '!!!'", ends="parse"),
]
FIGURES = [
    table("score-nan", with_row(rating=float("nan")), "a score that is no number"),
    table("score-infinite", with_row(rating=float("inf")), "a score that is no number"),
    table("score-minus-infinite", with_row(rating=float("-inf")), "a score that is no number"),
    table("bound-nan", with_row(rating_lower=float("nan")), "an interval that is no number"),
    table("interval-reversed", with_row(rating_lower=9000.0), "ends before it begins"),
    table("rank-negative", with_row(rank=-1.0), "a rank out of bounds"),
    table("rank-and-a-half", with_row(rank=1.5), "'rank' cannot be read", ends="parse"),
    table("rank-nan", with_row(rank=float("nan")), "'rank' cannot be read", ends="parse"),
    table("votes-negative", with_row(vote_count=-7.0), "votes out of bounds"),
    table("votes-2-31", with_row(vote_count=2.0**31), "votes out of bounds"),
    table("votes-2-63", with_row(vote_count=2.0**63), "'vote_count' cannot be", ends="parse"),
    table(
        *("scores-tied", with_row(rating=1500.0), ""),
        ends="succeeded",
        newest=(DAY, MODELS, (1, 1, 3)),
    ),
    table("ranks-that-lie", arena(rank=[9.0] * MODELS), "", ends="succeeded", newest=WHOLE),
]
DATES = [
    *(
        table(f"edition-{name}", arena(day), says, ends=ends)
        for name, day, says, ends in (
            ("of-next-month", "2026-08-20", "lies in the future", "rejected"),
            ("of-year-9999", "9999-12-31", "lies in the future", "rejected"),
            ("that-is-no-day", "2026-02-30", "not a date", "parse"),
            ("in-american", "07/10/2026", "not a date", "parse"),
            ("with-a-time", "2026-07-10T00:00:00Z", "not a date", "parse"),
            ("empty", "", "not a date", "parse"),
        )
    ),
    table(
        *("committed-next-week", arena(), "published in the future"),
        at="2026-07-27T08:00:00.000Z",
    ),
    table(
        *("committed-by-a-clock-ahead", arena(), ""),
        at="2026-07-21T06:00:00.000Z",
        ends="succeeded",
        newest=WHOLE,
    ),
]
TABLES = [*FILES, *COLUMNS, *ROWS, *NAMES, *FIGURES, *DATES]
