"""One organization on all boards, at a date and a while before."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.analytics.presence import Strength, strength
from app.analytics.tenure import Tenure, days_held
from app.api.deps import Record
from app.api.questions import OrganizationQuestion
from app.domain.standings import Board, Edition, Model, Organization
from app.store.queries.boards import boards_by_id, newest_editions
from app.store.queries.catalogue import Names
from app.store.queries.organizations import Debut as DebutRow
from app.store.queries.organizations import (
    leaderships,
    newest_debuts,
    newest_model,
    places_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debut:
    """A model and the first edition of a board it stood in."""

    model: Model
    board: Board
    edition_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """An organization on one board: now, and at the window's start. Editions None before any."""

    board: Board
    edition: Edition | None
    now: Strength
    earlier_edition: Edition | None
    before: Strength
    days_led: int
    days_led_in_window: int
    debut: Debut

    @property
    def leads(self) -> bool:
        """Whether it stands first among the entries that count."""
        return self.now.best is not None and self.now.best.filtered_rank == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An organization over all boards. `debut` is its newest model's, None before any."""

    rows: list[BoardRow]
    debut: Debut | None


def summarize(
    record: Record,
    maker: Organization,
    question: OrganizationQuestion,
    *,
    as_of: date,
    start: date,
) -> Summary:
    """A row for every board it stood on by `as_of`; best ranks first, then by board id.

    The number of queries does not depend on how many boards there are.
    """
    session, names = record.session, record.names
    alias_ids = [
        alias.id
        for model in names.models_of.get(maker.slug, ())
        for alias in names.aliases_of.get(model.slug, ())
    ]
    debuts = newest_debuts(session, alias_ids, as_of)
    boards = boards_by_id(session, list(debuts))
    now = newest_editions(session, as_of, list(debuts))
    before = newest_editions(session, start, list(debuts))
    places = places_of(
        session,
        names,
        sorted({edition.snapshot_id for edition in (*now.values(), *before.values())}),
        alias_ids=alias_ids,
        top_n=question.top_n,
        include_community=question.include_community,
    )

    def strength_in(edition: Edition | None) -> Strength:
        lines = [] if edition is None else places[edition.snapshot_id]
        return strength(lines, maker.slug, question.top_n)

    led: dict[int, list[Tenure]] = defaultdict(list)
    official = not question.include_community
    for one in leaderships(session, alias_ids, as_of, official=official):
        led[one.board_id].append(Tenure(one.start, one.end))
    rows = [
        BoardRow(
            board=board,
            edition=now.get(board_id),
            now=strength_in(now.get(board_id)),
            earlier_edition=before.get(board_id),
            before=strength_in(before.get(board_id)),
            days_led=days_held(led[board_id], last=as_of),
            days_led_in_window=days_held(led[board_id], first=start, last=as_of),
            debut=_debut(names, boards, debuts[board_id]),
        )
        for board_id, board in boards.items()
    ]
    newest = newest_model(session, alias_ids, as_of)
    return Summary(
        rows=sorted(rows, key=_best_first),
        debut=None if newest is None else _debut(names, boards, newest),
    )


def _debut(names: Names, boards: Mapping[int, Board], debut: DebutRow) -> Debut:
    return Debut(
        model=names.models[debut.model],
        board=boards[debut.board_id],
        edition_date=debut.edition_date,
    )


def _best_first(row: BoardRow) -> tuple[bool, int, str]:
    best = row.now.best
    return best is None, 0 if best is None else best.rank, row.board.slug
