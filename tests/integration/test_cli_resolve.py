"""`almanac resolve`, and the facts that every command applies first."""

import pytest

from app.cli import DONE
from app.identity.curation import Curation, curation
from app.ingest.resolution import Resolution, is_resolved, resolve_again
from app.reports import print_resolution, print_unreviewed
from app.store.engine import SessionFactory, reading
from app.store.queries.catalogue import Catalogue
from app.store.queries.review import decisions, review, unread_licences
from app.store.queries.sources import list_sources
from tests.commands import Shell, opened
from tests.curated import ACME
from tests.factories import NOW, Record, Upstream, entry, profile, snapshot


@pytest.mark.parametrize(
    ("command", "told"),
    [
        pytest.param("migrate", True, id="migrate"),
        pytest.param("resolve", True, id="resolve"),
        pytest.param("sources", False, id="any-other"),
    ],
)
def test_a_record_that_other_facts_decided_is_brought_in_line(
    almanac: Shell,
    command: str,
    told: bool,  # noqa: FBT001
) -> None:
    almanac("scrape")
    before = opened()
    resolve_again(before.sessions, now=NOW, curated=Curation())
    stale = is_resolved(before.sessions)

    code, text = almanac(command)

    assert (code, stale, is_resolved(before.sessions)) == (DONE, False, True)
    assert ("names mean another model; 0 editions have other ranks" in text) is told
    before.engine.dispose()


def test_names_can_be_decided_anew_at_any_time(almanac: Shell) -> None:
    almanac("scrape")

    assert almanac("resolve") == (DONE, "every name means what it meant before\n")


def test_what_came_of_deciding_anew_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_resolution(Resolution(names_moved=2, editions_changed=1, changed=True))

    assert capsys.readouterr().out == (
        "the curated facts are applied: 2 names mean another model; 1 editions have other ranks\n"
    )


def test_what_wants_a_decision_is_listed_and_nothing_is_changed(
    almanac: Shell, upstream: Upstream
) -> None:
    upstream.publish("2024-07-04", {"OpenAI/a": 10, "New Lab/b": 9, "New Lab/c": 8, "loner": 7})
    upstream.publish("2024-07-05", {"OpenAI/a": 10, "loner": 7, "New Lab/c": 5})
    almanac("backfill", "demo")

    stale = opened()
    resolve_again(stale.sessions, now=NOW, curated=Curation(organizations=curation().organizations))

    code, text = almanac("resolve", "--unreviewed")
    fewer = almanac("resolve", "--unreviewed", "--limit", "1")[1]

    assert code == DONE
    assert is_resolved(stale.sessions) is False
    stale.engine.dispose()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines == [
        "rank board now, printed name, what is wanted",
        "2 demo-text loner who made it?",
        "3 demo-text c who is new-lab? (2 names)",
        "2 of 2 decisions shown (--limit)",
        "decide in app/identity/*.toml, then `almanac resolve`",
    ]
    assert "1 of 2 decisions shown" in fewer
    assert "new-lab" not in fewer


def test_what_stands_nowhere_now_and_licences_that_nobody_knows_are_listed_too(
    capsys: pytest.CaptureFixture[str], record: Record
) -> None:
    record.add(snapshot("2024-07-01", [entry("old", of=profile(licence="Our Own"))]))
    record.add(snapshot("2024-07-02", [entry("x", of=profile("OpenAI", licence="other"))]))
    with reading(record.sessions) as session:
        names = Catalogue().read(session)
        [source] = list_sources(session)
        found = review(session, names, source.slug, source.id, NOW.date())
        print_unreviewed(decisions([found]), unread_licences(session), 50)

    text = capsys.readouterr().out
    assert "- nowhere old who made it?" in " ".join(text.split())
    assert "licences that nobody knows: Our Own\n" in text


def test_a_company_of_which_no_country_is_known_is_listed(
    capsys: pytest.CaptureFixture[str], sessions: SessionFactory
) -> None:
    homeless = ACME.model_copy(update={"country": None})
    facts = Curation(organizations=(homeless,))
    Record(sessions, curated=facts).add(snapshot("2024-07-01", {"Acme/a": 2, "Acme/b": 1}))
    with reading(sessions) as session:
        [source] = list_sources(session)
        found = review(session, Catalogue().read(session), source.slug, source.id, NOW.date())
        print_unreviewed(decisions([found]), [], 50)

    assert "1 demo-text a where is acme? (2 names)" in " ".join(capsys.readouterr().out.split())
