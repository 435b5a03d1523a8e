"""Organizations, over all boards."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import organization_at
from app.api.openapi import problems
from app.api.parameters import OrganizationId
from app.api.questions import OrganizationQuestion, OrganizationsQuestion
from app.api.schemas.common import attribution
from app.api.schemas.organizations import (
    OrganizationAnswer,
    OrganizationsAnswer,
    organization_detail_out,
    organization_out,
)
from app.api.summaries import summarize
from app.domain.names import fold
from app.domain.standings import Organization
from app.store.queries.boards import record_state
from app.store.queries.catalogue import Names
from app.store.queries.sources import list_sources

router = APIRouter(prefix="/organizations", tags=["organizations"])

OrganizationsKey = tuple[Word]


@router.get(
    "",
    operation_id="list_organizations",
    summary="Organizations",
    responses={200: {"model": OrganizationsAnswer}, **problems(422)},
)
def list_organizations(
    question: Annotated[OrganizationsQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Organizations by id."""
    page = exchange.page(question, Bookmark[OrganizationsKey])
    state = record_state(record.session)
    exchange.settle(record.names.version, changed_at=state.changed_at)
    found = sorted(_search(record.names, question), key=_key)
    shown = page.cut(found, _key)
    return exchange.reply(
        OrganizationsAnswer(
            data=[
                organization_out(one, len(record.names.models_of.get(one.slug, ())))
                for one in shown.items
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
    "/{organization}",
    operation_id="get_organization",
    summary="One organization over all boards",
    responses={200: {"model": OrganizationAnswer}, **problems(404, 422)},
)
def get_organization(
    organization: OrganizationId,
    question: Annotated[OrganizationQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Where its models stand on every board, how long it led, and what changed over `window`.

    Official entries count, all with `include_community=true`; the top N is taken among those.
    An edition holds until the next one's date.
    """
    maker = organization_at(record.names, organization)
    state = record_state(record.session)
    exchange.settle(
        record.names.version, state.changes, changed_at=state.changed_at, day=exchange.today
    )
    as_of = question.moment(exchange.today)
    start = question.span.before(as_of.day)
    summary = summarize(record, maker, question, as_of=as_of.day, start=start)
    sources = {row.board.source for row in summary.rows}
    return exchange.reply(
        OrganizationAnswer(
            data=organization_detail_out(
                maker, len(record.names.models_of.get(maker.slug, ())), summary
            ),
            meta={
                "as_of": as_of.text,
                "window": question.span.text,
                "window_start": start,
                "top_n": question.top_n,
                "include_community": question.include_community,
                "attribution": [
                    attribution(source)
                    for source in list_sources(record.session)
                    if source.slug in sources
                ],
            },
            links={
                **exchange.links(),
                "models": exchange.to("v1", "models") + f"?organization={maker.slug}",
            },
        )
    )


def _key(organization: Organization) -> OrganizationsKey:
    return (organization.slug,)


def _search(names: Names, question: OrganizationsQuestion) -> Iterable[Organization]:
    """The organizations that are all that is asked."""
    text = None if question.q is None else fold(question.q)
    for one in names.organizations.values():
        if question.country is not None and one.country != question.country:
            continue
        if text is None or text in one.slug or text in fold(one.name):
            yield one
