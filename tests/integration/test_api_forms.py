"""One URL, many forms: JSON, CSV, NDJSON and Parquet are the same list."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from app.api.tables import Columns, Kind
from tests.api import Api
from tests.factories import Record, leaderboard, snapshot, source_info
from tests.lists import NOTHING_TO_TELL, lists

STANDINGS = "/v1/leaderboards/demo-text/standings"


def from_json(columns: Columns, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{column.name: column.of([row])[0] for column in columns} for row in rows]


def from_csv(columns: Columns, body: bytes) -> list[dict[str, Any]]:
    """The values that the cells stand for."""
    sheet = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return [
        {column.name: _meant(column.kind, line[column.name]) for column in columns}
        for line in sheet
    ]


def _meant(kind: Kind, cell: str) -> Any:  # noqa: ANN401 - any value of JSON
    if cell == "":
        return None
    if kind in {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN}:
        return orjson.loads(cell)
    return cell[1:] if cell.startswith("'=") else cell


def from_ndjson(columns: Columns, body: bytes) -> list[dict[str, Any]]:
    return from_json(columns, [orjson.loads(line) for line in body.splitlines()])


def from_parquet(columns: Columns, body: bytes) -> list[dict[str, Any]]:
    table = pq.read_table(io.BytesIO(body))
    assert table.column_names == [column.name for column in columns]
    assert [field.type for field in table.schema] == [column.kind.value for column in columns]
    rows: list[dict[str, Any]] = orjson.loads(
        orjson.dumps(table.to_pylist(), option=orjson.OPT_UTC_Z)
    )
    return rows


FORMS: dict[str, tuple[str, Callable[[Columns, bytes], list[dict[str, Any]]]]] = {
    "csv": ("text/csv; charset=utf-8; header=present", from_csv),
    "ndjson": ("application/x-ndjson", from_ndjson),
    "parquet": ("application/vnd.apache.parquet", from_parquet),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_list_is_the_same_in_every_form(told: Api, form: str) -> None:
    media_type, read = FORMS[form]
    compared = set()

    for one in lists(told):
        body = told.get(one.path, **one.query)
        answer = told.ask(one.path, query={**one.query, "format": form})

        assert answer.headers["content-type"] == media_type
        assert read(one.columns, answer.content) == from_json(one.columns, body["data"]), one
        assert body["data"] or one.operation in NOTHING_TO_TELL
        compared.add(one.operation)

    assert len(compared) >= 28


def test_every_value_of_json_is_in_a_column(told: Api) -> None:
    for one in lists(told):
        ways = {column.path for column in one.columns}
        for row in told.get(one.path, **one.query)["data"]:
            lost = [way for way in _ways(row) if not any(way[: len(w)] == w for w in ways)]
            assert lost == [], one


def _ways(value: object, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The ways to what is not null."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _ways(inner, (*way, name))
    elif value is not None:
        yield way


@pytest.mark.parametrize("form", FORMS)
def test_a_form_can_be_asked_for_by_accept(told: Api, form: str) -> None:
    media_type, _ = FORMS[form]

    by_name = told.ask(STANDINGS, query={"format": form})
    by_type = told.ask(STANDINGS, headers={"Accept": media_type.partition(";")[0]})

    assert by_type.content == by_name.content
    assert by_type.headers["vary"] == "Accept, Accept-Datetime"


def test_each_form_has_a_tag_of_its_own(told: Api) -> None:
    accepted = ["application/json", "text/csv", "application/x-ndjson"]
    tags = {
        form: told.ask(STANDINGS, headers={"Accept": form}).headers["etag"] for form in accepted
    }

    assert len(set(tags.values())) == len(tags)
    for form, tag in tags.items():
        again = told.ask(STANDINGS, headers={"Accept": form, "If-None-Match": tag})
        other = told.ask(STANDINGS, headers={"Accept": "text/*;q=0, */*", "If-None-Match": tag})
        assert again.status_code == 304
        assert other.status_code == (304 if form == "application/json" else 200)


def test_a_table_says_where_the_rest_is_and_under_which_licence(told: Api) -> None:
    answer = told.ask(STANDINGS, query={"format": "csv", "as_of": "2024-07-20", "limit": 2})

    assert answer.headers["content-disposition"] == (
        'inline; filename="leaderboards-demo-text-standings.csv"'
    )
    assert answer.links["license"]["url"] == "https://creativecommons.org/licenses/by/4.0/"
    rest = told.get(answer.links["alternate"]["url"])
    assert rest["meta"]["edition_date"] == "2024-07-20"


def test_a_licence_that_is_nowhere_has_no_link(record: Record, api: Api) -> None:
    free = record.of(replace(source_info("free"), licence_url=None))
    free.add(snapshot("2024-07-01", {"OpenAI/gpt": 1}, leaderboard("free-text")))

    answer = api.ask("/v1/leaderboards/free-text/standings", query={"format": "csv"})

    assert "license" not in answer.links
    assert "None" not in answer.headers["link"]


def test_a_table_is_whole_or_comes_in_pages(told: Api) -> None:
    whole = told.ask(STANDINGS, query={"format": "ndjson"})
    pages, onward = [], f"{STANDINGS}?format=ndjson&limit=3"
    while onward:
        answer = told.ask(onward)
        pages.append(answer.content)
        onward = answer.links.get("next", {}).get("url", "")

    assert "next" not in whole.links
    assert b"".join(pages) == whole.content
    assert len(pages) == 2


def test_a_table_of_no_rows_has_columns(told: Api) -> None:
    query = {"as_of": "2020-01-01", "format": "csv"}
    nothing = told.ask(STANDINGS, query=query).text
    parquet = told.ask(STANDINGS, query={**query, "format": "parquet"}).content

    assert nothing == told.ask(STANDINGS, query={"format": "csv"}).text.splitlines()[0] + "\r\n"
    assert pq.read_table(io.BytesIO(parquet)).num_rows == 0


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({"limit": 501}, 422, "limit", id="json-is-bounded-lower"),
        pytest.param({"limit": 10_001, "format": "csv"}, 422, "limit", id="all-are-bounded"),
        pytest.param({"limit": 0, "format": "csv"}, 422, "limit", id="nothing"),
        pytest.param({"format": "xml"}, 406, "format", id="no-such-form"),
        pytest.param({"format": "CSV"}, 406, "format", id="another-case"),
    ],
)
def test_what_is_not_there_is_refused(
    told: Api, query: dict[str, Any], status: int, parameter: str
) -> None:
    problem = told.problem(STANDINGS, status, **query)

    assert problem["errors"][0]["parameter"] == parameter


def test_what_is_no_list_is_json_only(told: Api) -> None:
    problem = told.problem("/v1/leaderboards/demo-text", 406, format="csv")
    refused = told.ask("/v1/leaderboards/demo-text", headers={"Accept": "text/csv"})

    assert problem["errors"][0]["detail"] == "must be json"
    assert refused.status_code == 406


def test_head_says_what_get_would(told: Api) -> None:
    head = told.ask(STANDINGS, method="HEAD", query={"format": "parquet"})

    assert head.headers == told.ask(STANDINGS, query={"format": "parquet"}).headers
