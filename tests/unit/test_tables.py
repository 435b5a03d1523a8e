"""Rows of answers as tables."""

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.tables import Column, Kind, columns_of, to_csv, to_ndjson, to_parquet

TEXT = [Column("name", ("name",), Kind.TEXT)]
ALL = [
    Column("model_id", ("model", "id"), Kind.TEXT),
    Column("rank", ("rank",), Kind.INTEGER),
    Column("score", ("score",), Kind.NUMBER),
    Column("official", ("official",), Kind.BOOLEAN),
    Column("day", ("day",), Kind.DATE),
    Column("moment", ("moment",), Kind.INSTANT),
    Column("others", ("others",), Kind.MANY),
]
ROWS: list[dict[str, Any]] = [
    {
        "model": {"id": "a,b"},
        "rank": 1,
        "score": 0.1,
        "official": True,
        "day": "2024-07-01",
        "moment": "2024-07-01T12:00:00Z",
        "others": [{"id": "c"}],
    },
    {
        "model": None,
        "rank": -2,
        "score": None,
        "official": False,
        "day": None,
        "moment": None,
        "others": None,
    },
]


def described(items: dict[str, Any], **schemas: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
    """A document, and an operation that answers with a list of these."""
    answer = {"properties": {"data": {"type": "array", "items": items}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
    document = {"components": {"schemas": {"Answer": answer, **schemas}}}
    return document, {"responses": {"200": {"content": content}}}


def listed(items: dict[str, Any], **schemas: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    columns = columns_of(*described(items, **schemas))
    assert columns is not None
    return [(column.name, column.kind.name) for column in columns]


def test_what_is_nested_has_the_names_on_its_way() -> None:
    maker = {"properties": {"id": {"type": "string"}, "seen": {"type": "string", "format": "date"}}}
    model = {"properties": {"maker": {"anyOf": [{"$ref": "#/x/Maker"}, {"type": "null"}]}}}

    found = listed({"properties": {"model": {"$ref": "#/x/Model"}}}, Maker=maker, Model=model)

    assert found == [("model_maker_id", "TEXT"), ("model_maker_seen", "DATE")]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        pytest.param({"type": "string"}, "TEXT", id="text"),
        pytest.param({"type": "string", "format": "date-time"}, "INSTANT", id="instant"),
        pytest.param({"type": "integer"}, "INTEGER", id="integer"),
        pytest.param({"anyOf": [{"type": "number"}, {"type": "null"}]}, "NUMBER", id="nullable"),
        pytest.param({"type": "boolean"}, "BOOLEAN", id="boolean"),
        pytest.param({"type": "array", "items": {"type": "string"}}, "MANY", id="many"),
        pytest.param({"type": "object", "additionalProperties": {}}, "MANY", id="open-object"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "MANY", id="either"),
        pytest.param({}, "MANY", id="anything"),
        pytest.param({"type": "string", "format": "uri"}, "MANY", id="unheard-of"),
    ],
)
def test_a_column_is_of_one_kind(schema: dict[str, Any], kind: str) -> None:
    assert listed({"properties": {"one": schema}}) == [("one", kind)]


def test_rows_of_several_forms_have_the_columns_of_all() -> None:
    one = {"properties": {"n": {"type": "integer"}, "x": {"type": "string"}}}
    other = {"properties": {"n": {"type": "number"}, "x": {"type": "boolean"}, "y": {}}}

    found = listed({"anyOf": [one, other]})

    assert found == [("n", "NUMBER"), ("x", "MANY"), ("y", "MANY")]


def test_what_is_no_list_has_no_columns() -> None:
    document, operation = described({})
    document["components"]["schemas"]["Answer"] = {"properties": {"data": {"type": "object"}}}

    assert columns_of(document, operation) is None
    assert columns_of(document, {"responses": {"202": {}}}) is None


def test_two_columns_of_one_name_are_refused() -> None:
    text = {"type": "string"}

    with pytest.raises(ValueError, match="model_id"):
        listed({"properties": {"model": {"properties": {"id": text}}, "model_id": text}})


def test_csv_is_that_of_rfc_4180() -> None:
    assert to_csv(ALL, ROWS).decode().splitlines(keepends=True) == [
        "model_id,rank,score,official,day,moment,others\r\n",
        '"a,b",1,0.1,true,2024-07-01,2024-07-01T12:00:00Z,"[{""id"":""c""}]"\r\n',
        ",-2,,false,,,\r\n",
    ]


SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]  # noqa: RUF001 - their twins
UNSEEN = [" ", "\v", "\N{ZERO WIDTH NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"]
FORMULA = re.compile(r"'(?=[\s\ufeff\u200b]*[=+@＝＋－＠-]|[\t\r\n])")  # noqa: RUF001


@pytest.mark.parametrize("sign", [*SIGNS, *(f"{unseen}=" for unseen in UNSEEN)])
def test_no_text_is_a_formula(sign: str) -> None:
    sheet = to_csv(TEXT, [{"name": f"{sign}cmd|' /C calc'!A0"}]).decode()

    [_, [cell]] = csv.reader(io.StringIO(sheet, newline=""))
    assert cell == f"'{sign}cmd|' /C calc'!A0"


def test_no_part_of_a_text_is_a_formula_where_semicolons_separate_cells() -> None:
    sheet = to_csv(TEXT, [{"name": "a;=1+1; -2;b-1"}]).decode()

    [_, cells] = csv.reader(io.StringIO(sheet, newline=""), delimiter=";")
    assert cells == ["a", "'=1+1", "' -2", "b-1"]


def test_no_line_of_a_text_is_a_formula_where_semicolons_separate_cells() -> None:
    sheet = to_csv(TEXT, [{"name": 'a, b\n=HYPERLINK("x")\r\n+1'}]).decode()

    lines = sheet.replace("\r", "\n").split("\n")
    assert [line for line in lines if line.startswith(tuple(SIGNS))] == []
    assert "'=HYPERLINK" in sheet


def test_ndjson_has_a_row_on_each_line() -> None:
    lines = to_ndjson(ROWS).splitlines()

    assert [orjson.loads(line) for line in lines] == ROWS


def test_parquet_has_types() -> None:
    found = pq.read_table(io.BytesIO(to_parquet(ALL, ROWS, meta={"as_of": "now"})))

    assert found.to_pylist() == [
        {
            "model_id": "a,b",
            "rank": 1,
            "score": 0.1,
            "official": True,
            "day": date(2024, 7, 1),
            "moment": datetime(2024, 7, 1, 12, tzinfo=UTC),
            "others": '[{"id":"c"}]',
        },
        {
            **dict.fromkeys(("model_id", "score", "day", "moment", "others")),
            "rank": -2,
            "official": False,
        },
    ]
    assert found.schema.metadata == {b"almanac.meta": b'{"as_of":"now"}'}


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts))
def test_text_is_the_same_in_every_form(names: list[str]) -> None:
    rows = [{"name": name} for name in names]

    sheet = csv.reader(io.StringIO(to_csv(TEXT, rows).decode(), newline=""))
    cells = ["".join(line) for line in sheet][1:]
    lines = [orjson.loads(line)["name"] for line in to_ndjson(rows).splitlines()]
    table = pq.read_table(io.BytesIO(to_parquet(TEXT, rows, meta={})))

    assert [FORMULA.sub("", c) for c in cells] == [FORMULA.sub("", name) for name in names]
    assert lines == names
    assert table["name"].to_pylist() == names


def test_what_is_many_is_as_harmless_and_as_empty_as_it_was() -> None:
    columns = [Column("many", ("many",), Kind.MANY)]

    sheet = to_csv(columns, [{"many": ["a;=1+1"]}, {"many": []}, {"many": None}]).decode()

    assert list(csv.reader(io.StringIO(sheet))) == [["many"], ['["a;\'=1+1"]'], ["[]"], [""]]
