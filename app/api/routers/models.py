"""Models and their histories."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response

from app.api.answers import encoded_list
from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.histories import HistoryKey, history_on
from app.api.identifiers import board_called, model_at, model_called
from app.api.openapi import problems
from app.api.parameters import ModelId, Name
from app.api.questions import HistoryQuestion, HistorySort, ModelsQuestion
from app.api.record import Record
from app.api.schemas.common import attribution, model_ref
from app.api.schemas.models import (
    HistoryAnswer,
    HistoryMetaOut,
    ModelAnswer,
    ModelDetailOut,
    ModelsAnswer,
    aliases_out,
    model_out,
    standing_out,
)
from app.api.shifts import breaks_told
from app.domain.leaderboard import EntryKind
from app.domain.names import fold
from app.domain.standings import Board, Edition, Model, is_official
from app.errors import MovedError
from app.store.queries.boards import boards_by_id, record_state
from app.store.queries.editions import newest_editions
from app.store.queries.histories import (
    LastEntry,
    Presence,
    last_entries,
    presences,
)
from app.store.queries.names import Names
from app.store.queries.sources import list_sources

router = APIRouter(prefix="/models", tags=["models"])

ModelsKey = tuple[Word]
BELOW = ("/history", "/chart-run")


class Held(NamedTuple):
    """A board on which a model stands or stood; `newest` is its newest edition."""

    board: Board
    presence: Presence
    last: LastEntry
    newest: Edition | None


@router.get(
    "",
    operation_id="list_models",
    summary="Models",
    responses={200: {"model": ModelsAnswer}, **problems(404, 422)},
)
def list_models(
    question: Annotated[ModelsQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Models by id; search them by words, by organization, or by a printed name."""
    page = exchange.page(question, Bookmark[ModelsKey], record)
    state = record_state(record.session)
    exchange.settle(record.names.version, changed_at=state.changed_at, day=page.day)
    maker = record.organization_id(question.organization)
    found = sorted(_search(record.names, question, maker))
    shown = page.cut(found, lambda slug: (slug,))
    return exchange.reply(
        ModelsAnswer(
            data=[model_out(record.names.models[slug], page.day) for slug in shown.items],
            meta={
                "matched_total": len(found),
                "limit": page.limit,
                "next_cursor": shown.next_cursor,
            },
            links=exchange.list_links(shown.next_cursor),
        )
    )


@router.get(
    "/{model}",
    operation_id="get_model",
    summary="One model",
    responses={200: {"model": ModelAnswer}, **problems(404, 422)},
)
def get_model(model: ModelId, record: ReadRecord, exchange: AnExchange) -> Response:
    """One model: its names, what is printed about it, and where it stands or stood."""
    found = model_at(record.names, model)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=exchange.today)
    held = _held(record, found, exchange.today)
    sources = {alias.source for alias in record.names.aliases_of.get(found.slug, ())}
    maker = found.organization
    return exchange.reply(
        ModelAnswer(
            data=_detail(record.names, found, held, exchange.today),
            meta={
                "attribution": [
                    attribution(source)
                    for source in list_sources(record.session)
                    if source.slug in sources
                ]
            },
            links={
                **exchange.links(),
                "organization": maker and exchange.to("v1", "organizations", maker.slug),
                "chart_run": exchange.to("v1", "models", found.slug, "chart-run"),
            },
        )
    )


@router.get(
    "/{model}/history",
    operation_id="get_model_history",
    summary="A model's history on a leaderboard",
    responses={200: {"model": HistoryAnswer}, **problems(404, 422)},
)
def get_model_history(
    model: ModelId,
    question: Annotated[HistoryQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """A model's entries on one board, one per edition it stands in."""
    if model not in record.names.models:
        record.begin_long()  # all names are looked through
    found = model_at(record.names, model)
    board = board_called(record.session, question.leaderboard)
    page = exchange.page(question, Bookmark[HistoryKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    to = question.end(page.day)
    history = history_on(
        record,
        board,
        found,
        first=question.from_day,
        last=to.day,
        known_at=question.known_until,
        granularity=question.granularity,
    )
    points = history.between(question.from_day, to.day)
    if question.sort is HistorySort.EDITION_DATE:
        shown = page.cut(points, history.key)
    else:
        shown = page.cut(points[::-1], history.key_of_newest_first)
    edition = record.edition(board, to.day, known_at=question.known_until)
    meta = HistoryMetaOut(
        {
            **record.board_meta(board, edition),
            "model": found.slug,
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "granularity": question.granularity,
            "sort": question.sort,
            "methodology_breaks": breaks_told(record, board, question, last=to.day),
            "matched_total": len(points),
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        {
            "data": encoded_list(history.rows(shown.items)),
            "meta": meta,
            "links": {
                **exchange.list_links(shown.next_cursor),
                "model": exchange.to("v1", "models", found.slug),
                "leaderboard": exchange.to("v1", "leaderboards", board.slug),
            },
        }
    )


@router.get("/{name:path}", include_in_schema=False)
def find_model(name: Name, record: ReadRecord) -> Response:
    """Lead from a printed name with a slash in it, as the Hub has them, to the model."""
    printed = name
    for suffix in BELOW:
        printed = printed.removesuffix(suffix)
    raise MovedError("model", printed, model_called(record.names, printed).slug)


def _search(names: Names, question: ModelsQuestion, maker: str | None) -> Iterable[str]:
    """The ids of the models that are all that is asked."""
    if question.alias is not None:
        found = set(names.printed.get(fold(question.alias), ()))
    elif maker is not None:
        found = {model.slug for model in names.models_of.get(maker, ())}
    else:
        found = set(names.models)
    if question.alias is not None and maker is not None:
        found &= {model.slug for model in names.models_of.get(maker, ())}
    if question.q is not None:
        words = fold(question.q).split()
        found = {slug for slug in found if _holds(names, slug, words)}
    return found


def _holds(names: Names, slug: str, words: Sequence[str]) -> bool:
    """Whether every word is part of the model's id, its name or a printed name."""
    printed = (alias.printed_name for alias in names.aliases_of.get(slug, ()))
    text = fold(" ".join((slug, names.models[slug].name, *printed)))
    return all(word in text for word in words)


def _held(record: Record, model: Model, today: date) -> list[Held]:
    """The boards on which a model stands or stood, by id."""
    session = record.session
    alias_ids = [alias.id for alias in record.names.aliases_of.get(model.slug, ())]
    found = presences(session, alias_ids)
    ids = [presence.board_id for presence in found]
    boards = boards_by_id(session, ids)
    last = last_entries(session, alias_ids, ids)
    newest = newest_editions(session, today, ids)
    held = [Held(boards[p.board_id], p, last[p.board_id], newest.get(p.board_id)) for p in found]
    return sorted(held, key=lambda one: one.board.slug)


def _detail(names: Names, model: Model, held: Sequence[Held], today: date) -> ModelDetailOut:
    """What is known of a model, from its newest entry; its size from the newest that says it."""
    newest = sorted(held, key=lambda one: one.last.edition_date, reverse=True)
    profiles = [names.profiles[one.last.profile_id] for one in newest]
    sizes = (profile.parameters_b for profile in profiles if profile.parameters_b is not None)
    profile = profiles[0] if profiles else None
    base = names.models.get(names.redirects.get(model.base or "", model.base or ""))
    openness = profile and profile.open_weights
    return {
        **model_out(model, today),
        "reviewed": model.reviewed,
        "entry_kind": profile and EntryKind(profile.kind),
        "base_model": base and model_ref(base),
        "aliases": aliases_out(names.aliases_of.get(model.slug, ())),
        "licence": profile and profile.licence,
        "licence_id": profile and profile.licence_id,
        "open_weights": openness if model.open_weights is None else model.open_weights,
        "parameters_b": next(sizes, None),
        "official": profile and is_official(profile.official, model.organization),
        "leaderboards": [standing_out(*one) for one in held],
    }
