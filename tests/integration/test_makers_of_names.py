"""Who made what a source prints without its maker is known name by name."""

import pytest

from app.identity.curation import Curation
from app.identity.models import MakerOfNames
from app.store.engine import SessionFactory, reading
from app.store.queries.catalogue import Catalogue
from tests.api import Api
from tests.curated import ACME, CROWD, PLAIN, decide
from tests.factories import Record, leaderboard, snapshot, source_info

KNOWN = Curation(
    organizations=(ACME, CROWD),
    makers=(MakerOfNames(organization="acme", names=("Rocket (high)", "Skate"), evidence="told"),),
)


def models(sessions: SessionFactory) -> set[str]:
    with reading(sessions) as session:
        return set(Catalogue().read(session).models)


@pytest.fixture
def record(sessions: SessionFactory) -> Record:
    return Record(sessions, curated=KNOWN)


def test_a_name_without_a_maker_has_the_listed_one(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", {"rocket-high": 3, "Crowd/Skate": 2, "Other": 1}))

    assert models(sessions) == {"acme--rocket-high", "crowd--skate", "unknown--other"}


def test_it_is_one_with_what_another_source_prints_with_its_maker(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", {"Rocket (high)": 3}))
    Record(sessions, source_info("other"), KNOWN).add(
        snapshot("2024-07-02", {"Acme/rocket-high": 1}, leaderboard("other-text"))
    )

    assert models(sessions) == {"acme--rocket-high"}


def test_how_a_model_was_asked_makes_it_no_other(sessions: SessionFactory, api: Api) -> None:
    Record(sessions, curated=PLAIN).add(
        snapshot("2024-07-01", {"Acme/x (FC)": 3, "Acme/y (FC)": 2, "Acme/x (Prompt)": 1})
    )
    Record(sessions, source_info("other"), PLAIN).add(
        snapshot("2024-07-02", {"Acme/X": 1}, leaderboard("other-text"))
    )

    assert models(sessions) == {"acme--x", "acme--y"}
    rows = api.get("/v1/leaderboards/demo-text/standings")["data"]
    assert [(row["rank"], row["printed_name"]) for row in rows] == [(1, "x (FC)"), (2, "y (FC)")]


def test_it_can_be_decided_later_and_taken_back(sessions: SessionFactory) -> None:
    Record(sessions, curated=PLAIN).add(snapshot("2024-07-01", {"Skate": 3}))

    before = models(sessions)
    decide(sessions, KNOWN)
    then = models(sessions)
    decide(sessions, PLAIN)

    assert before == models(sessions) == {"unknown--skate"}
    assert then == {"acme--skate"}


def test_a_maker_that_is_printed_later_counts(record: Record, sessions: SessionFactory) -> None:
    record.add(snapshot("2024-07-01", {"Skate": 3}))
    record.add(snapshot("2024-07-02", {"Crowd/Skate": 3}))

    assert models(sessions) == {"crowd--skate"}
