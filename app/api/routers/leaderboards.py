"""Leaderboards and their editions."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.cursors import Bookmark, Instant, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at, source_called
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import LeaderboardsQuestion, ListQuestion
from app.api.schemas.common import attribution
from app.api.schemas.leaderboards import (
    EditionsAnswer,
    LeaderboardAnswer,
    LeaderboardsAnswer,
    edition_out,
    leaderboard_detail_out,
    leaderboard_out,
)
from app.errors import NotFoundError
from app.store.queries.boards import (
    board_summary,
    count_models,
    families,
    list_boards,
    record_state,
)
from app.store.queries.editions import (
    list_snapshots,
    publications,
)
from app.store.queries.standings import leaders_of

router = APIRouter(prefix="/leaderboards", tags=["leaderboards"])

BoardsKey = tuple[Word]
EditionsKey = tuple[date, Instant]


@router.get(
    "",
    operation_id="list_leaderboards",
    summary="Leaderboards",
    responses={200: {"model": LeaderboardsAnswer}, **problems(404, 422)},
)
def list_leaderboards(
    question: Annotated[LeaderboardsQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Boards by id, those that upstream has retired included."""
    page = exchange.page(question, Bookmark[BoardsKey], record)
    state = record_state(record.session)
    exchange.settle(state.boards, state.changes, changed_at=state.changed_at, day=page.day)
    source = question.source and source_called(record.session, question.source).slug
    found = list_boards(
        record.session,
        source=source,
        family=question.family,
        kind=question.kind,
        status=question.status,
        q=question.q,
        after=page.after and page.after[0],
        limit=page.limit + 1,
    )
    if not found and question.family is not None:
        known = families(record.session)
        if question.family not in known:
            raise NotFoundError("family", question.family, known)
    shown = page.trim(found, lambda summary: (summary.board.slug,))
    return exchange.reply(
        LeaderboardsAnswer(
            data=[leaderboard_out(summary) for summary in shown.items],
            meta={"limit": page.limit, "next_cursor": shown.next_cursor},
            links=exchange.list_links(shown.next_cursor),
        )
    )


@router.get(
    "/{leaderboard}",
    operation_id="get_leaderboard",
    summary="One leaderboard",
    responses={200: {"model": LeaderboardAnswer}, **problems(404, 422)},
)
def get_leaderboard(
    leaderboard: LeaderboardId, record: ReadRecord, exchange: AnExchange
) -> Response:
    """One board: what it measures, how far its history reaches, and who leads it."""
    session = record.session
    board = board_at(session, leaderboard)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=exchange.today)
    newest = record.edition(board, exchange.today)
    detail = leaderboard_detail_out(
        board_summary(session, board),
        models=count_models(session, board.id),
        newest=newest,
        leaders=leaders_of(session, record.names, newest.snapshot_id) if newest else (),
    )
    return exchange.reply(
        LeaderboardAnswer(
            data=detail,
            meta={
                "leaderboard": board.slug,
                "attribution": attribution(board.owed),
            },
            links={
                **exchange.links(),
                "standings": exchange.to("v1", "leaderboards", board.slug, "standings"),
                "movements": exchange.to("v1", "leaderboards", board.slug, "movements"),
                "editions": exchange.to("v1", "leaderboards", board.slug, "editions"),
                "source": exchange.to("v1", "sources", board.source),
            },
        )
    )


@router.get(
    "/{leaderboard}/editions",
    operation_id="list_editions",
    summary="Editions of a leaderboard",
    responses={200: {"model": EditionsAnswer}, **problems(404, 422)},
)
def list_editions(
    leaderboard: LeaderboardId,
    question: Annotated[ListQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Every publication of every edition, newest first; restatements and partial ones too."""
    session = record.session
    board = board_at(session, leaderboard)
    page = exchange.page(question, Bookmark[EditionsKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    found = list_snapshots(session, board.id, after=page.after, limit=page.limit + 1)
    shown = page.trim(found, lambda item: (item.edition.edition_date, item.edition.published_at))
    days = sorted({item.edition.edition_date for item in shown.items})
    counts = publications(session, board.id, days)
    return exchange.reply(
        EditionsAnswer(
            data=[
                edition_out(item, publications=counts[item.edition.edition_date])
                for item in shown.items
            ],
            meta={
                **record.board_meta(board, record.edition(board, page.day)),
                "limit": page.limit,
                "next_cursor": shown.next_cursor,
            },
            links=exchange.list_links(shown.next_cursor),
        )
    )
