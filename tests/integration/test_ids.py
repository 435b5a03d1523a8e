"""Whose an id is: the name's that was known by it first, whatever is decided and taken back."""

import pytest

from app.identity.curation import Curation
from app.identity.models import PrintedName
from app.store.engine import SessionFactory, reading
from app.store.queries.catalogue import Catalogue
from app.store.queries.names import Names
from tests.curated import ACME, CROWD, PLAIN, decide, listed, with_models
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info


def names(sessions: SessionFactory) -> Names:
    with reading(sessions) as session:
        return Catalogue().read(session)


def ids(sessions: SessionFactory) -> dict[tuple[str, str], str]:
    """The model that each (source, printed name) means."""
    return {(a.source, a.printed_name): a.model.slug for a in names(sessions).aliases.values()}


def test_an_id_goes_with_the_name_that_was_known_by_it_first(sessions: SessionFactory) -> None:
    curated = with_models(listed("new", PrintedName(source="demo", name="old")))
    Record(sessions, curated=curated).add(snapshot("2024-07-01", {"Acme/old": 1}))
    other = Record(sessions, source_info("other"), curated)
    other.add(snapshot("2024-07-02", {"Acme/old": 1}, leaderboard("other-text")))
    before = ids(sessions)

    decide(sessions, PLAIN)
    meanwhile = ids(sessions)
    decide(sessions, curated)

    own = before["other", "old"]
    assert before == {("demo", "old"): "acme--new", ("other", "old"): own}
    assert own.startswith("acme--old-")
    assert meanwhile == {("demo", "old"): "acme--old", ("other", "old"): "acme--old"}
    assert ids(sessions) == before
    assert names(sessions).redirects == {"acme--old": "acme--new"}


def test_an_id_does_not_stay_with_names_that_came_as_its_own_left(
    sessions: SessionFactory,
) -> None:
    maker = ACME.model_copy(update={"namespaces": ("acme-hub",)})
    curated = Curation(organizations=(maker, CROWD), models=(listed("new", "old"),))
    rows = [
        entry("old", 2, of=profile("Acme")),
        entry("acme-hub/old", 1, of=profile(namespace="acme-hub")),
    ]
    Record(sessions, curated=curated).add(snapshot("2024-07-01", rows))
    before = ids(sessions)

    decide(sessions, PLAIN)
    meanwhile = ids(sessions)
    known = names(sessions).redirects
    decide(sessions, curated)

    assert before == {("demo", "old"): "acme--new", ("demo", "acme-hub/old"): "acme--old"}
    assert meanwhile["demo", "acme-hub/old"] == known["acme--old"] == "acme-hub--old"
    assert meanwhile["demo", "old"] == known["acme--new"] != "acme--old"
    assert ids(sessions) == before


@pytest.mark.parametrize("together", [True, False])
def test_an_id_is_not_a_namesakes_that_comes_as_its_name_leaves(
    sessions: SessionFactory, *, together: bool
) -> None:
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Acme/alpha": 1}))
    moved, comes = {"Crowd/alpha": 1}, {"Acme/alpha (FC)": 2}

    for number, rows in enumerate([moved | comes] if together else [moved, comes], start=2):
        record.add(snapshot(f"2024-07-0{number}", rows))

    assert ids(sessions)["demo", "alpha"] == "crowd--alpha"
    assert ids(sessions)["demo", "alpha (FC)"].startswith("acme--alpha-")
    assert names(sessions).redirects == {"acme--alpha": "crowd--alpha"}


def test_of_two_that_would_have_one_id_the_longest_known_has_it(sessions: SessionFactory) -> None:
    curated = with_models(listed("gamma", "gamma", "gamma+"))
    record = Record(sessions, curated=curated)
    record.add(snapshot("2024-07-01", {"Acme/gamma": 2}))
    record.add(snapshot("2024-07-02", {"Acme/gamma": 2, "Acme/gamma+": 1}))

    for facts in (PLAIN, curated, PLAIN):
        decide(sessions, facts)

    assert ids(sessions)["demo", "gamma"] == "acme--gamma"
    assert ids(sessions)["demo", "gamma+"].startswith("acme--gamma-")
