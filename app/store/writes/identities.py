"""Who is meant: printed names, the makers printed beside them, models, and ids of the past."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.store.bulk import insert_dicts
from app.store.tables import ALIAS, ALIAS_MAKER, MODEL, MODEL_REDIRECT, SOURCE


@dataclass(slots=True)
class ModelRecord:
    """A model as stored."""

    id: int
    slug: str
    name: str
    identity: str
    organization_id: int | None
    reviewed: bool
    base: str | None
    open_weights: bool | None


@dataclass(slots=True)
class AliasRecord:
    """A printed name as stored."""

    id: int
    source_id: int
    printed_name: str
    model_id: int
    reviewed: bool
    since: date | None


@dataclass(slots=True)
class EvidenceRecord:
    """That a maker was printed beside a name, last in the edition of a date."""

    alias_id: int
    kind: str
    printed: str
    last_date: date
    stored: bool = False


def load_sources(session: Session) -> dict[int, str]:
    """All sources: number to slug."""
    rows = session.execute(select(SOURCE.c.id, SOURCE.c.slug).order_by(SOURCE.c.id))
    return {source_id: slug for source_id, slug in rows}  # noqa: C416 - rows are not pairs to mypy


def load_models(session: Session) -> list[ModelRecord]:
    """All models."""
    rows = session.execute(
        select(
            MODEL.c.id,
            MODEL.c.slug,
            MODEL.c.name,
            MODEL.c.identity,
            MODEL.c.organization_id,
            MODEL.c.reviewed,
            MODEL.c.base,
            MODEL.c.open_weights,
        )
    )
    return [ModelRecord(*row) for row in rows]


def load_aliases(session: Session) -> list[AliasRecord]:
    """All printed names, in the order in which they came."""
    rows = session.execute(
        select(
            ALIAS.c.id,
            ALIAS.c.source_id,
            ALIAS.c.printed_name,
            ALIAS.c.model_id,
            ALIAS.c.reviewed,
            ALIAS.c.since,
        ).order_by(ALIAS.c.id)
    )
    return [AliasRecord(*row) for row in rows]


def load_evidence(session: Session) -> list[EvidenceRecord]:
    """Every maker that was printed beside a name."""
    rows = session.execute(
        select(
            ALIAS_MAKER.c.alias_id,
            ALIAS_MAKER.c.kind,
            ALIAS_MAKER.c.printed,
            ALIAS_MAKER.c.last_date,
        )
    )
    return [EvidenceRecord(*row, stored=True) for row in rows]


def load_redirects(session: Session) -> dict[str, int]:
    """Ids that models had or have again, and the names that were known by them first."""
    rows = session.execute(select(MODEL_REDIRECT.c.slug, MODEL_REDIRECT.c.alias_id))
    return {slug: alias_id for slug, alias_id in rows}  # noqa: C416 - rows are not pairs to mypy


def insert_models(session: Session, records: Sequence[ModelRecord]) -> None:
    """New models, with the ids their records say."""
    insert_dicts(session, MODEL, ({"id": r.id, **_facts(r)} for r in records))


def update_models(session: Session, records: Iterable[ModelRecord]) -> None:
    """Bring stored models in line with their records."""
    for record in records:
        session.execute(update(MODEL).where(MODEL.c.id == record.id).values(**_facts(record)))


def delete_model(session: Session, model_id: int) -> None:
    """Take away a model that no name means."""
    session.execute(delete(MODEL).where(MODEL.c.id == model_id))


def insert_aliases(session: Session, records: Sequence[AliasRecord]) -> None:
    """New printed names, with the ids their records say."""
    insert_dicts(
        session,
        ALIAS,
        (
            {
                "id": r.id,
                "source_id": r.source_id,
                "printed_name": r.printed_name,
                "model_id": r.model_id,
                "reviewed": r.reviewed,
                "since": r.since,
            }
            for r in records
        ),
    )


def update_aliases(session: Session, records: Sequence[AliasRecord]) -> None:
    """Bring stored names in line with their records."""
    if records:
        session.connection().execute(
            update(ALIAS)
            .where(ALIAS.c.id == bindparam("alias"))
            .values(
                model_id=bindparam("model"),
                reviewed=bindparam("confirmed"),
                since=bindparam("from_day"),
            ),
            [
                {
                    "alias": r.id,
                    "model": r.model_id,
                    "confirmed": r.reviewed,
                    "from_day": r.since,
                }
                for r in records
            ],
        )


def save_evidence(session: Session, records: Sequence[EvidenceRecord]) -> None:
    """Remember the makers that these editions printed beside names."""
    insert_dicts(
        session,
        ALIAS_MAKER,
        (
            {
                "alias_id": r.alias_id,
                "kind": r.kind,
                "printed": r.printed,
                "last_date": r.last_date,
            }
            for r in records
            if not r.stored
        ),
    )
    newer = [
        {"alias": r.alias_id, "sort": r.kind, "text": r.printed, "day": r.last_date}
        for r in records
        if r.stored
    ]
    if newer:
        session.connection().execute(
            update(ALIAS_MAKER)
            .where(
                ALIAS_MAKER.c.alias_id == bindparam("alias"),
                ALIAS_MAKER.c.kind == bindparam("sort"),
                ALIAS_MAKER.c.printed == bindparam("text"),
            )
            .values(last_date=bindparam("day")),
            newer,
        )
    for record in records:
        record.stored = True


def save_redirects(session: Session, redirects: Mapping[str, int]) -> None:
    """From now on these ids, which led nowhere yet, mean what these names mean."""
    insert_dicts(
        session,
        MODEL_REDIRECT,
        ({"slug": slug, "alias_id": alias_id} for slug, alias_id in redirects.items()),
    )


def _facts(record: ModelRecord) -> dict[str, object]:
    return {
        "slug": record.slug,
        "name": record.name,
        "identity": record.identity,
        "organization_id": record.organization_id,
        "reviewed": record.reviewed,
        "base": record.base,
        "open_weights": record.open_weights,
    }
