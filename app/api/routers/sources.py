"""Sources, the log of their runs, and a run on demand."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.api.caching import NEVER, REVALIDATE
from app.api.cursors import Bookmark, SnapshotNumber, Word
from app.api.deps import AnExchange, ReadRecord, require_token, services_of
from app.api.identifiers import source_at
from app.api.openapi import problems
from app.api.operating import condition_of
from app.api.parameters import RunId, SourceId
from app.api.problems import UNAVAILABLE, ProblemError
from app.api.questions import ListQuestion, NamesQuestion
from app.api.schemas.sources import (
    NamesAnswer,
    RunAnswer,
    RunsAnswer,
    SourceAnswer,
    SourceOut,
    SourcesAnswer,
    coverage_out,
    name_out,
    run_out,
    source_out,
)
from app.errors import NotFoundError
from app.store.queries.boards import record_state
from app.store.queries.review import NameReview, review
from app.store.queries.sources import (
    SourceState,
    find_run,
    list_runs,
    list_sources,
    source_states,
)

router = APIRouter(prefix="/sources", tags=["sources"])

SourcesKey = tuple[Word]
RunsKey = tuple[SnapshotNumber]
NamesKey = tuple[int, Word, Word]
NOWHERE = 2**31 - 1


@router.get(
    "",
    operation_id="list_sources",
    summary="Sources",
    responses={200: {"model": SourcesAnswer}, **problems(422)},
)
def get_sources(
    question: Annotated[ListQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Upstreams by id: licence, schedule, runs, and how well they are."""
    page = exchange.page(question, Bookmark[SourcesKey], record)
    found = list_sources(record.session, after=page.after and page.after[0], limit=page.limit + 1)
    shown = page.trim(found, lambda source: (source.slug,))
    states = source_states(record.session, shown.items)
    return exchange.reply(
        SourcesAnswer(
            data=[_judged(state, exchange.now) for state in states],
            meta={"limit": page.limit, "next_cursor": shown.next_cursor},
            links=exchange.list_links(shown.next_cursor),
        ),
        cache_control=REVALIDATE,
    )


@router.get(
    "/{source}",
    operation_id="get_source",
    summary="One source",
    responses={200: {"model": SourceAnswer}, **problems(404, 422)},
)
def get_source(source: SourceId, record: ReadRecord, exchange: AnExchange) -> Response:
    """One upstream: licence, schedule, runs, newest edition, and how well its names are known."""
    found = source_at(record.session, source)
    (state,) = source_states(record.session, [found])
    known = review(record.session, record.names, found.slug, found.id, exchange.today)
    return exchange.reply(
        SourceAnswer(
            data={
                **_judged(state, exchange.now),
                "identity": coverage_out(known.coverage),
            },
            meta={},
            links={
                **exchange.links(),
                "runs": exchange.to("v1", "sources", found.slug, "runs"),
                "leaderboards": exchange.to("v1", "leaderboards") + f"?source={found.slug}",
                "names": exchange.to("v1", "sources", found.slug, "names"),
            },
        ),
        cache_control=REVALIDATE,
    )


@router.get(
    "/{source}/names",
    operation_id="list_names",
    summary="Names that a source prints",
    responses={200: {"model": NamesAnswer}, **problems(404, 422)},
)
def get_names(
    source: SourceId,
    question: Annotated[NamesQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Every name a source ever printed, whom it means, and what wants a decision.

    By best place in the newest editions; names that stand nowhere now come last.
    """
    found = source_at(record.session, source)
    page = exchange.page(question, Bookmark[NamesKey], record)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=page.day)
    known = review(record.session, record.names, found.slug, found.id, page.day)
    names = [one for one in known.names if question.confirmed in {None, one.wants is None}]
    shown = page.cut(names, _names_key)
    return exchange.reply(
        NamesAnswer(
            data=[name_out(one, page.day) for one in shown.items],
            meta={
                "matched_total": len(names),
                "limit": page.limit,
                "next_cursor": shown.next_cursor,
            },
            links=exchange.list_links(shown.next_cursor),
        )
    )


@router.get(
    "/{source}/runs",
    operation_id="list_runs",
    summary="The log of a source's runs",
    responses={200: {"model": RunsAnswer}, **problems(404, 422)},
)
def get_runs(
    source: SourceId,
    question: Annotated[ListQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Every attempt to bring a source up to date, newest first."""
    found = source_at(record.session, source)
    page = exchange.page(question, Bookmark[RunsKey], record)
    runs = list_runs(
        record.session, found.id, before=page.after and page.after[0], limit=page.limit + 1
    )
    shown = page.trim(runs, lambda run: (run.id,))
    return exchange.reply(
        RunsAnswer(
            data=[run_out(run) for run in shown.items],
            meta={"limit": page.limit, "next_cursor": shown.next_cursor},
            links=exchange.list_links(shown.next_cursor),
        ),
        cache_control=REVALIDATE,
    )


@router.post(
    "/{source}/runs",
    operation_id="start_run",
    summary="Run a source now",
    status_code=202,
    dependencies=[Depends(require_token)],
    responses={202: {"model": RunAnswer}, **problems(401, 403, 404, 409, 422)},
)
def start_run(
    source: SourceId, request: Request, record: ReadRecord, exchange: AnExchange
) -> Response:
    """Begin a scrape in the background; `Location` tells where to see how it goes.

    Needs the operator's token. One source is scraped by one run at a time.
    """
    run_now = services_of(request).run_now
    if run_now is None:
        raise ProblemError(UNAVAILABLE, "this process does not scrape")
    run_id = run_now(source)
    run = find_run(record.session, run_id)
    if run is None:
        raise NotFoundError("run", str(run_id))
    path = exchange.to("v1", "sources", run.source, "runs", str(run.id))
    return exchange.reply(
        RunAnswer(data=run_out(run), meta={}, links={"self": path}),
        status=202,
        cache_control=NEVER,
        headers={"Location": path},
    )


@router.get(
    "/{source}/runs/{run}",
    operation_id="get_run",
    summary="One run",
    responses={200: {"model": RunAnswer}, **problems(404, 422)},
)
def get_run(source: SourceId, run: RunId, record: ReadRecord, exchange: AnExchange) -> Response:
    """One attempt: how it ended, how long it took, what it found."""
    found = source_at(record.session, source)
    attempt = find_run(record.session, run)
    if attempt is None or attempt.source != found.slug:
        raise NotFoundError("run", str(run))
    return exchange.reply(
        RunAnswer(data=run_out(attempt), meta={}, links=exchange.links()),
        cache_control=REVALIDATE,
    )


def _names_key(one: NameReview) -> NamesKey:
    rank = NOWHERE if one.place is None else one.place.rank
    return rank, "" if one.place is None else one.place.board, one.alias.printed_name


def _judged(state: SourceState, now: datetime) -> SourceOut:
    return source_out(state, condition_of(state, now), today=now.date())
