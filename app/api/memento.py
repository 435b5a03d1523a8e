"""Time travel for programs: `Accept-Datetime` and Memento (RFC 7089) on standings.

The original resource is its own TimeGate: asked with `Accept-Datetime` it leads (302) to the
standings as they were public at that moment, which are those with `known_at`; a moment before all
leads to the first. Only publications that changed which standings are the newest are mementos.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from starlette.responses import Response

from app.api.answers import Exchange
from app.api.caching import OPEN
from app.api.problems import BAD_REQUEST, ProblemError
from app.api.record import Record
from app.domain.standings import Board, Edition
from app.store.queries.editions import publications_of

LINK_FORMAT = "application/link-format"
ACCEPT_DATETIME = "Accept-Datetime"
FOUND = 302


class Paths(NamedTuple):
    """Where a board's standings are, and the list of what they were; `query` is what is asked."""

    original: str
    timemap: str
    query: str = ""

    def at(self, moment: datetime) -> str:
        """The standings as they were public at a moment."""
        asked = f"{self.query}&" if self.query else ""
        return f"{self.original}?{asked}known_at={moment:%Y-%m-%dT%H:%M:%SZ}"

    def links(self) -> list[str]:
        """As in `Link`."""
        return [
            f'<{self.original}>; rel="original timegate"',
            f'<{self.timemap}>; rel="timemap"; type="{LINK_FORMAT}"',
        ]


def paths_of(exchange: Exchange, board: Board) -> Paths:
    """The paths of a board's standings."""
    original = exchange.to("v1", "leaderboards", board.slug, "standings")
    return Paths(original, f"{original}/timemap")


def mementos(published: Iterable[tuple[datetime, date]]) -> list[datetime]:
    """The moments, to the second, from which on other standings were the newest, oldest first.

    `published` are the publications of editions and their dates.
    """
    found: list[datetime] = []
    newest = date.min
    for moment, day in sorted(published):
        if day >= newest:
            newest = day
            whole = moment.replace(microsecond=0)
            found.append(whole if whole == moment else whole + timedelta(seconds=1))
    return list(dict.fromkeys(found))


def time_gate(record: Record, board: Board, exchange: Exchange, asked: str) -> Response | None:
    """Lead to the standings of a moment; None if there have never been any.

    Raises:
        ProblemError: it is no date as HTTP has them.
    """
    moment = _parsed(asked)
    record.begin_long()
    found = mementos(publications_of(record.session, board.id))
    if not found:
        return None
    paths = paths_of(exchange, board)._replace(query=exchange.query_without("cursor"))
    before = [one for one in found if one <= moment]
    return Response(
        status_code=FOUND,
        headers={
            "Location": paths.at(before[-1] if before else found[0]),
            "Vary": f"Accept, {ACCEPT_DATETIME}",
            "Cache-Control": OPEN,
            "Link": ", ".join(paths.links()),
        },
    )


def memento_headers(edition: Edition | None, *, past: bool) -> dict[str, str]:
    """What tells that an answer is of the past, and of which moment."""
    if not past or edition is None:
        return {}
    return {"Memento-Datetime": format_datetime(edition.published_at.astimezone(UTC), usegmt=True)}


def timemap(paths: Paths, moments: Sequence[datetime]) -> str:
    """All mementos in link-format (RFC 6690; RFC 7089, section 5)."""
    lines = [
        f'<{paths.original}>; rel="original timegate"',
        f'<{paths.timemap}>; rel="self"; type="{LINK_FORMAT}"',
    ]
    for number, moment in enumerate(moments):
        ends = (("first", 0), ("last", len(moments) - 1))
        rel = " ".join([*(name for name, at in ends if at == number), "memento"])
        when = format_datetime(moment.astimezone(UTC), usegmt=True)
        lines.append(f'<{paths.at(moment)}>; rel="{rel}"; datetime="{when}"')
    return ",\n".join(lines) + "\n"


def _parsed(asked: str) -> datetime:
    try:
        moment = parsedate_to_datetime(asked)
    except (ValueError, OverflowError) as error:
        raise ProblemError(BAD_REQUEST, "`Accept-Datetime` is no date of HTTP") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
