"""Domain values for tests of analyses: every argument optional."""

from datetime import UTC, date, datetime, timedelta

from app.domain.standings import Edition, Figures, Model, Organization, Point, Standing

FIRST_DAY = date(2024, 7, 1)
RACE = ("2024-05-01", "2024-05-11", "2024-07-20")


def organization(slug: str, *, kind: str = "company", country: str | None = None) -> Organization:
    """A maker by its slug."""
    return Organization(slug=slug, name=slug.title(), kind=kind, country=country)


def model(slug: str, maker: Organization | None = None) -> Model:
    """A model by its slug."""
    return Model(slug=slug, name=slug, organization=maker)


def standing(  # noqa: PLR0913 - one keyword per fact
    slug: str = "a",
    *,
    rank: int = 1,
    score: float = 1000.0,
    interval: tuple[float, float] | None = None,
    maker: Organization | None = None,
    official: bool = True,
    licence_id: str | None = None,
    open_weights: bool | None = None,
    parameters_b: float | None = None,
) -> Standing:
    """An entry."""
    lower, upper = interval or (None, None)
    return Standing(
        rank=rank,
        tied=0,
        score=score,
        score_lower=lower,
        score_upper=upper,
        votes=None,
        published_rank=None,
        variants=1,
        model=model(slug, maker),
        printed_name=slug,
        official=official,
        licence=None,
        licence_id=licence_id,
        open_weights=open_weights,
        parameters_b=parameters_b,
        kind="model",
    )


def standings(*slugs: str) -> list[Standing]:
    """Entries in this order, best first, without ties."""
    return [
        standing(slug, rank=rank, score=1000.0 - rank) for rank, slug in enumerate(slugs, start=1)
    ]


def ranked(intervals: list[tuple[float, float] | None]) -> list[Standing]:
    """Entries with these score intervals, the score in the middle."""
    scores = [sum(bounds) / 2 if bounds else 0.0 for bounds in intervals]
    return [
        standing(f"m{n}", rank=1 + sum(s > score for s in scores), score=score, interval=bounds)
        for n, (score, bounds) in enumerate(zip(scores, intervals, strict=True))
    ]


def point(
    *, rank: int = 1, previous_rank: int | None = None, previous_day: int | None = None
) -> Point:
    """An edition in a history; days count from the first."""
    previous = None if previous_day is None else FIRST_DAY + timedelta(days=previous_day)
    day = FIRST_DAY + timedelta(days=30)
    figures = Figures(day, 1, rank, 0, 900.0, None, None, None, None, 1)
    moment = datetime(2024, 7, 1, tzinfo=UTC)
    edition = Edition(1, day, moment, moment, "rev", 10, 1000.0, "complete", None)
    return Point(edition, figures, previous_rank, previous, "a")
