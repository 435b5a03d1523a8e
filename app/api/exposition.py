"""The metrics of the service, as Prometheus reads them.

What is of the record comes from the database whenever it is asked for, so that every process tells
the same, whichever of them scraped; what is of requests is counted by the processes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from app import __version__
from app.api.operating import Judged, judge, schedule_of
from app.domain.runs import SchedulerState
from app.store.queries.sources import GOOD, Run
from app.store.queries.watching import (
    RunTally,
    run_tallies,
    watched_sources,
)
from app.telemetry.tally import BUCKETS, POOLS, Requests, Tally

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PROCESS_GAUGES = {
    "workers": ("almanac_workers", "Processes that answer, and are told here together."),
    "requests_in_progress": (
        "almanac_requests_in_progress",
        "Requests being worked out now; kept answers are sent at once.",
    ),
    "requests_waiting": (
        "almanac_requests_waiting",
        "Requests that wait for a thread that works answers out.",
    ),
    "threads_busy": ("almanac_threads_busy", "Threads that are working an answer out."),
    "threads_max": ("almanac_threads_max", "Threads there are for that."),
    "kept_answers": ("almanac_answer_cache_answers", "Encoded answers that are kept in memory."),
    "kept_bytes": ("almanac_answer_cache_bytes", "Memory that kept answers take, about."),
    "kept_bytes_max": ("almanac_answer_cache_max_bytes", "Memory that they may take."),
}
POOL_GAUGES = {
    "connections_in_use": (
        "almanac_database_connections_in_use",
        "Connections of the pool that are in use.",
    ),
    "connections_idle": (
        "almanac_database_connections_idle",
        "Connections of the pool that are open and not in use.",
    ),
    "connections_max": (
        "almanac_database_connections_max",
        "Connections of the pool that may be in use at once.",
    ),
    "pools_exhausted": (
        "almanac_database_pools_exhausted",
        "Processes of which every connection of the pool is in use, so that requests wait.",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says at a moment."""

    now: datetime
    sources: Sequence[Judged]
    tallies: Sequence[RunTally]


def facts_of(session: Session, now: datetime) -> Facts:
    """What there is to be told of the record."""
    sources = watched_sources(session, now)
    return Facts(now, judge(sources, now), run_tallies(session, sources))


class _Families(Collector):
    """What is told once, worked out before."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def exposed(
    tally: Tally, facts: Facts | None, accept: str, *, on_replica: bool | None
) -> tuple[bytes, str]:
    """All metrics in the form that is wanted, and its media type: text, or OpenMetrics.

    Without `facts` the database did not answer, and only that is told of it. `on_replica` says
    whether answers are read from a replica now, None where there is none.
    """
    registry = CollectorRegistry()
    replica = _of_replica(on_replica=on_replica)
    pools = _of_pools(tally, POOLS[:1] if on_replica is None else POOLS)
    registry.register(_Families([*_of_process(tally), *pools, *replica, *_of_database(facts)]))
    # The library believes whatever version and escaping a caller asks for, and fails of some.
    encode, media_type = choose_encoder(
        OPENMETRICS if "application/openmetrics-text" in accept else ""
    )
    return encode(registry), media_type


def _of_process(tally: Tally) -> Iterator[Metric]:
    info = GaugeMetricFamily("almanac_build_info", "The version that runs.", labels=["version"])
    info.add_metric([__version__], 1)
    yield info
    requests = CounterMetricFamily(
        "almanac_requests",
        "Requests answered, by operation of the API (`none`: any other path), method, class of "
        "status (304 apart), and whether the answer was kept in memory or worked out.",
        labels=["operation", "method", "status", "answer"],
    )
    seconds = HistogramMetricFamily(
        "almanac_request_duration_seconds",
        "From a request to the end of its answer, of those that were worked out.",
        labels=["operation", "method", "status"],
    )
    for kind in tally.requests():
        labels = [kind.operation, kind.method, kind.status]
        if kind.kept:
            requests.add_metric([*labels, "kept"], kind.kept)
        if worked_out := sum(kind.within):
            requests.add_metric([*labels, "worked_out"], worked_out)
            seconds.add_metric(labels, _buckets(kind), kind.seconds)
    yield requests
    yield seconds
    gauges = tally.gauges()
    for gauge, told in PROCESS_GAUGES.items():
        yield GaugeMetricFamily(*told, value=gauges[gauge])


def _of_pools(tally: Tally, pools: Iterable[str]) -> Iterator[Metric]:
    """Each pool for itself: of two together, one that is exhausted would be seen too late."""
    gauges = tally.gauges()
    for gauge, told in POOL_GAUGES.items():
        family = GaugeMetricFamily(*told, labels=["pool"])
        for pool in pools:
            family.add_metric([pool], gauges[f"{pool}_{gauge}"])
        yield family


def _buckets(kind: Requests) -> list[tuple[str, float]]:
    """How many took at most so long, as the format has it: each bucket includes those before."""
    buckets, total = [], 0
    for bound, number in zip([*map(str, BUCKETS), "+Inf"], kind.within, strict=True):
        total += number
        buckets.append((bound, float(total)))
    return buckets


def _of_replica(*, on_replica: bool | None) -> Iterator[Metric]:
    if on_replica is not None:
        yield GaugeMetricFamily(
            "almanac_replica_in_use",
            "Whether answers are read from the replica, which is near enough then.",
            value=on_replica,
        )


def _of_database(facts: Facts | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "almanac_database_up",
        "Whether the database answers, with this version's schema.",
        value=facts is not None,
    )
    if facts is None:
        return
    schedule = schedule_of(facts.sources)
    if schedule.state is not SchedulerState.NOT_NEEDED:
        yield GaugeMetricFamily(
            "almanac_scheduler_up",
            "Whether scrapes that are due are made; not there where no source needs any.",
            value=schedule.state is SchedulerState.ALIVE,
        )
    if schedule.seen_at is not None:
        yield GaugeMetricFamily(
            "almanac_scheduler_last_seen_timestamp_seconds",
            "When a scheduled scrape last began.",
            value=schedule.seen_at.timestamp(),
        )
    yield from _of_sources(facts)
    yield from _of_runs(facts.tallies)


def _of_sources(facts: Facts) -> Iterator[Metric]:
    for name, documentation, value_of in SOURCE_GAUGES:
        family = GaugeMetricFamily(name, documentation, labels=["source"])
        for one in facts.sources:
            value = value_of(one)
            if value is not None:
                family.add_metric([one.watched.source.slug], value)
        yield family


def _of_runs(tallies: Iterable[RunTally]) -> Iterator[Metric]:
    runs = CounterMetricFamily(
        "almanac_source_runs",
        "Runs that have ended, by kind (scheduled, manual, backfill) and outcome.",
        labels=["source", "kind", "outcome"],
    )
    fetched = CounterMetricFamily(
        "almanac_source_fetched_bytes",
        "Bytes fetched by runs, decompressed.",
        labels=["source", "kind"],
    )
    written = CounterMetricFamily(
        "almanac_source_entries_written",
        "Entries that runs have stored.",
        labels=["source", "kind"],
    )
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in tallies:
        runs.add_metric([one.source, one.kind, one.outcome], one.runs)
        size, entries = sums.get((one.source, one.kind), (0, 0))
        sums[one.source, one.kind] = (size + one.bytes_fetched, entries + one.entries_written)
    for labels, (size, entries) in sums.items():
        fetched.add_metric(labels, size)
        written.add_metric(labels, entries)
    yield from (runs, fetched, written)


def _of_last(value_of: Callable[[Run], float | None]) -> Callable[[Judged], float | None]:
    """A figure of the last run that has ended."""

    def value(one: Judged) -> float | None:
        run = one.watched.last_ended
        return None if run is None else value_of(run)

    return value


def _ended_at(run: Run | None) -> float | None:
    return None if run is None or run.finished_at is None else run.finished_at.timestamp()


def _begins(day: date | None) -> float | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC).timestamp()


def _duration(run: Run) -> float | None:
    return None if run.finished_at is None else (run.finished_at - run.started_at).total_seconds()


SOURCE_GAUGES: Sequence[tuple[str, str, Callable[[Judged], float | None]]] = (
    (
        "almanac_source_up",
        "Whether the last scrape that has ended succeeded.",
        _of_last(lambda run: run.outcome in GOOD),
    ),
    (
        "almanac_source_last_run_duration_seconds",
        "How long the last scrape took.",
        _of_last(_duration),
    ),
    (
        "almanac_source_last_run_bytes",
        "Bytes that the last scrape fetched, decompressed.",
        _of_last(lambda run: run.bytes_fetched),
    ),
    (
        "almanac_source_last_run_entries",
        "Entries that the last scrape stored; 0 where nothing was new.",
        _of_last(lambda run: run.entries_written),
    ),
    (
        "almanac_source_last_run_timestamp_seconds",
        "When the last scrape ended.",
        _of_last(_ended_at),
    ),
    (
        "almanac_source_last_success_timestamp_seconds",
        "When the last scrape that succeeded ended.",
        lambda one: _ended_at(one.watched.last_success),
    ),
    (
        "almanac_source_newest_edition_timestamp_seconds",
        "The date of the newest edition, its midnight UTC.",
        lambda one: _begins(one.watched.newest_edition_date),
    ),
    (
        "almanac_source_cadence_seconds",
        (
            "The longest time that usually passes between two editions; not there where nothing "
            "can be expected."
        ),
        lambda one: one.watched.source.cadence_seconds,
    ),
    (
        "almanac_source_overdue_seconds",
        (
            "How long a scheduled scrape has been due and not begun; not there where none is "
            "needed, or none was ever scheduled."
        ),
        lambda one: None if one.overdue is None else one.overdue.total_seconds(),
    ),
    (
        "almanac_source_interval_seconds",
        "Time between two scheduled scrapes.",
        lambda one: one.watched.source.every_seconds,
    ),
    (
        "almanac_source_archived",
        "Whether the upstream has ended: one success is enough.",
        lambda one: one.watched.source.archived,
    ),
)
