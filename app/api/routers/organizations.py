"""Organizations, over all boards."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.group_questions import GroupHistoryQuestion, SummaryQuestion
from app.api.identifiers import organization_at
from app.api.openapi import problems
from app.api.parameters import OrganizationId
from app.api.questions import OrganizationsQuestion
from app.api.schemas.organizations import (
    GroupHistoryAnswer,
    OrganizationAnswer,
    OrganizationsAnswer,
    names_out,
    organization_facts,
    organization_out,
    summary_out,
)
from app.api.scopes import answer_history, sum_up
from app.api.summaries import NOWHERE, Scope, reaches
from app.domain.groups import Dimension
from app.domain.names import fold
from app.domain.standings import Organization
from app.store.queries.boards import record_state
from app.store.queries.names import Names

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
    """Organizations by id, and where they stand now."""
    page = exchange.page(question, Bookmark[OrganizationsKey], record)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=page.day)
    found = sorted(_search(record.names, question), key=_key)
    shown = page.cut(found, _key)
    reach = reaches(record, Dimension.ORGANIZATION, page.day)
    return exchange.reply(
        OrganizationsAnswer(
            data=[
                organization_out(record.names, one, reach.get(one.slug, NOWHERE), page.day)
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
    question: Annotated[SummaryQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Where its models stand on every board, how long it led, and what changed since `compare_to`.

    Official entries count, all with `include_community=true`; the top N is taken among those.
    An edition holds until the next one's date.
    """
    maker = organization_at(record.names, organization)
    scope = Scope(dimension=Dimension.ORGANIZATION, key=maker.slug, makers=[maker])
    summary, meta = sum_up(record, exchange, question, scope)
    day = question.moment(exchange.today).day
    return exchange.reply(
        OrganizationAnswer(
            data={
                **organization_facts(maker, day),
                "names": names_out(maker),
                **summary_out(record.names, summary),
            },
            meta=meta,
            links={
                **exchange.links(),
                "models": exchange.to("v1", "models") + f"?organization={maker.slug}",
                "history": exchange.to("v1", "organizations", maker.slug, "history"),
            },
        )
    )


@router.get(
    "/{organization}/history",
    operation_id="get_organization_history",
    summary="An organization's history on a leaderboard",
    responses={200: {"model": GroupHistoryAnswer}, **problems(404, 422)},
)
def get_organization_history(
    organization: OrganizationId,
    question: Annotated[GroupHistoryQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Its best rank, entries and shares in every edition of one board, and a model for it."""
    maker = organization_at(record.names, organization)
    scope = Scope(dimension=Dimension.ORGANIZATION, key=maker.slug, makers=[maker])
    return answer_history(record, exchange, question, scope)


def _key(organization: Organization) -> OrganizationsKey:
    return (organization.slug,)


def _search(names: Names, question: OrganizationsQuestion) -> Iterable[Organization]:
    """The organizations that are all that is asked."""
    text = None if question.q is None else fold(question.q)
    for one in names.organizations.values():
        if question.country is not None and one.country != question.country:
            continue
        if question.kind is not None and one.kind != question.kind:
            continue
        called = (one.slug, fold(one.name), *(fold(name) for _, name in one.former_names))
        if text is None or any(text in word for word in called):
            yield one
