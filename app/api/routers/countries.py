"""Countries, over all boards: where the headquarters of the makers are."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.group_questions import GroupHistoryQuestion, SummaryQuestion
from app.api.identifiers import country_at
from app.api.openapi import problems
from app.api.parameters import CountryId
from app.api.questions import ListQuestion
from app.api.schemas.organizations import (
    CountriesAnswer,
    CountryAnswer,
    GroupHistoryAnswer,
    country_facts,
    country_out,
    summary_out,
)
from app.api.scopes import answer_history, sum_up
from app.api.summaries import NOWHERE, Scope, reaches
from app.domain.groups import Dimension
from app.store.queries.boards import record_state
from app.store.queries.names import Names

router = APIRouter(prefix="/countries", tags=["countries"])

CountriesKey = tuple[Word]


@router.get(
    "",
    operation_id="list_countries",
    summary="Countries",
    responses={200: {"model": CountriesAnswer}, **problems(422)},
)
def list_countries(
    question: Annotated[ListQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Countries by code, those from which a known maker comes, and where they stand now."""
    page = exchange.page(question, Bookmark[CountriesKey], record)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=page.day)
    makers = record.names.organizations_in
    found = sorted(makers)
    shown = page.cut(found, lambda code: (code,))
    reach = reaches(record, Dimension.COUNTRY, page.day)
    return exchange.reply(
        CountriesAnswer(
            data=[
                country_out(record.names, code, makers[code], reach.get(code, NOWHERE))
                for code in shown.items
            ],
            meta={
                "matched_total": len(found),
                "limit": page.limit,
                "next_cursor": shown.next_cursor,
            },
            links=exchange.list_links(shown.next_cursor),
        )
    )


@router.get(
    "/{country}",
    operation_id="get_country",
    summary="One country over all boards",
    responses={200: {"model": CountryAnswer}, **problems(404, 422)},
)
def get_country(
    country: CountryId,
    question: Annotated[SummaryQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Where models made there stand on every board, how long they led, and what changed.

    Official entries count, all with `include_community=true`; the top N is taken among those.
    """
    code = country_at(record.names, country)
    scope = _scope(record.names, code)
    summary, meta = sum_up(record, exchange, question, scope)
    return exchange.reply(
        CountryAnswer(
            data={
                **country_facts(record.names, code, scope.makers),
                **summary_out(record.names, summary),
            },
            meta=meta,
            links={
                **exchange.links(),
                "organizations": exchange.to("v1", "organizations") + f"?country={code}",
                "history": exchange.to("v1", "countries", code, "history"),
            },
        )
    )


@router.get(
    "/{country}/history",
    operation_id="get_country_history",
    summary="A country's history on a leaderboard",
    responses={200: {"model": GroupHistoryAnswer}, **problems(404, 422)},
)
def get_country_history(
    country: CountryId,
    question: Annotated[GroupHistoryQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Its best rank, entries and shares in every edition of one board, and a model for it."""
    scope = _scope(record.names, country_at(record.names, country))
    return answer_history(record, exchange, question, scope)


def _scope(names: Names, code: str) -> Scope:
    makers = names.organizations_in.get(code, [])
    return Scope(dimension=Dimension.COUNTRY, key=code, makers=makers)
