"""`fields` keeps a part of every row of every list, the same in every form."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.api.fields import MOST_FIELDS, names_of
from tests.api import Api
from tests.factories import Record, snapshot
from tests.lists import NOTHING_TO_TELL, List, lists

STANDINGS = "/v1/leaderboards/demo-text/standings"
SETTINGS = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],  # to find a smaller example takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


def projected(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What is at the names: by the first steps in turn, whatever is asked for beyond each."""
    beyond: dict[str, list[str]] = {}
    for name in names:
        step, _, rest = name.partition(".")
        beyond.setdefault(step, []).append(rest)
    return {
        step: row[step] if "" in rests or row[step] is None else projected(row[step], rests)
        for step, rests in beyond.items()
        if step in row
    }


def columns_asked(one: List, names: Sequence[str]) -> list[str]:
    """Columns in the order of the names."""
    found = [
        column.name
        for name in names
        for column in one.columns
        if f"{'.'.join(column.path)}.".startswith(f"{name}.")
    ]
    return list(dict.fromkeys(found))


@SETTINGS
@given(st.data())
def test_any_fields_are_the_whole_rows_less_the_rest(told: Api, data: st.DataObject) -> None:
    compared = set()
    for one in lists(told):
        known = names_of(one.columns)
        names = data.draw(
            st.lists(st.sampled_from(known), min_size=1, max_size=MOST_FIELDS, unique=True),
            label=one.operation,
        )
        query = {**one.query, "fields": ",".join(names)}
        whole = told.get(one.path, **one.query)

        body = told.get(one.path, **query)
        sheet = told.ask(one.path, query={**query, "format": "csv"})
        lines = told.ask(one.path, query={**query, "format": "ndjson"})
        table = told.ask(one.path, query={**query, "format": "parquet"})

        expected = [projected(row, names) for row in whole["data"]]
        assert body["data"] == expected
        assert body["meta"] == whole["meta"]
        assert [orjson.loads(line) for line in lines.content.splitlines()] == expected
        columns = columns_asked(one, names)
        every = told.ask(one.path, query={**one.query, "format": "csv"})
        rows = list(csv.DictReader(io.StringIO(every.text, newline="")))
        cut = list(csv.reader(io.StringIO(sheet.text, newline="")))
        assert cut == [columns, *([row[name] for name in columns] for row in rows)]
        plain = pq.read_table(io.BytesIO(_whole(told, one)))
        assert pq.read_table(io.BytesIO(table.content)).equals(plain.select(columns))
        assert rows or one.operation in NOTHING_TO_TELL
        compared.add(one.operation)

    assert len(compared) >= 28


def _whole(told: Api, one: List) -> bytes:
    return told.ask(one.path, query={**one.query, "format": "parquet"}).content


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        pytest.param("score,rank", {"score": 12.0, "rank": 1}, id="in-the-order-asked-for"),
        pytest.param(
            "model.name,rank,model.id",
            {"model": {"name": "llama", "id": "meta--llama"}, "rank": 1},
            id="parts-of-an-object",
        ),
        pytest.param(
            "model.id,model",
            {"model": {"id": "meta--llama", "name": "llama"}},
            id="an-object-holds-its-parts",
        ),
        pytest.param(
            "model,model.name",
            {"model": {"id": "meta--llama", "name": "llama"}},
            id="a-part-of-what-is-whole",
        ),
        pytest.param("rank,filtered_rank", {"rank": 1}, id="what-is-absent-stays-absent"),
    ],
)
def test_a_row_has_what_was_asked_for(race: Api, fields: str, row: dict[str, Any]) -> None:
    body = race.get(STANDINGS, fields=fields, limit=1)

    assert orjson.dumps(body["data"][0]) == orjson.dumps(row)


def test_what_is_in_nothing_is_nothing(race: Api) -> None:
    rows = race.get(STANDINGS, fields="organization.id")["data"]

    assert rows[-1] == {"organization": None}
    assert rows[0] == {"organization": {"id": "meta"}}


def test_columns_come_in_the_order_asked_for(race: Api) -> None:
    answer = race.ask(STANDINGS, query={"fields": "score,model,rank", "format": "csv", "limit": 1})

    assert answer.text == "score,model_id,model_name,rank\r\n12.0,meta--llama,llama,1\r\n"


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        pytest.param("scor", ["no field `scor`; did you mean .*`score`"], id="unknown"),
        pytest.param(
            "rank,scor,modl.id",
            ["no field `scor`; did you mean .*`score`", "no field `modl.id`; .* `model.id`"],
            id="each-is-named",
        ),
        pytest.param("", ["a name is empty"], id="nothing"),
        pytest.param("rank,,score", ["a name is empty"], id="empty"),
        pytest.param("rank,score,rank", ["`rank` is given 2 times; give it once"], id="twice"),
        pytest.param(",".join(["rank"] * 51), ["must be 50 names at most"], id="too-many"),
        pytest.param("rank.id", ["no field `rank.id`; did you mean `rank`"], id="in-a-number"),
        pytest.param("variants.0", ["no field `variants.0`; .* `variants`"], id="index"),
    ],
)
def test_what_is_no_field_is_refused(race: Api, fields: str, details: list[str]) -> None:
    errors = race.problem(STANDINGS, 422, fields=fields)["errors"]

    assert [error["parameter"] for error in errors] == ["fields"] * len(details)
    for error, detail in zip(errors, details, strict=True):
        assert re.search(detail, error["detail"])


def test_what_is_like_nothing_is_told_what_there_is(race: Api) -> None:
    problem = race.problem("/v1/countries", 422, fields="\N{SNOWMAN}" * 300)

    [error] = problem["errors"]
    shortened = "\N{SNOWMAN}" * 100
    assert error["detail"].startswith(f"there is no field `{shortened}`; there are: ")


def test_fields_are_for_lists(race: Api) -> None:
    problem = race.problem("/v1/leaderboards/demo-text", 422, fields="id")

    assert problem["errors"][0]["parameter"] == "fields"


def test_a_walk_may_change_its_fields(race: Api) -> None:
    first = race.get(STANDINGS, fields="rank", limit=2)
    onward = race.get(first["links"]["next"])
    other = race.get(STANDINGS, limit=2, cursor=first["meta"]["next_cursor"], fields="model.id")

    assert "fields=rank" in first["links"]["next"]
    assert onward["data"] == [{"rank": 3}, {"rank": 4}]
    assert [set(row) for row in other["data"]] == [{"model"}, {"model"}]


def test_other_fields_are_another_answer(race: Api) -> None:
    queries = ("", "fields=rank", "fields=rank,score", "fields=score,rank")
    tags = {race.ask(STANDINGS, query=query).headers["etag"] for query in queries}

    assert len(tags) == len(queries)


def test_a_page_of_fields_says_where_its_json_is(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/gpt": 1}))

    answer = api.ask(STANDINGS, query={"fields": "rank", "format": "csv"})

    assert api.get(answer.links["alternate"]["url"])["data"] == [{"rank": 1}]
