"""Whatever an upstream does, a run ends as it is written, and nothing that was stored suffers."""

import re
from collections.abc import Iterator

import pytest

from app.domain.runs import Outcome
from app.store.engine import SessionFactory, reading
from app.upkeep.checking import check_record
from tests.faults.catalogue import Fault
from tests.faults.laboratory import Laboratory, laboratory
from tests.faults.listing_faults import LISTINGS
from tests.faults.stores import Stores
from tests.faults.table_faults import TABLES
from tests.faults.tally import Tally
from tests.faults.wire_faults import WIRE

FAULTS = [*WIRE, *LISTINGS, *TABLES]
# What is refused never comes near the database: of those PostgreSQL sees some.
BY_POSTGRESQL = [fault for n, fault in enumerate(FAULTS) if fault.newest or n % 10 == 0]
ALL = [("sqlite", fault) for fault in FAULTS] + [("postgresql", fault) for fault in BY_POSTGRESQL]


@pytest.fixture
def lab(kind: str, stores: Stores) -> Iterator[Laboratory]:
    """One in whose record the first edition is stored."""
    with stores.lend(kind, _begun) as sessions, laboratory(sessions) as made:
        yield made


def _begun(sessions: SessionFactory) -> None:
    with laboratory(sessions) as lab:
        assert lab.scrape().outcome is Outcome.SUCCEEDED


def test_no_fault_stands_twice_in_the_list() -> None:
    names = [fault.name for fault in FAULTS]

    assert sorted(names) == sorted(set(names))
    assert len(names) >= 60


@pytest.mark.parametrize(
    ("kind", "fault"), [pytest.param(*case, id=f"{case[1].name}-{case[0]}") for case in ALL]
)
def test_a_fault_ends_as_it_is_written(
    kind: str, fault: Fault, lab: Laboratory, tally: Tally
) -> None:
    with tally.of(f"upstream, {kind}", tries=max(fault.tries, 1)):
        before = lab.stored()
        fault.harm(lab)
        report = lab.scrape()
        run, newest, after = lab.run(), lab.newest(), lab.stored()
        tries, waited = lab.tries(fault.place), sum(lab.time.slept)
        others = lab.scrape_other()
        lab.heal()
        recovered = lab.scrape()

        assert (run.error_kind or run.outcome) == fault.ends, run.error
        assert report.error == run.error
        assert re.search(fault.says, run.error or ""), run.error
        assert tries == fault.tries
        if fault.waits is not None:
            assert fault.waits[0] - 0.01 <= waited <= fault.waits[1] + 0.01
        if fault.newest is None:
            assert after == before
            assert (run.documents, run.entries_written) == (0, 0)
        else:
            day, entries, ranks = fault.newest
            seen = (newest.day, len(newest.ranks), newest.ranks[: len(ranks)])
            assert seen == (day, entries, [*ranks])
            with reading(lab.sessions) as session:
                assert list(check_record(session)) == []
        assert others.outcome is Outcome.SUCCEEDED
        assert recovered.outcome is Outcome.SUCCEEDED
        assert lab.newest().day == fault.later
