"""The export of a board, or of all: what is written, what is still right, what goes."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy.orm import Session

from app.domain.standings import Board, Edition, Model, Organization
from app.export.descriptor import Partition, descriptor_of
from app.export.directory import Directory, File, opened
from app.export.entries import EntryColumns, entries_of
from app.export.tables import (
    EDITIONS,
    ENTRIES,
    LEADERBOARDS,
    MODELS,
    ORGANIZATIONS,
    SOURCES,
    Table,
)
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import (
    BoardSummary,
    board_slugs,
    board_summary,
    find_board,
    names_on,
)
from app.store.queries.editions import editions_in_force
from app.store.queries.names import Names, load_names, meanings_version, names_version
from app.store.queries.sources import Upstream, list_sources

log = logging.getLogger(__name__)


class Exported(NamedTuple):
    """What an export came to: its files, those written and taken away now, and the entries."""

    files: int
    written: int
    removed: int
    entries: int
    entries_written: int


def export_record(
    sessions: SessionFactory, root: Path, leaderboards: Sequence[str] = (), *, now: datetime
) -> Exported:
    """Let a directory hold these boards, or all, as the record has them; nothing else of ours.

    All of it is of one state of the record. What is there already and was made from the same is
    left as it is, be it of an export that was killed.

    Raises:
        NotFoundError: there is no such board.
        ConflictError: another process exports into the directory now.
        ExportError: the directory holds something else, or cannot be written.
    """
    with reading(sessions) as session:
        chosen = sorted(set(leaderboards)) or board_slugs(session)
        boards = [board_summary(session, find_board(session, slug)) for slug in chosen]
        with opened(root) as directory:
            return _Export(session, directory, boards).run(now)


@dataclass(slots=True)
class _Export:
    """One export of some boards, within one view of the record."""

    session: Session
    directory: Directory
    boards: Sequence[BoardSummary]
    names: Names = field(init=False)
    meanings: int = field(init=False)
    sources: dict[str, Upstream] = field(init=False)

    def __post_init__(self) -> None:
        """Read what is the same for all files."""
        self.names = load_names(self.session, names_version(self.session))
        self.meanings = meanings_version(self.session)
        wanted = {summary.board.source for summary in self.boards}
        found = list_sources(self.session)
        self.sources = {source.slug: source for source in found if source.slug in wanted}

    def run(self, now: datetime) -> Exported:
        """Write what is not there, take away what is not wanted, and say what there is."""
        columns = EntryColumns(self.names)
        partitions = [one for summary in self.boards for one in self._board(columns, summary.board)]
        tables = self._tables(partitions)
        files = [*tables.values(), *(one.file for one in partitions)]
        removed = self.directory.keep_only({file.path for file in files})
        self.directory.describe(
            descriptor_of(
                tables,
                partitions,
                list(self.sources.values()),
                [summary.board for summary in self.boards],
                names_version=self.names.version,
            ),
            now=now,
        )
        return Exported(
            files=len(files),
            written=sum(file.new for file in files),
            removed=removed,
            entries=sum(one.file.rows for one in partitions),
            entries_written=sum(one.file.rows for one in partitions if one.file.new),
        )

    def _board(self, columns: EntryColumns, board: Board) -> Iterator[Partition]:
        """The entries of a board, a file for each year of its editions."""
        editions = editions_in_force(self.session, board.id)
        for year, group in groupby(editions, key=lambda edition: edition.edition_date.year):
            of_year = list(group)
            file = self._file(
                ENTRIES,
                f"entries/leaderboard={board.slug}/year={year}/entries.parquet",
                ENTRIES.version(board.id, board.slug, self.meanings, of_year),
                entries_of(self.session, columns, board.id, of_year),
            )
            if file.new:
                log.info("exported leaderboard=%s year=%d entries=%d", board.slug, year, file.rows)
            yield Partition(board, self.sources[board.source], year, file)

    def _tables(self, partitions: Sequence[Partition]) -> dict[Table, File]:
        """What the entries refer to."""
        standing = set[int]().union(
            *(names_on(self.session, summary.board.id) for summary in self.boards)
        )
        models = {model.slug: model for model in (self.names.aliases[n].model for n in standing)}
        makers = {m.organization.slug: m.organization for m in models.values() if m.organization}
        tables = {
            LEADERBOARDS: [_leaderboard(summary) for summary in self.boards],
            MODELS: [_model(models[slug]) for slug in sorted(models)],
            ORGANIZATIONS: [_organization(makers[slug]) for slug in sorted(makers)],
            SOURCES: [_source(source) for source in self.sources.values()],
        }
        files = {
            table: self._file(table, _path(table), table.version(rows), [table.filled(rows)])
            for table, rows in tables.items()
        }
        made_from = [(one.file.path, one.file.version) for one in partitions]
        files[EDITIONS] = self._file(
            EDITIONS, _path(EDITIONS), EDITIONS.version(made_from), self._editions()
        )
        return files

    def _editions(self) -> Iterator[pa.Table]:
        """The editions in force, a board at a time."""
        for summary in self.boards:
            editions = editions_in_force(self.session, summary.board.id)
            yield EDITIONS.filled([_edition(summary.board, edition) for edition in editions])

    def _file(self, table: Table, path: str, version: str, content: Iterable[pa.Table]) -> File:
        """The file that is there if it was made from the same, else one with this content."""
        found = self.directory.find(path, version)
        return found or self.directory.write(path, version, table.schema, content)


def _path(table: Table) -> str:
    return f"{table.name}.parquet"


def _leaderboard(summary: BoardSummary) -> tuple[Any, ...]:
    board = summary.board
    return (
        board.slug,
        board.title,
        board.source,
        board.family,
        board.era,
        board.category,
        board.kind,
        board.unit,
        board.higher_is_better,
        board.entry_kind,
        board.status,
        summary.first_edition_date,
        summary.newest_edition_date,
        summary.editions,
        board.data_version,
        board.changed_at,
    )


def _edition(board: Board, edition: Edition) -> tuple[Any, ...]:
    return (
        board.slug,
        edition.edition_date,
        edition.snapshot_id,
        edition.published_at,
        edition.captured_at,
        edition.revision,
        edition.entries_total,
        edition.leader_score,
    )


def _model(model: Model) -> tuple[Any, ...]:
    maker = model.organization
    return (
        model.slug,
        model.name,
        maker and maker.slug,
        model.reviewed,
        model.base,
        model.open_weights,
    )


def _organization(maker: Organization) -> tuple[Any, ...]:
    return (maker.slug, maker.name, maker.kind, maker.country, maker.homepage, maker.reviewed)


def _source(source: Upstream) -> tuple[Any, ...]:
    return (
        source.slug,
        source.title,
        source.homepage,
        source.licence,
        source.licence_url,
        source.attribution,
        source.archived,
    )
