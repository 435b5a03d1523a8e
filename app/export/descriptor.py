"""What `datapackage.json` says: Data Package, version 2 (https://datapackage.org)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app import __version__
from app.domain.standings import Board
from app.export.directory import File
from app.export.tables import ENTRIES, Table
from app.identity.licences import spdx_id
from app.store.queries.sources import Upstream

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


class Partition(NamedTuple):
    """The entries of a board's editions of one year."""

    board: Board
    source: Upstream
    year: int
    file: File


def descriptor_of(
    tables: Mapping[Table, File],
    partitions: Sequence[Partition],
    sources: Sequence[Upstream],
    boards: Sequence[Board],
    *,
    names_version: str,
) -> dict[str, Any]:
    """All that is said of an export but when it was made.

    Beside what the standard names, `almanac` and each resource's `version` say by which state of
    the record the files were written.
    """
    said: dict[str, Any] = {
        "$schema": PROFILE,
        "name": "almanac-export",
        "title": "Almanac: the record of AI leaderboards",
        "description": (
            "Every edition in force of these leaderboards, with who is meant by each name. The "
            "figures are the upstreams': each asks for its own attribution and licence."
        ),
    }
    if sources:  # the standard has no empty lists
        said["licenses"] = [_licence(source) for source in sources]
        said["sources"] = [_source(source) for source in sources]
    said["almanac"] = {
        "program": __version__,
        "names_version": names_version,
        "data_versions": {board.slug: board.data_version for board in boards},
    }
    said["resources"] = [
        *(_resource(table, file, name=table.name) for table, file in tables.items()),
        *(_partition(partition) for partition in partitions),
    ]
    return said


def _resource(table: Table, file: File, *, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "table",
        "title": table.title,
        "path": file.path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": file.size,
        "hash": file.digest,
        "rows": file.rows,
        "version": file.version,
        "schema": table.description,
    }


def _partition(partition: Partition) -> dict[str, Any]:
    board = partition.board
    name = f"{ENTRIES.name}-{board.slug}-{partition.year}"
    return {
        **_resource(ENTRIES, partition.file, name=name),
        "title": f"{board.title}, {partition.year}",
        "leaderboard": board.slug,
        "year": partition.year,
        "licenses": [_licence(partition.source)],
        "sources": [_source(partition.source)],
    }


def _licence(source: Upstream) -> dict[str, Any]:
    """Under which a source publishes; where it says nothing, that, so that no other is inherited.

    The standard wants a name or a path: of what is no licence the path is the upstream's.
    """
    spdx = spdx_id(source.licence)
    named = {} if spdx is None else {"name": spdx}
    return {**named, "title": source.licence, "path": source.licence_url or source.homepage}


def _source(source: Upstream) -> dict[str, Any]:
    return {
        "title": source.title,
        "path": source.homepage,
        "name": source.slug,
        "licence": source.licence,
        "licence_url": source.licence_url,
        "attribution": source.attribution,
    }
