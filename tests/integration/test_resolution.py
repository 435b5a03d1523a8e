"""Deciding anew: what the curated facts say holds of everything stored, and nothing is lost."""

from datetime import date

import pytest

from app.api.identifiers import model_called, organization_called
from app.domain.leaderboard import RawEntry
from app.identity.curation import Curation
from app.identity.models import PrintedName
from app.ingest.resolution import Resolution
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.histories import history_of
from app.store.queries.names import Names
from app.store.writes import one_entry
from tests.curated import ACME, NOTHING, PLAIN, decide, listed, with_models
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info
from tests.stores import stored
from tests.views import seen

HUB = source_info("hub")
HUB_BOARD = leaderboard("hub-text")


def hub(owner: str, name: str, score: float = 1.0) -> RawEntry:
    return entry(f"{owner}/{name}", score, of=profile(namespace=owner))


def names(sessions: SessionFactory) -> Names:
    with reading(sessions) as session:
        return Catalogue().read(session)


def ranks(sessions: SessionFactory, model: str, board: str = "demo-text") -> list[int]:
    """A model's ranks from edition to edition, whatever id or name it is asked for by."""
    with reading(sessions) as session:
        known = Catalogue().read(session)
        aliases = known.aliases_of[model_called(known, model).slug]
        number = find_board(session, board).id
        there = board_editions(session, number)
        return [p.figures.rank for p in history_of(session, number, aliases, there)]


@pytest.fixture
def plain(sessions: SessionFactory) -> Record:
    return Record(sessions, curated=PLAIN)


@stored(gives="plain")
def arena(record: Record) -> None:
    """A model that stands under two names at once, changes its name, and one that is near it."""
    Record(record.sessions, curated=PLAIN).history(
        {
            "2024-07-01": {"Acme/old": 9, "Acme/near": 8, "Crowd/c": 7},
            "2024-07-02": {"Acme/old": 9, "Acme/new": 10, "Acme/near": 9, "Crowd/c": 7},
            "2024-07-03": {"Acme/new": 10, "Acme/near": 8, "Crowd/c": 11},
        }
    )


RENAMED = with_models(listed("new", "old", {"name": "new", "since": date(2024, 7, 2)}))  # type: ignore[arg-type]


def test_a_rename_is_neither_an_exit_nor_a_debut(arena: Record) -> None:
    resolution = decide(arena.sessions, RENAMED)

    assert resolution == Resolution(names_moved=1, editions_changed=1, changed=True)
    assert ranks(arena.sessions, "acme--new") == [1, 1, 2]
    known = names(arena.sessions)
    assert set(known.models) == {"acme--new", "acme--near", "crowd--c"}
    assert {a.printed_name: a.since for a in known.aliases_of["acme--new"]} == {
        "old": None,
        "new": date(2024, 7, 2),
    }
    assert model_called(known, "acme--old").slug == "acme--new"


def test_a_model_has_one_entry_where_it_stands_under_two_names(arena: Record) -> None:
    decide(arena.sessions, RENAMED)

    second = [line for line in seen(arena.sessions).series if line[1] == "2024-07-02"]  # type: ignore[index]
    assert second == [
        ("demo-text", "2024-07-02", 1, "new", 0, 2, 10.0),
        ("demo-text", "2024-07-02", 2, "near", 0, 1, 9.0),
        ("demo-text", "2024-07-02", 3, "c", 0, 1, 7.0),
    ]
    assert [lead[2] for lead in seen(arena.sessions).leaders] == [3, 3, 3]  # type: ignore[index]


def test_what_was_joined_can_be_parted_and_nothing_is_lost(arena: Record) -> None:
    before = seen(arena.sessions)

    decide(arena.sessions, RENAMED)
    joined = names(arena.sessions)
    decide(arena.sessions, PLAIN)

    assert joined.redirects == {"acme--old": "acme--new"}
    assert seen(arena.sessions) == before
    assert ranks(arena.sessions, "acme--old") == [1, 2]
    assert ranks(arena.sessions, "acme--new") == [1, 2]


def test_an_id_of_the_past_follows_the_name_that_was_known_by_it(arena: Record) -> None:
    decide(arena.sessions, with_models(listed("merged", "old", "new")))
    both = names(arena.sessions)
    decide(arena.sessions, with_models(listed("elder", "old"), listed("younger", "new")))

    known = names(arena.sessions)
    assert {both.redirects["acme--old"], both.redirects["acme--new"]} == {"acme--merged"}
    assert model_called(known, "acme--old").slug == "acme--elder"
    assert model_called(known, "acme--new").slug == "acme--younger"
    assert model_called(known, "acme--merged").slug in {"acme--elder", "acme--younger"}


def test_a_model_has_its_plain_id_as_soon_as_it_can(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Acme/alpha": 2, "Acme/beta": 1}))
    decide(sessions, with_models(listed("gamma", "alpha"), listed("alpha", "beta")))
    crossed = {a.printed_name: a.model.slug for a in names(sessions).aliases.values()}

    decide(sessions, with_models(listed("alpha", "alpha", "beta")))

    known = names(sessions)
    assert crossed["alpha"] == "acme--gamma"
    assert crossed["beta"].startswith("acme--alpha-")
    assert set(known.models) == {"acme--alpha"}
    assert set(known.redirects) == {"acme--beta", "acme--gamma", crossed["beta"]}


def test_deciding_again_changes_nothing(arena: Record) -> None:
    decide(arena.sessions, RENAMED)
    before, version = seen(arena.sessions), names(arena.sessions).version

    assert decide(arena.sessions, RENAMED) == NOTHING
    assert seen(arena.sessions) == before
    assert names(arena.sessions).version == version


def test_a_change_of_meaning_is_a_change_of_every_board(arena: Record) -> None:
    other = Record(arena.sessions, source_info("other"), PLAIN)
    other.add(snapshot("2024-07-01", {"Acme/x": 1}, leaderboard("other-text")))
    before = data_versions(arena.sessions)

    decide(arena.sessions, RENAMED)
    once = data_versions(arena.sessions)
    decide(arena.sessions, RENAMED)

    assert once == [version + 1 for version in before]
    assert data_versions(arena.sessions) == once


def data_versions(sessions: SessionFactory) -> list[int]:
    with reading(sessions) as session:
        return [find_board(session, slug).data_version for slug in ("demo-text", "other-text")]


def test_what_comes_later_is_decided_by_the_same_facts(arena: Record) -> None:
    decide(arena.sessions, RENAMED)
    later = Record(arena.sessions, arena.info, RENAMED)

    later.add(snapshot("2024-07-04", {"Acme/old": 3, "Acme/new": 2, "Acme/near": 1}))

    assert ranks(arena.sessions, "acme--new") == [1, 1, 2, 1]
    assert ranks(arena.sessions, "acme--near") == [2, 2, 3, 2]


@pytest.mark.parametrize("many", [0, 1000])
def test_ranks_follow_however_many_names_moved(
    sessions: SessionFactory, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(one_entry, "MANY_NAMES", many)
    record = Record(sessions, curated=PLAIN)
    record.history(
        {day: {"Acme/old": 2, "Acme/new": 1, "Acme/c": 0} for day in ("2024-07-01", "2024-07-02")}
    )

    resolution = decide(sessions, RENAMED)

    assert (resolution.names_moved, resolution.editions_changed) == (1, 2)
    assert ranks(sessions, "acme--c") == [2, 2]


def test_two_models_may_change_names_with_each_other(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=with_models(listed("x", "a", "b"), listed("y", "c", "d")))
    record.add(snapshot("2024-07-01", {"Acme/a": 4, "Acme/c": 3, "Acme/b": 2, "Acme/d": 1}))
    before = seen(sessions)

    decide(sessions, with_models(listed("x", "a", "d"), listed("y", "c", "b")))

    assert seen(sessions).series == before.series
    assert {a.printed_name: a.model.name for a in names(sessions).aliases.values()} == {
        "a": "x",
        "b": "y",
        "c": "y",
        "d": "x",
    }


def test_the_id_of_an_organization_may_become_anothers(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=Curation())
    record.add(snapshot("2024-07-01", {"Acme Labs/a": 1}))
    labs = ACME.model_copy(update={"spellings": ("Acme Labs",)})
    decide(sessions, Curation(organizations=(labs,)))
    led_on = organization_called(names(sessions), "acme-labs").slug
    own = ACME.model_copy(update={"slug": "acme-labs", "name": "Labs"})

    decide(sessions, Curation(organizations=(labs, own)))

    assert led_on == "acme"
    assert organization_called(names(sessions), "acme-labs").name == "Labs"


def test_a_snapshot_that_is_not_in_force_follows_too(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Acme/old": 9, "Acme/new": 9}), published_at="2024-07-01")
    record.add(snapshot("2024-07-01", {"Crowd/c": 7}), published_at="2024-07-03")

    decide(sessions, RENAMED)

    totals = [(s[3], len(s[5])) for s in seen(sessions).snapshots]  # type: ignore[index]
    assert totals == [(1, 1), (1, 1)]


def test_official_leaders_follow_a_model_that_is_anothers(arena: Record) -> None:
    decide(arena.sessions, with_models(listed("c", "c")))

    leaders = [(lead[1], lead[4]) for lead in seen(arena.sessions).leaders]  # type: ignore[index]
    assert leaders == [("2024-07-01", "old"), ("2024-07-02", "new"), ("2024-07-03", "c")]


def test_names_of_two_sources_are_one_model(sessions: SessionFactory) -> None:
    Record(sessions, curated=PLAIN).add(snapshot("2024-07-01", {"Acme/big-chat": 1}))
    Record(sessions, HUB, PLAIN).add(snapshot("2024-07-01", [hub("Who", "big-hf", 5)], HUB_BOARD))

    decide(sessions, with_models(listed("Big Chat", "big-chat", "Who/big-hf", base="acme--big")))

    known = names(sessions)
    [model] = known.models.values()
    assert (model.slug, model.name, model.reviewed, model.base) == (
        "acme--big-chat",
        "Big Chat",
        True,
        "acme--big",
    )
    assert known.redirects == {"who--big-hf": "acme--big-chat"}
    assert ranks(sessions, "acme--big-chat", "hub-text") == [1]


def test_a_name_can_mean_something_on_one_source_only(sessions: SessionFactory) -> None:
    other = Record(sessions, source_info("other"), PLAIN)
    Record(sessions, curated=PLAIN).add(snapshot("2024-07-01", {"Acme/x": 1}))
    other.add(snapshot("2024-07-01", {"Acme/x": 1}, leaderboard("other-text")))

    decide(sessions, with_models(listed("Y", {"name": "x", "source": "other"})))  # type: ignore[arg-type]

    assert {a.source: a.model.slug for a in names(sessions).aliases.values()} == {
        "demo": "acme--x",
        "other": "acme--y",
    }


def test_a_listed_name_is_found_by_the_id_it_would_have_had(sessions: SessionFactory) -> None:
    record = Record(sessions, curated=with_models(listed("Big Chat", "big-chat-hf")))

    record.add(snapshot("2024-07-01", {"Acme/big-chat-hf": 1}))

    assert names(sessions).redirects == {"acme--big-chat-hf": "acme--big-chat"}


def test_a_listed_name_takes_its_place_from_another_of_the_same_source(
    sessions: SessionFactory,
) -> None:
    acme = ACME.model_copy(update={"namespaces": ("acme-hub",)})
    facts = Curation(organizations=(acme,), models=(listed("x", "Who/big"),))
    record = Record(sessions, HUB, facts)
    record.add(snapshot("2024-07-01", [hub("acme-hub", "x", 5)], HUB_BOARD))
    before = set(names(sessions).models)

    record.add(snapshot("2024-07-02", [hub("acme-hub", "x", 5), hub("Who", "big", 6)], HUB_BOARD))

    assert before == {"acme--x"}
    assert ranks(sessions, "Who/big", "hub-text") == [1]
    assert ranks(sessions, "acme-hub/x", "hub-text") == [1, 2]
    assert decide(sessions, facts) == NOTHING


def test_a_renamed_owner_is_one_owner(sessions: SessionFactory) -> None:
    renamed = ACME.model_copy(
        update={"namespaces": ("acme-ai",), "former_namespaces": {"acme": "acme-ai"}}
    )
    before = ACME.model_copy(update={"namespaces": ("acme-ai", "acme")})
    rows = [hub("acme-ai", "x", 5), hub("Acme", "x", 4), hub("acme", "y", 3)]
    record = Record(sessions, HUB, Curation(organizations=(before,)))
    record.add(snapshot("2024-07-01", rows, HUB_BOARD))
    apart = set(names(sessions).models)

    decide(sessions, Curation(organizations=(renamed,)))

    assert apart == {"acme--acme-x", "acme--x", "acme--y"}
    assert set(names(sessions).models) == {"acme--x", "acme--y"}
    assert ranks(sessions, "acme--y", "hub-text") == [2]


def test_a_line_behind_another_is_known_even_where_an_edition_was_restated_without_it(
    sessions: SessionFactory,
) -> None:
    joined = with_models(listed("x", "a", "b"))
    lines = {"Acme/b": 9.0, "Acme/a": 10.0, "Acme/c": 8.0}

    def filled(record: Record) -> None:
        record.history({"2024-07-01": lines, "2024-07-02": lines})
        fewer = {"Acme/a": 10.0, "Acme/c": 8.0}
        record.add(snapshot("2024-07-01", fewer), published_at="2024-07-03")

    filled(Record(sessions, curated=joined))
    decide(sessions, PLAIN)

    last = [line[2:4] for line in seen(sessions).series if line[1] == "2024-07-02"]  # type: ignore[index]
    assert last == [(1, "a"), (2, "b"), (3, "c")]


def test_makers_that_become_known_while_names_move_have_numbers_of_their_own(
    sessions: SessionFactory,
) -> None:
    known = ACME.model_copy(update={"spellings": ("L1", "L2", "L3")})
    both = listed("x", PrintedName(name="n1", source="demo"), PrintedName(name="n2", source="demo"))
    facts = Curation(organizations=(known,), models=(both,))
    other, board = source_info("other"), leaderboard("other-text")
    Record(sessions, curated=Curation()).add(snapshot("2024-07-01", {"L1/n1": 3, "L2/n2": 2}))
    Record(sessions, other, Curation()).add(snapshot("2024-07-01", {"L1/n1": 3}, board))
    decide(sessions, facts)
    Record(sessions, other, facts).add(snapshot("2024-07-02", {"L3/n1": 3}, board))

    decide(sessions, Curation())

    assert {m.organization.slug for m in names(sessions).models.values() if m.organization} == {
        "l1",
        "l2",
        "l3",
    }
    assert decide(sessions, Curation()) == NOTHING


def test_signs_that_tell_two_models_apart_are_not_overlooked(sessions: SessionFactory) -> None:
    Record(sessions, curated=PLAIN).add(snapshot("2024-07-01", {"Acme/r": 1, "Acme/r+": 2}))

    assert [ranks(sessions, name) for name in ("r+", "acme--r")] == [[1], [2]]
