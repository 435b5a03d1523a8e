"""An answer costs what it says, not what else is stored."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session

from app.domain.groups import Dimension
from app.domain.runs import RunKind
from app.domain.selection import Selection
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.queries import boards, catalogue, editions, groups, histories, sources, standings
from app.store.queries.board_editions import board_editions
from app.store.queries.columns import Columns
from app.store.queries.groups import Counting
from app.store.queries.names import Names
from tests.databases import database
from tests.factories import Record, Upstream, entry, leaderboard, snapshot, source_info, work
from tests.statements import counted_steps, plans, statements
from tests.views import standings_of

FIRST = date(2024, 1, 1)
LAST = date(2024, 3, 1)
KNOWN = datetime(2024, 12, 1, tzinfo=UTC)
MODEL = "openai--m3"
OFFICIAL = Counting(Dimension.ORGANIZATION, Selection(official=True))
OPEN = Counting(Dimension.COUNTRY, Selection(open_weights=True))


def grow(record: Record, slug: str, *, editions: int, models: int, after: int = 0) -> None:
    """So many further editions of so many models on a board, `m3` always among them."""
    for number in range(after, after + editions):
        rows = [
            entry(f"m{model}", float((model * 7 + number) % 23), of="OpenAI")
            for model in range(models)
        ]
        record.add(snapshot(FIRST + timedelta(number), rows, leaderboard(slug)))


def names_of(session: Session) -> Names:
    return catalogue.Catalogue().read(session)


def history(
    session: Session,
    names: Names,
    first: date | None = None,
    last: date | None = None,
) -> int:
    board = boards.find_board(session, "demo-0")
    aliases = names.aliases_of[MODEL]
    there = board_editions(session, board.id)
    return len(histories.history_of(session, board.id, aliases, there, first=first, last=last))


def table(session: Session, names: Names) -> int:
    board = boards.find_board(session, "demo-0")
    edition = editions.edition_in_force(session, board.id, LAST)
    assert edition is not None
    return len(standings_of(session, names, edition.snapshot_id))


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(history, id="whole-history"),
        pytest.param(lambda s, n: history(s, n, first=FIRST + timedelta(2)), id="history-from"),
        pytest.param(lambda s, n: history(s, n, last=LAST), id="history-to"),
        pytest.param(table, id="standings"),
    ],
)
def test_a_hot_question_is_a_search_and_never_a_scan(
    record: Record,
    sessions: SessionFactory,
    engine: Engine,
    question: Callable[[Session, Names], int],
) -> None:
    grow(record, "demo-0", editions=4, models=5)
    with reading(sessions) as session:
        names = names_of(session)
        with statements(engine) as sent:
            found = question(session, names)

        how = plans(session, sent)

    assert found > 0
    assert "SCAN" not in how
    assert "Seq Scan" not in how
    assert "TEMP B-TREE" not in how
    assert "Sort" not in how


def test_a_history_reads_one_range_of_the_lines(
    record: Record, sessions: SessionFactory, engine: Engine
) -> None:
    grow(record, "demo-0", editions=4, models=5)
    with reading(sessions) as session:
        names = names_of(session)
        with statements(engine) as sent:
            history(session, names, first=FIRST + timedelta(1), last=LAST)
        lines = [statement for statement in sent if "FROM entry" in statement[0]]

        how = plans(session, lines)

    assert len(lines) == 1
    assert how.splitlines()[0].strip() in {
        (
            "SEARCH entry USING PRIMARY KEY (leaderboard_id=? AND alias_id=? AND edition_date>?"
            " AND edition_date<?)"
        ),
        "Index Only Scan using entry_2024_pkey on entry_2024 entry",
    }


@pytest.mark.parametrize("question", [history, table], ids=["history", "standings"])
def test_the_work_does_not_grow_with_other_boards(
    sqlite_url: str, question: Callable[[Session, Names], int]
) -> None:
    engine = build_engine(sqlite_url)
    record = Record(session_factory(engine))

    def effort() -> int:
        with reading(record.sessions) as session:
            names = names_of(session)
            with counted_steps(session) as steps:
                question(session, names)
        return len(steps)

    grow(record, "demo-0", editions=12, models=10)
    grow(record, "demo-1", editions=1, models=10)
    of_two = effort()
    for number in range(2, 20):
        grow(record, f"demo-{number}", editions=3, models=10)
    of_twenty = effort()
    engine.dispose()

    assert of_two > 0
    assert of_twenty == of_two


QUESTIONS: dict[str, Callable[[Session, Names], object]] = {
    "find_board": lambda s, _: boards.find_board(s, "demo-0"),
    "boards_by_id": lambda s, _: boards.boards_by_id(s, [1, 2]),
    "list_boards": lambda s, _: boards.list_boards(s, q="demo"),
    "board_summary": lambda s, _: boards.board_summary(s, boards.find_board(s, "demo-0")),
    "count_models": lambda s, _: boards.count_models(s, 1),
    "first_dates": lambda s, _: boards.first_dates(s, 1, [1, 2, 3]),
    "edition_in_force": lambda s, _: editions.edition_in_force(s, 1, LAST),
    "edition_known": lambda s, _: editions.edition_in_force(s, 1, LAST, known_at=KNOWN),
    "editions_in_force": lambda s, _: editions.editions_in_force(s, 1, first=FIRST, last=LAST),
    "editions_known": lambda s, _: editions.editions_in_force(s, 1, known_at=KNOWN),
    "list_snapshots": lambda s, _: editions.list_snapshots(s, 1),
    "names": lambda s, _: names_of(s),
    "history": history,
    "history_known": lambda s, n: histories.history_of(
        s, 1, n.aliases_of[MODEL], board_editions(s, 1, known_at=KNOWN), known_at=KNOWN
    ),
    "presences": lambda s, _: histories.presences(s, [1, 2, 3]),
    "last_entries": lambda s, _: histories.last_entries(s, [1, 2, 3], [1, 2]),
    "find_edition": lambda s, _: editions.find_edition(s, 1, 1),
    "newest_editions": lambda s, _: editions.newest_editions(s, LAST, [1, 2]),
    "publications": lambda s, _: editions.publications(s, 1, [FIRST]),
    "families": lambda s, _: boards.families(s),
    "record_state": lambda s, _: boards.record_state(s),
    "standings": table,
    "counted_entries": lambda s, n: list(groups.counted_entries(s, Columns(n), [1, 2], OFFICIAL)),
    "groups_led": lambda s, n: groups.groups_led(s, Columns(n), [1, 2], LAST, OFFICIAL),
    "groups_led_known": lambda s, n: groups.groups_led(
        s, Columns(n), [1, 2], LAST, OFFICIAL, known_at=KNOWN
    ),
    "groups_led_among_some": lambda s, n: groups.groups_led(s, Columns(n), [1, 2], LAST, OPEN),
    "appearances": lambda s, _: groups.appearances(s, LAST, board_id=1, alias_ids=[1, 2]),
    "leaders_of": lambda s, n: standings.leaders_of(s, n, 1),
    "blocks_of": lambda s, _: standings.blocks_of(s, [1, 2]),
    "list_sources": lambda s, _: sources.list_sources(s),
    "source_states": lambda s, _: sources.source_states(s, sources.list_sources(s)),
    "list_runs": lambda s, _: sources.list_runs(s, 1),
}


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_template: URL) -> Iterator[str]:
    """A new database, as plans follow the statistics that earlier tests leave behind."""
    with database(postgresql_server, like=postgresql_template) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def counts(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> dict[str, tuple[int, int]]:
    """How many statements each question takes on a small record and on a larger one."""
    path = tmp_path_factory.mktemp("counts") / "almanac.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = build_engine(f"sqlite:///{path}")
    sessions = session_factory(engine)
    record = Record(sessions)

    def count() -> dict[str, int]:
        found = {}
        for name, question in QUESTIONS.items():
            with reading(sessions) as session:
                names = names_of(session)
                with statements(engine) as sent:
                    question(session, names)
                found[name] = len(sent)
        return found

    grow(record, "demo-0", editions=2, models=5)
    small = count()
    for number in range(6):
        grow(record, f"demo-{number}", editions=5, models=12, after=2)
        other = Upstream(source_info(f"other-{number}"))
        other.publish("2024-01-01", {"OpenAI/m3": 1}, board=f"other-{number}")
        run_scrape(work(other, sessions), RunKind.MANUAL)
    large = count()
    engine.dispose()
    return {name: (small[name], large[name]) for name in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_number_of_statements_does_not_grow_with_the_record(
    counts: dict[str, tuple[int, int]], question: str
) -> None:
    small, large = counts[question]

    assert small == large
    assert 0 < small <= (11 if question == "names" else 9)


def test_names_are_read_again_only_when_they_changed(
    record: Record, sessions: SessionFactory, engine: Engine
) -> None:
    grow(record, "demo-0", editions=1, models=3)
    known = catalogue.Catalogue()
    with reading(sessions) as session:
        first = known.read(session)
        with statements(engine) as sent:
            again = known.read(session)
    grow(record, "demo-0", editions=1, models=4, after=1)

    with reading(sessions) as session:
        changed = known.read(session)

    assert again is first
    assert len(sent) == (0 if engine.dialect.name == "sqlite" else 1)
    assert changed.version != first.version
    assert set(changed.models) - set(first.models) == {MODEL}
