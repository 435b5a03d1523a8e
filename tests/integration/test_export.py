"""An export is what the API says, as files, with what their publishers ask for."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.errors import NotFoundError
from app.export.exporter import Exported, export_record
from app.export.tables import TABLES
from app.identity.curation import Curation
from app.identity.organizations import FormerName
from app.store.engine import SessionFactory
from tests.api import Api
from tests.curated import ACME, CROWD
from tests.exports import contents, descriptor_of, entries_of, rows_of
from tests.factories import NOW, Record, entry, leaderboard, profile, snapshot, source_info
from tests.stores import stored

RENAMED = ACME.model_copy(
    update={
        "name": "Acme Space",
        "former_names": (FormerName(name="Acme", until=date(2024, 7, 1)),),
    }
)
SILENT = replace(
    source_info("silent"), licence="none stated", licence_url=None, attribution="Silent Lab"
)
SPDX = replace(source_info(), licence="CC-BY-4.0")
SAME = (
    "rank",
    "published_rank",
    "score",
    "score_lower",
    "score_upper",
    "votes",
    "official",
    "licence",
    "licence_id",
    "open_weights",
    "parameters_b",
    "entry_kind",
    "printed_name",
    "variants",
)


@stored()
def told(record: Record) -> None:
    """Two sources, three boards; of one board years, ties, gaps, variants and a restatement."""
    facts = Curation(organizations=(RENAMED, CROWD))
    record = Record(record.sessions, SPDX, facts)
    open_one = profile("Acme", licence="apache-2.0", parameters_b=7.0)
    first = [
        entry("zeta", 5, lower=4, upper=6, votes=100, published_rank=1, of=open_one),
        entry("alpha", 5, lower=4.5, upper=5.5, of=profile("Crowd", licence="Our Own")),
        entry("Alpha", 4, of=profile("Crowd", licence="Our Own")),
        entry("loner", 1, votes=0, of=profile(official=False)),
    ]
    record.add(snapshot("2023-12-31", first))
    record.add(snapshot("2024-07-01", {"Acme/zeta": 7, "alpha": 6}))
    record.add(snapshot("2024-07-02", {"Acme/zeta": 7, "alpha": 6, "Newcomer/beta": 6}))
    record.add(snapshot("2024-07-02", {"alpha": 9}), published_at="2024-07-03")
    record.add(snapshot("2024-07-01", {"Acme/zeta": 1}, leaderboard("demo-code")))
    Record(record.sessions, SILENT, facts).add(
        snapshot("2024-05-01", {"x/y": 1.5}, leaderboard("silent-text"))
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "out"


def of_api(api: Api) -> list[dict[str, Any]]:
    """Every entry of every edition in force, as the standings have it."""
    rows = []
    for board in api.get("/v1/leaderboards")["data"]:
        path = f"/v1/leaderboards/{board['id']}"
        for edition in api.get(f"{path}/editions", limit=500)["data"]:
            if edition["in_force"]:
                answer = api.get(f"{path}/standings", as_of=edition["edition_date"], limit=500)
                rows += [_flat(board["id"], answer["meta"], row) for row in answer["data"]]
    return rows


def _flat(board: str, meta: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    maker = row["organization"] or {"id": None, "name": None, "country": None}
    day = date.fromisoformat(meta["edition_date"])
    return {
        "leaderboard": board,
        "year": day.year,
        "edition_date": day,
        "snapshot_id": meta["snapshot_id"],
        "model_id": row["model"]["id"],
        "model_name": row["model"]["name"],
        "organization_id": maker["id"],
        "organization_name": maker["name"],
        "organization_country": maker["country"],
        **{name: row[name] for name in SAME},
    }


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By board and edition; in each of these as they came."""
    return sorted(rows, key=lambda row: (row["leaderboard"], row["edition_date"]))


def test_entries_are_those_of_the_standings_in_their_order(
    told: Api, sessions: SessionFactory, root: Path
) -> None:
    done = export_record(sessions, root, now=NOW)

    exported = in_order(entries_of(root))
    assert exported == in_order(of_api(told))
    assert {row["organization_name"] for row in exported} >= {"Acme", "Acme Space", None}
    assert done == Exported(files=9, written=9, removed=0, entries=8, entries_written=8)


def test_what_entries_refer_to_is_there(told: Api, sessions: SessionFactory, root: Path) -> None:
    export_record(sessions, root, now=NOW)

    entries = entries_of(root)
    boards = rows_of(root, "leaderboards")
    assert [row["id"] for row in boards] == ["demo-code", "demo-text", "silent-text"]
    assert [row["editions"] for row in boards] == [1, 3, 1]
    assert boards[1]["newest_edition_date"] == date(2024, 7, 2)
    editions = {row["snapshot_id"]: row for row in rows_of(root, "editions")}
    assert {key: row["entries_total"] for key, row in editions.items()} == {
        key: sum(row["snapshot_id"] == key for row in entries) for key in editions
    }
    newest = told.get("/v1/leaderboards/demo-text/standings")["meta"]
    restated = editions[newest["snapshot_id"]]
    assert f"{restated['published_at']:%Y-%m-%dT%H:%M:%SZ}" == newest["published_at"]
    assert {row["id"] for row in rows_of(root, "models")} >= {row["model_id"] for row in entries}
    assert rows_of(root, "organizations")[0] == {
        "id": "acme",
        "name": "Acme Space",
        "kind": "company",
        "country": "US",
        "homepage": None,
        "reviewed": True,
    }


def test_licences_and_attributions_are_those_of_the_sources(
    told: Api,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, now=NOW)

    said = descriptor_of(root)
    deed = "https://creativecommons.org/licenses/by/4.0/"
    licences = [
        {"name": "CC-BY-4.0", "title": "CC-BY-4.0", "path": deed},
        {"title": "none stated", "path": "https://silent.example"},
    ]
    assert said["licenses"] == licences
    assert [one["attribution"] for one in said["sources"]] == ["Demo, CC BY 4.0", "Silent Lab"]
    of_board = {one["leaderboard"]: one for one in said["resources"] if "leaderboard" in one}
    assert of_board["demo-text"]["licenses"] == licences[:1]
    assert of_board["silent-text"]["licenses"] == licences[1:]
    assert of_board["silent-text"]["sources"] == said["sources"][1:]
    assert [
        (row["id"], row["licence"], row["licence_url"]) for row in rows_of(root, "sources")
    ] == [
        ("demo", "CC-BY-4.0", deed),
        ("silent", "none stated", None),
    ]


def test_the_descriptor_is_true(told: Api, sessions: SessionFactory, root: Path) -> None:
    export_record(sessions, root, now=NOW)

    said = descriptor_of(root)
    found = contents(root)
    parquet = {name for name in found if name.endswith(".parquet")}
    assert {one["path"] for one in said["resources"]} == parquet
    assert len({one["name"] for one in said["resources"]}) == len(parquet)
    for one in said["resources"]:
        file = pq.ParquetFile(root / one["path"])
        assert one["hash"] == f"sha256:{found[one['path']]}"
        assert (one["bytes"], one["rows"]) == (
            (root / one["path"]).stat().st_size,
            file.metadata.num_rows,
        )
        assert file.schema_arrow.names == [field["name"] for field in one["schema"]["fields"]]
    assert said["created"] == "2024-08-01T12:00:00Z"
    board = told.get("/v1/leaderboards/demo-code")["data"]
    assert said["almanac"]["data_versions"].keys() == {"demo-code", "demo-text", "silent-text"}
    assert f"{rows_of(root, 'leaderboards')[0]['title']}, 2024" in {
        one["title"] for one in said["resources"]
    }
    assert board["title"] == "Demo Code"


def test_one_board_is_exported_with_its_own_source_and_models_only(
    told: Api,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, ["silent-text"], now=NOW)

    assert {row["leaderboard"] for row in entries_of(root)} == {"silent-text"}
    assert [row["id"] for row in rows_of(root, "models")] == ["x--y"]
    assert [row["id"] for row in rows_of(root, "organizations")] == ["x"]
    assert [one["name"] for one in descriptor_of(root)["sources"]] == ["silent"]


def test_a_record_without_boards_is_exported_too(sessions: SessionFactory, root: Path) -> None:
    done = export_record(sessions, root, now=NOW)

    assert done == Exported(files=5, written=5, removed=0, entries=0, entries_written=0)
    assert all(rows_of(root, t.name) == [] for t in TABLES if t.name != "entries")
    assert "licenses" not in descriptor_of(root)


def test_a_board_that_there_is_not_leaves_no_trace(
    told: Api,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    with pytest.raises(NotFoundError, match="there is no leaderboard 'nowhere'"):
        export_record(sessions, root, ["demo-text", "nowhere"], now=NOW)

    assert not root.exists()
