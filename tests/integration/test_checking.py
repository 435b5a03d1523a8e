"""A sound record is found sound, and every damage is found, named and located, and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, select, text
from sqlalchemy.orm import Session

from app.store.engine import SessionFactory, reading
from app.store.queries.provenance import redated_snapshots
from app.store.tables import SNAPSHOT
from app.upkeep.checking import Fault, check_record
from tests.damages import LINE, NEAR, OF_TABLES, OLD, Damage, sql
from tests.damages_of_boards import OF_BOARDS
from tests.damages_of_provenance import OF_PROVENANCE
from tests.damages_of_snapshots import OF_SNAPSHOTS
from tests.databases import database
from tests.factories import Record, entry, snapshot
from tests.soundness import ALL, fill


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own, with a record that no test changes for good."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("checked") / "almanac.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        fill(f"sqlite:///{path}")
        yield f"sqlite:///{path}"
        return
    server: URL = request.getfixturevalue("postgresql_server")
    with database(server, like=request.getfixturevalue("postgresql_template")) as made:
        fill(made.render_as_string(hide_password=False))
        yield made.render_as_string(hide_password=False)


@pytest.fixture
def sound(url: str) -> Iterator[Session]:
    """The record as it is for this test: past everything that protects it, and put back after."""
    engine = create_engine(url)
    with Session(engine) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("SET session_replication_role = replica"))
        yield session
        session.rollback()
    engine.dispose()


def test_a_sound_record_is_found_sound(sound: Session) -> None:
    assert list(sound.scalars(select(SNAPSHOT.c.id).order_by(SNAPSHOT.c.id))) == list(ALL)

    assert list(check_record(sound)) == []


def test_an_empty_record_is_sound(sessions: SessionFactory) -> None:
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_what_is_not_published_with_its_revision_is_sound(record: Record) -> None:
    """Taken back, told first by a cumulative document, and of that restated or dated later."""
    of_a_day = [snapshot(f"2024-07-0{day}", {"Acme/a": day, "Crowd/b": 2}) for day in range(1, 6)]
    record.add(of_a_day[0], published_at="2024-07-02")
    record.add(of_a_day[0], published_at="2024-07-06")
    record.add(snapshot("2024-07-01", {"Crowd/a": 1}), published_at="2024-07-04")
    record.add(*of_a_day, published_at="2024-07-20", cumulative=True)
    record.add(of_a_day[1], published_at="2024-07-03")
    record.add(snapshot("2024-07-03", {"Acme/a": 9}), published_at="2024-07-04")
    record.add(
        snapshot("2024-07-04", {"Acme/a": 7, "Acme/b": 1}),
        published_at="2024-07-25",
        cumulative=True,
    )

    with reading(record.sessions) as session:
        assert [(one.day.day, one.cumulative) for one in redated_snapshots(session)] == [
            (1, False),
            (4, True),
            (5, True),
        ]
        assert list(check_record(session)) == []


def test_makers_of_names_that_stand_in_no_line_are_sound(record: Record) -> None:
    """One of two spellings, one of two rows, and the older edition of two in one document."""
    rows = [entry("Alpha", 2, of="Acme"), entry("alpha", 1, of="Crowd"), entry("b", 1, of="Acme")]
    record.add(snapshot("2024-07-01", [*rows, entry("b", 2, of="Crowd"), entry("c", 1)]))
    record.add(
        snapshot("2024-07-02", [entry("alpha", 3, of="Crowd"), entry("c", 1, of="Late")]),
        snapshot("2024-07-03", [entry("alpha", 3), entry("c", 1, of="Later")]),
        cumulative=True,
    )

    with reading(record.sessions) as session:
        assert list(check_record(session)) == []


@pytest.mark.parametrize(
    ("damage", "rule", "where", "detail"), [*OF_TABLES, *OF_SNAPSHOTS, *OF_BOARDS, *OF_PROVENANCE]
)
def test_a_damage_is_found(
    sound: Session, damage: Damage, rule: str, where: str, detail: str
) -> None:
    damage(sound)

    assert list(check_record(sound)) == [Fault(rule, where, detail)]


def test_of_each_rule_only_so_many_faults_are_listed(sound: Session) -> None:
    sql("UPDATE leaderboard SET data_version = 0", "UPDATE edition SET leader_score = 7")(sound)

    found = list(check_record(sound, most=2))

    assert [fault.rule for fault in found].count("version") == 3
    assert [fault.rule for fault in found].count("leader") == 3
    assert found[-2:] == [
        Fault("version", "elsewhere", "3 more"),
        Fault("leader", "elsewhere", "4 more"),
    ]


def test_what_follows_from_no_proof_is_no_fault(sound: Session) -> None:
    sql(
        "DELETE FROM snapshot_block WHERE snapshot_id = 5",
        f"UPDATE entry SET rank = 2 WHERE {LINE}",
        f"DELETE FROM listing WHERE {LINE}",
        "UPDATE edition SET leader_score = 7 WHERE snapshot_id = 5",
    )(sound)

    assert [fault.rule for fault in check_record(sound)] == ["block"]


def test_a_name_that_means_another_model_is_found_by_its_ranks(sound: Session) -> None:
    sql(
        f"UPDATE alias SET model_id = (SELECT model_id FROM alias WHERE id = {NEAR})"
        f" WHERE id = {OLD}"
    )(sound)

    found = list(check_record(sound))

    assert {fault.rule for fault in found} == {"rank", "counts", "leader", "entry"}


def test_of_a_damaged_file_nothing_is_read(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    pages = bytearray(path.read_bytes())
    for start in range(len(pages) // 2, len(pages), 4096):
        pages[start : start + 8] = b"nonsense"
    path.write_bytes(pages)
    engine = create_engine(sqlite_url)

    with Session(engine) as session:
        found = list(check_record(session, most=3))
    engine.dispose()

    assert {fault.rule for fault in found} == {"database"}
    assert found


def test_a_file_in_which_nothing_can_be_found_is_a_fault(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    pages = path.read_bytes()
    path.write_bytes(pages[:100] + bytes(4096 - 100) + pages[4096:])
    engine = create_engine(sqlite_url)

    with Session(engine) as session:
        found = list(check_record(session))
    engine.dispose()

    assert found == [Fault("database", "file", "database disk image is malformed")]
