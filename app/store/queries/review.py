"""How far the names of a source are known, and which of them want a decision."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.review import Want, wanted
from app.domain.standings import Organization
from app.store.queries.editions import newest_editions
from app.store.queries.names import Alias, Names
from app.store.queries.standings import blocks_of
from app.store.tables import LEADERBOARD, PROFILE

TOP = 50


class Place(NamedTuple):
    """Where a name stands best in the newest editions."""

    rank: int
    board: str
    edition_date: date


class NameReview(NamedTuple):
    """A printed name, what is not known of it, and how visible it is: None where nowhere now."""

    alias: Alias
    wants: Want | None
    place: Place | None


class Coverage(NamedTuple):
    """How many of a source's names, and of the top entries of its newest editions, are known.

    `confirmed`: somebody has confirmed the model or its maker. `in_country`: the maker's
    headquarters are known.
    """

    names: int
    names_with_organization: int
    names_confirmed: int
    top_entries: int
    top_with_organization: int
    top_in_country: int
    top_confirmed: int


class Review(NamedTuple):
    """A source's names, the most visible first, and how many of them are known."""

    names: list[NameReview]
    coverage: Coverage


class Decision(NamedTuple):
    """One thing to decide: who `maker` is, or if None who made the one model.

    `example` is the most visible of the names that hang on it.
    """

    maker: Organization | None
    example: NameReview
    names: int


def review(session: Session, names: Names, source: str, source_id: int, today: date) -> Review:
    """What is known of the names of a source; the top is the first fifty of each board."""
    boards = {
        row.id: row.slug
        for row in session.execute(
            select(LEADERBOARD.c.id, LEADERBOARD.c.slug).where(LEADERBOARD.c.source_id == source_id)
        )
    }
    editions = newest_editions(session, today, sorted(boards))
    blocks = blocks_of(session, [edition.snapshot_id for edition in editions.values()])
    places: dict[int, Place] = {}
    top: list[Alias] = []
    for board_id, edition in editions.items():
        block = blocks[edition.snapshot_id]
        for alias_id, rank in zip(block.alias_id.tolist(), block.rank.tolist(), strict=True):
            place = Place(rank, boards[board_id], edition.edition_date)
            places[alias_id] = min(place, places.get(alias_id, place))
            if rank <= TOP:
                top.append(names.aliases[alias_id])
    own = [alias for alias in names.aliases.values() if alias.source == source]
    found = [NameReview(alias, wanted(alias.model), places.get(alias.id)) for alias in own]
    return Review(sorted(found, key=_most_visible_first), _coverage(own, top))


def decisions(reviews: Iterable[Review]) -> list[Decision]:
    """What is to be decided about the names of some sources, the most visible first."""
    found: dict[str, Decision] = {}
    for one in sorted((n for r in reviews for n in r.names if n.wants), key=_most_visible_first):
        model = one.alias.model
        maker = model.organization
        key = f"model {model.slug}" if maker is None else f"maker {maker.slug}"
        known = found.get(key, Decision(maker, one, 0))
        found[key] = known._replace(names=known.names + 1)
    return list(found.values())


def unread_licences(session: Session) -> list[str]:
    """What is printed as a licence and taken for none, in order."""
    return list(
        session.scalars(
            select(PROFILE.c.licence)
            .where(PROFILE.c.licence.is_not(None), PROFILE.c.licence_id.is_(None))
            .distinct()
            .order_by(PROFILE.c.licence)
        )
    )


def _coverage(own: Sequence[Alias], top: Sequence[Alias]) -> Coverage:
    makers = [alias.model.organization for alias in top]
    return Coverage(
        names=len(own),
        names_with_organization=sum(alias.model.organization is not None for alias in own),
        names_confirmed=sum(wanted(alias.model) is None for alias in own),
        top_entries=len(top),
        top_with_organization=sum(maker is not None for maker in makers),
        top_in_country=sum(maker is not None and maker.country is not None for maker in makers),
        top_confirmed=sum(wanted(alias.model) is None for alias in top),
    )


def _most_visible_first(one: NameReview) -> tuple[bool, int, str, str]:
    place = one.place
    if place is None:
        return True, 0, "", one.alias.printed_name
    return False, place.rank, place.board, one.alias.printed_name
