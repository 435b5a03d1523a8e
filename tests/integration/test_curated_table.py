"""What a reviewer writes into the table of organizations holds from the next run on."""

from dataclasses import replace

from sqlalchemy import select

from app.api.identifiers import organization_called
from app.domain.organizations import OrganizationKind
from app.domain.standings import Organization as Stored
from app.identity.curation import Curation
from app.identity.organizations import Organization
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.histories import history_of
from app.store.queries.names import Names
from app.store.tables import ALIAS, EDITION
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info

COMPANY = OrganizationKind.COMPANY
BIG = Organization(slug="big", name="Big", kind=COMPANY, country="US", spellings=("Large",))
CROWD = Organization(slug="crowd", name="Crowd", kind=OrganizationKind.COMMUNITY)
NEW = Organization(
    slug="newlab",
    name="Newlab",
    kind=COMPANY,
    country="CN",
    spellings=("New Lab AI",),
    namespaces=("new-lab",),
)
TABLE = (BIG, CROWD)
FACTS = Curation(organizations=TABLE)
HUB = source_info("hub")


def names(sessions: SessionFactory) -> Names:
    with reading(sessions) as session:
        return Catalogue().read(session)


def revised(record: Record, *table: Organization) -> Record:
    """The same record in the hands of a program with another table."""
    return Record(record.sessions, record.info, Curation(organizations=table))


def scores(sessions: SessionFactory, model: str, board: str = "demo-text") -> list[float]:
    with reading(sessions) as session:
        known = Catalogue().read(session)
        board_id = find_board(session, board).id
        aliases, there = known.aliases_of[model], board_editions(session, board_id)
        return [p.figures.score for p in history_of(session, board_id, aliases, there)]


def official_leaders(sessions: SessionFactory) -> list[str | None]:
    with reading(sessions) as session:
        return list(
            session.scalars(
                select(ALIAS.c.printed_name)
                .select_from(EDITION)
                .join(ALIAS, ALIAS.c.id == EDITION.c.official_leader_alias_id, isouter=True)
                .order_by(EDITION.c.leaderboard_id, EDITION.c.edition_date)
            )
        )


def test_a_changed_row_is_applied(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"Large/a": 1}))
    moved = BIG.model_copy(update={"name": "Big Inc.", "country": "CA"})

    revised(record, moved, CROWD).add(snapshot("2024-07-02", {"Large/a": 1}))

    assert names(sessions).organizations["big"] == Stored(
        "big", "Big Inc.", "company", "CA", reviewed=True
    )


def test_an_unknown_maker_becomes_known(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"New Lab AI/a": 1, "Big/b": 2}))
    before = set(names(sessions).models)

    revised(record, *TABLE, NEW).add(snapshot("2024-07-02", {"New Lab AI/a": 3}))

    known = names(sessions)
    assert before == {"new-lab-ai--a", "big--b"}
    assert set(known.models) == {"newlab--a", "big--b"}
    assert known.models["newlab--a"].organization == Stored(
        "newlab", "Newlab", "company", "CN", reviewed=True
    )
    assert known.redirects == {"new-lab-ai--a": "newlab--a"}
    assert scores(sessions, "newlab--a") == [1, 3]


def test_the_old_id_of_an_organization_leads_to_the_new_one(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"New Lab AI/a": 1}))

    revised(record, *TABLE, NEW).add(snapshot("2024-07-02", {"Big/b": 1}))

    known = names(sessions)
    assert "new-lab-ai" not in known.organizations
    assert organization_called(known, "new-lab-ai").slug == "newlab"
    assert organization_called(known, "New Lab AI").slug == "newlab"


def test_an_unknown_maker_may_have_been_called_by_its_id(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"acme/a": 1}))
    acme = Organization(slug="acme-corp", name="Acme Corp", kind=COMPANY, spellings=("Acme",))

    revised(record, *TABLE, acme).add(snapshot("2024-07-02", {"acme/a": 2}))

    assert set(names(sessions).models) == {"acme-corp--a"}
    assert organization_called(names(sessions), "acme").slug == "acme-corp"


def test_what_an_unknown_maker_made_is_merged_with_what_is_known(
    sessions: SessionFactory,
) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"New Lab AI/a": 1}))
    hub = Record(sessions, HUB, FACTS)
    row = entry("new-lab/a", 5, of=profile(namespace="new-lab"))
    hub.add(snapshot("2024-07-01", [row], leaderboard("hub-text")))
    before = set(names(sessions).models)

    revised(record, *TABLE, NEW).add(snapshot("2024-07-02", {"Big/b": 1}))

    assert before == {"new-lab-ai--a", "new-lab--a"}
    assert set(names(sessions).models) == {"newlab--a", "big--b"}
    assert scores(sessions, "newlab--a") == [1]
    assert scores(sessions, "newlab--a", "hub-text") == [5]


def test_two_entries_of_one_source_stay_two(sessions: SessionFactory) -> None:
    rows = [
        entry("new-lab/a", 5, of=profile(namespace="new-lab")),
        entry("old-lab/a", 4, of=profile(namespace="old-lab")),
    ]
    hub = Record(sessions, HUB, FACTS)
    hub.add(snapshot("2024-07-01", rows, leaderboard("hub-text")))
    both = NEW.model_copy(update={"namespaces": ("new-lab", "old-lab")})

    revised(hub, *TABLE, both).add(snapshot("2024-07-02", rows, leaderboard("hub-text")))

    assert set(names(sessions).models) == {"newlab--a", "newlab--old-lab-a"}
    assert scores(sessions, "newlab--a", "hub-text") == [5, 5]
    assert scores(sessions, "newlab--old-lab-a", "hub-text") == [4, 4]


def test_a_spelling_given_to_another_moves_what_was_printed_by_it(
    sessions: SessionFactory,
) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"Large/a": 1}))
    small = BIG.model_copy(update={"spellings": ()})
    large = Organization(slug="large", name="Large", kind=COMPANY)
    corrected = revised(record, small, CROWD, large)

    corrected.add(snapshot("2024-06-01", {"Big/b": 1}))
    at_once = set(names(sessions).models)
    corrected.add(snapshot("2024-07-02", {"Large/a": 2}))

    assert at_once == {"large--a", "big--b"}
    assert names(sessions).redirects == {"big--a": "large--a"}
    assert scores(sessions, "large--a") == [1, 2]


def test_official_leaders_follow_what_an_organization_is(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    other = Record(sessions, source_info("other"), FACTS)
    record.add(snapshot("2024-07-01", {"Crowd/a": 2, "Big/b": 1}))
    other.add(snapshot("2024-07-01", {"Crowd/c": 2, "Big/d": 1}, leaderboard("other-text")))
    before = official_leaders(sessions)
    company = CROWD.model_copy(update={"kind": COMPANY})

    revised(record, BIG, company).add(snapshot("2024-07-02", {"Crowd/a": 2, "Big/b": 1}))

    assert before == ["b", "d"]
    assert official_leaders(sessions) == ["a", "a", "c"]


def test_official_leaders_follow_who_made_a_model(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"a": 2, "Big/b": 1}))
    before = official_leaders(sessions)

    record.add(snapshot("2024-07-02", {"Crowd/A": 1, "Big/b": 2}))

    assert before == ["a"]
    assert official_leaders(sessions) == ["b", "b"]


def test_a_board_whose_official_leader_changed_has_changed(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"Crowd/a": 2, "Big/b": 1}))
    company = CROWD.model_copy(update={"kind": COMPANY})

    revised(record, BIG, company).add(snapshot("2024-07-01", {"Crowd/a": 2, "Big/b": 1}))
    once = data_version(sessions)
    revised(record, BIG, company).add(snapshot("2024-07-01", {"Crowd/a": 2, "Big/b": 1}))

    assert once == 2
    assert data_version(sessions) == 2


def data_version(sessions: SessionFactory) -> int:
    with reading(sessions) as session:
        return find_board(session, "demo-text").data_version


def test_an_unchanged_table_changes_nothing(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=FACTS)
    record.add(snapshot("2024-07-01", {"Large/a": 1}))
    before = names(sessions).version

    replace(record, _store=None).add(snapshot("2024-07-02", {"Large/a": 2}))

    assert names(sessions).version == before
