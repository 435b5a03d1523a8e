"""Deciding anew what makers, countries and licences are."""

from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import select

from app.api.identifiers import organization_called
from app.identity.curation import Curation, curation
from app.identity.licences import Licence
from app.identity.organizations import Country, FormerName
from app.ingest.resolution import is_resolved, resolve_again
from app.store.engine import SessionFactory, reading
from app.store.queries.catalogue import Catalogue
from app.store.queries.names import Names
from app.store.tables import ALIAS_MAKER
from tests.curated import ACME, CROWD, NOTHING, PLAIN, decide, listed, with_models
from tests.factories import NOW, Record, entry, leaderboard, profile, snapshot
from tests.views import seen


def names(sessions: SessionFactory) -> Names:
    with reading(sessions) as session:
        return Catalogue().read(session)


def test_an_organization_taken_from_the_table_is_what_is_printed_again(
    sessions: SessionFactory,
) -> None:
    record = Record(sessions, curated=Curation(organizations=(CROWD,)))
    record.add(snapshot("2024-07-01", {"Acme Labs/a": 1, "ACME/b": 2, "Crowd/c": 3}))
    before = seen(sessions)
    labs = ACME.model_copy(update={"spellings": ("Acme Labs",)})

    decide(sessions, Curation(organizations=(labs, CROWD)))
    joined = names(sessions)
    decide(sessions, Curation(organizations=(CROWD,)))

    assert set(joined.models) == {"acme--a", "acme--b", "crowd--c"}
    assert organization_called(joined, "acme-labs").slug == "acme"
    after = seen(sessions)
    assert after.models.keys() == before.models.keys()
    assert (after.snapshots, after.series) == (before.snapshots, before.series)
    known = names(sessions)
    assert {m.organization and m.organization.name for m in known.models.values()} == {
        "Acme Labs",
        "ACME",
        "Crowd",
    }
    assert "acme" in known.organizations
    assert not known.organizations["acme"].reviewed


def test_ids_of_organizations_lead_on(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Labs/a": 1, "Old Labs/b": 2}))
    facts = {"slug": "acme-labs", "name": "Labs", "spellings": ("Old Labs",)}
    labs = CROWD.model_copy(update=facts)
    decide(sessions, Curation(organizations=(ACME, labs)))
    first = names(sessions)
    all_in_one = ACME.model_copy(update={"spellings": ("Labs", "Old Labs")})

    decide(sessions, Curation(organizations=(all_in_one,)))

    known = names(sessions)
    assert organization_called(first, "labs").slug == "acme-labs"
    slugs = ("acme-labs", "labs", "old-labs")
    assert {organization_called(known, slug).slug for slug in slugs} == {"acme"}
    assert set(known.organizations) == {"acme"}
    assert {slug for slug in known.organization_spellings if slug.startswith("~")} == set()


def test_an_id_that_somebody_else_has_now_does_not_lead_on(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Labs/a": 1, "Acme-Labs/b": 2}))
    facts = {"slug": "acme-labs", "name": "Labs", "spellings": ("Acme-Labs",)}
    decide(sessions, Curation(organizations=(ACME, CROWD.model_copy(update=facts))))
    first = names(sessions)
    taken_over = ACME.model_copy(update={"spellings": ("Labs",)})

    decide(sessions, Curation(organizations=(taken_over,)))

    known = names(sessions)
    assert set(first.models) == {"acme-labs--a", "acme-labs--b"}
    assert set(known.models) == {"acme--a", "acme-labs--b"}
    assert organization_called(known, "acme-labs").name == "Acme-Labs"


def test_a_maker_that_is_only_listed_is_a_change_too(sessions: SessionFactory) -> None:
    decide(sessions, Curation(organizations=(ACME,)))

    assert decide(sessions, PLAIN).changed
    assert decide(sessions, PLAIN) == NOTHING
    assert decide(sessions, Curation(organizations=(ACME,))).changed


def test_an_organization_keeps_the_names_it_had(sessions: SessionFactory) -> None:
    renamed = ACME.model_copy(
        update={
            "name": "Acme Space",
            "former_names": (FormerName(name="Acme", until=date(2024, 7, 2)),),
        }
    )
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Acme/a": 1}))

    decide(sessions, Curation(organizations=(renamed,)))
    Record(sessions, record.info, Curation(organizations=(renamed,))).add(
        snapshot("2024-07-02", {"Acme Space/b": 2, "acme/a": 1})
    )

    known = names(sessions)
    assert set(known.models) == {"acme--a", "acme--b"}
    acme = known.organizations["acme"]
    assert [acme.name_on(date(2024, 7, day)) for day in (1, 2)] == ["Acme", "Acme Space"]
    assert decide(sessions, PLAIN).changed
    assert names(sessions).organizations["acme"].former_names == ()


def test_countries_are_called_as_the_table_says(sessions: SessionFactory) -> None:
    decide(sessions, Curation(countries=(Country(code="US", name="United States"),)))
    first = names(sessions).countries
    decide(sessions, Curation(countries=(Country(code="US", name="America"),)))
    second = names(sessions).countries
    decide(sessions, Curation())

    assert (first, second) == ({"US": "United States"}, {"US": "America"})
    assert names(sessions).countries == {}


def test_licences_are_read_anew(sessions: SessionFactory) -> None:
    own = Licence(id="acme-1", name="Acme 1", open_weights=True, spellings=("Our Own",))
    record = Record(sessions, curated=PLAIN)
    record.add(
        snapshot("2024-07-01", [entry("a", 1, of=profile("Acme", licence="Our Own"))]),
    )
    unread = licences(sessions)

    decide(sessions, Curation(organizations=(ACME,), licences=(own,)))
    read = licences(sessions)
    called = own.model_copy(update={"name": "Acme One"})
    decide(sessions, Curation(organizations=(ACME,), licences=(called,)))
    renamed = licences(sessions)
    closed = own.model_copy(update={"open_weights": False})
    decide(sessions, Curation(organizations=(ACME,), licences=(closed,)))
    corrected = licences(sessions)
    decide(sessions, PLAIN)

    assert unread == ({}, {(None, None)})
    assert read == ({"acme-1": "Acme 1"}, {("acme-1", True)})
    assert renamed == ({"acme-1": "Acme One"}, {("acme-1", True)})
    assert corrected == ({"acme-1": "Acme 1"}, {("acme-1", False)})
    assert licences(sessions) == unread


def licences(
    sessions: SessionFactory,
) -> tuple[Mapping[str, str], set[tuple[str | None, bool | None]]]:
    known = names(sessions)
    return (
        {licence.id: licence.name for licence in known.licences.values()},
        {(p.licence_id, p.open_weights) for p in known.profiles.values()},
    )


def test_the_facts_of_the_program_are_applied_until_they_are(sessions: SessionFactory) -> None:
    decide(sessions, PLAIN)
    stale = is_resolved(sessions)

    resolve_again(sessions, now=NOW)

    assert not stale
    assert is_resolved(sessions)
    assert len(names(sessions).organizations) == len(curation().organizations)


@pytest.mark.parametrize(
    ("printed", "counts"),
    [
        pytest.param(("Acme", "Somebody"), "acme", id="reviewed-first"),
        pytest.param(("Somebody", "Acme"), "acme", id="reviewed-last"),
        pytest.param(("Somebody", "Anybody"), "anybody", id="by-id"),
    ],
)
def test_of_two_makers_that_are_printed_on_one_day_one_counts_in_any_order(
    sessions: SessionFactory, printed: tuple[str, ...], counts: str
) -> None:
    record = Record(sessions, curated=PLAIN)

    for number, maker in enumerate(printed):
        rows = [entry("a", 1, of=profile(maker))]
        record.add(snapshot("2024-07-01", rows, leaderboard(f"demo-{number}")))

    assert set(names(sessions).models) == {f"{counts}--a"}


def test_what_another_process_has_seen_printed_counts_too(sessions: SessionFactory) -> None:
    """As where the years before are filled while the scheduler goes on."""
    scheduler, backfill = (Record(sessions, curated=PLAIN) for _ in range(2))
    scheduler.add(snapshot("2024-07-03", {"Acme/a": 1}))
    backfill.add(snapshot("2024-07-01", {"Acme/a": 1}))
    version = names(sessions).version

    scheduler.add(snapshot("2024-07-09", {"Acme/a": 1}))
    unchanged = names(sessions).version
    backfill.add(snapshot("2024-07-05", {"Crowd/a": 1}))
    backfill.add(snapshot("2024-07-06", {"Acme/a": 1}))

    assert version == unchanged
    assert list(names(sessions).models) == ["acme--a"]
    with reading(sessions) as session:
        rows = session.execute(select(ALIAS_MAKER.c.printed, ALIAS_MAKER.c.last_date)).all()
    assert {printed: str(day) for printed, day in rows} == {
        "Acme": "2024-07-09",
        "Crowd": "2024-07-05",
    }


def test_a_model_may_be_listed_without_its_maker_who_is_as_printed(
    sessions: SessionFactory,
) -> None:
    record = Record(sessions, curated=with_models(listed("Alpha", "a", organization=None)))

    record.add(snapshot("2024-07-01", {"Acme/a": 1}))

    [model] = names(sessions).models.values()
    assert model.organization is not None
    assert (model.name, model.organization.slug, model.reviewed) == ("Alpha", "acme", True)
