"""A record with all that a record can hold, for tests of its soundness."""

from app.domain.runs import RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import claim, run_scrape
from app.store.engine import build_engine, session_factory
from tests.curated import PLAIN, decide, listed, with_models
from tests.factories import (
    Record,
    Upstream,
    entry,
    leaderboard,
    profile,
    snapshot,
    source_info,
    work,
)

# Snapshots by what they are for; numbers are given in the order in which they are stored.
RUN, FIRST, JOINED, RESTATED, ERRORS, WHOLE, PART, OTHER = ALL = tuple(range(1, 9))


def fill(url: str) -> None:
    """Make boards of three sources with all that a record can hold."""
    engine = build_engine(url)
    sessions = session_factory(engine)
    third = Upstream(source_info("third"))
    third.publish("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}, board="third-text")
    at_third = work(third, sessions)
    run_scrape(at_third, RunKind.MANUAL)
    run_scrape(at_third, RunKind.SCHEDULED, slot=1)
    third.publish("2024-07-02", {"OpenAI/a": 10}, board="third-text")
    third.broken[third.revisions[-1][0].revision] = lambda: b"nonsense"
    run_scrape(at_third, RunKind.SCHEDULED, slot=2)
    run_backfill(at_third)
    assert claim(at_third, RunKind.MANUAL) is not None

    record = Record(sessions, curated=PLAIN)
    record.history(
        {
            "2024-07-01": {"Acme/old": 9, "Acme/near": 8, "Crowd/c": 7},
            "2024-07-02": {"Acme/old": 9, "Acme/new": 10, "Acme/near": 9, "Crowd/c": 9},
        }
    )
    restated = snapshot("2024-07-01", {"Acme/old": 9, "Acme/near": 7, "Crowd/c": 11})
    record.add(restated, published_at="2024-07-05")
    record.add(restated, published_at="2024-07-06")
    rows = [
        entry("old", 1, lower=0.5, upper=2, votes=40, published_rank=1, of="Acme"),
        entry("near", 2, lower=1, of=profile("Acme", official=False, licence="MIT")),
        entry("c", 3, votes=7, of=profile("Crowd", official=True, parameters_b=7.5)),
    ]
    record.add(snapshot("2024-07-01", rows, leaderboard("demo-errors", higher_is_better=False)))
    many = leaderboard("demo-many")
    record.add(snapshot("2024-07-01", {f"m{n}": n for n in range(12)}, many))
    record.add(snapshot("2024-07-02", {"m1": 1, "m2": 2}, many))
    hub = [
        entry(name, score, of=profile(namespace="acme"))
        for name, score in (("acme/x", 3), ("Acme/X", 2), ("acme/y", 1))
    ]
    other = Record(sessions, source_info("other"), PLAIN)
    other.add(snapshot("2024-07-03", hub, leaderboard("other-text")))
    decide(sessions, with_models(listed("new", "old", "new")))
    engine.dispose()
