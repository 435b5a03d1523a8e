"""Facts may come before or after what they are about."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.identity.curation import Curation
from app.identity.models import CuratedModel
from app.identity.organizations import Organization
from app.store.engine import SessionFactory, build_engine, session_factory
from tests.curated import ACME, CROWD, NOTHING, PLAIN, decide, listed
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info
from tests.views import Seen, seen

PRINTED = (
    *("alpha", "Alpha", "alpha (FC)", "beta", "beta+", "gamma chat", "Who/alpha", "acme-hub/alpha"),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(PRINTED),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from([None, "Acme", "ACME Inc", "Crowd", "New Lab"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)
EDITIONS = st.lists(
    st.tuples(st.sampled_from(["2024-07-01", "2024-07-02"]), st.sampled_from("abc"), ROWS),
    min_size=1,
    max_size=4,
)


@st.composite
def facts(draw: st.DrawFn) -> Curation:
    """Any curated facts about the printed names and makers above."""
    spellings = draw(st.lists(st.sampled_from(["ACME Inc", "New Lab"]), unique=True))
    acme = ACME.model_copy(update={"spellings": tuple(spellings), "namespaces": ("acme-hub",)})
    choices: list[tuple[Organization, ...]] = [(), (acme,), (CROWD,), (acme, CROWD)]
    makers = draw(st.sampled_from(choices))
    owners = [None, *(maker.slug for maker in makers)]
    free = draw(st.permutations(["alpha", "beta", "gamma chat", "Who/alpha"]))
    models: list[CuratedModel] = []
    for size in draw(st.lists(st.integers(1, 3), max_size=3)):
        chosen, free = free[:size], free[size:]
        if not chosen:
            break
        name = draw(st.sampled_from([chosen[0].split("/")[-1], "Delta"]))
        if name not in {model.name for model in models}:
            models.append(listed(name, *chosen, organization=draw(st.sampled_from(owners))))
    return Curation(organizations=makers, models=tuple(models))


@pytest.fixture(scope="module")
def template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty record without the many facts that come with the program."""
    path = tmp_path_factory.mktemp("plain") / "almanac.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = build_engine(f"sqlite:///{path}")
    decide(session_factory(engine), PLAIN)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


Editions = Sequence[tuple[str, str, Sequence[tuple[str, float, str | None]]]]


@contextmanager
def fresh(template: Path) -> Iterator[SessionFactory]:
    """An empty record of one's own."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "almanac.db"
        file.write_bytes(template.read_bytes())
        engine = build_engine(f"sqlite:///{file}")
        yield session_factory(engine)
        engine.dispose()


def store(sessions: SessionFactory, editions: Editions, curated: Curation) -> None:
    """Store editions of two boards of one source, and of one of another."""
    demo = Record(sessions, curated=curated)
    other = Record(sessions, source_info("other"), curated)
    for number, (day, board, rows) in enumerate(editions):
        table = [
            entry(
                name,
                score,
                of=profile(namespace=name.split("/")[0]) if "/" in name else profile(maker),
            )
            for name, score, maker in rows
        ]
        record = other if board == "c" else demo
        record.add(
            snapshot(day, table, leaderboard(f"demo-{board}")),
            published_at=f"{day}T{number:02}:00:00+00:00",
        )


@given(EDITIONS, facts(), facts())
@settings(max_examples=60, deadline=None)
def test_facts_may_come_before_or_after_what_they_are_about(
    template: Path, editions: Editions, first: Curation, second: Curation
) -> None:
    with fresh(template) as late, fresh(template) as early:
        store(late, editions, first)
        decide(late, second)
        store(early, editions, second)

        assert seen(late, ids=False) == seen(early, ids=False)
        before = seen(late)
        assert decide(late, second) == NOTHING
        assert seen(late) == before


@given(EDITIONS, facts(), facts())
@settings(max_examples=60, deadline=None)
def test_what_is_taken_back_leaves_no_trace_but_ids_that_were_given(
    template: Path, editions: Editions, first: Curation, second: Curation
) -> None:
    with fresh(template) as sessions:
        store(sessions, editions, first)
        decide(sessions, first)
        before = seen(sessions)

        decide(sessions, second)
        meanwhile = seen(sessions)
        decide(sessions, first)

        after = seen(sessions)
        assert after._replace(redirects={}) == before._replace(redirects={})
        assert after.redirects.items() >= before.redirects.items()
        known = ids_of(after) | after.redirects.keys()
        assert known >= ids_of(meanwhile) | meanwhile.redirects.keys()


def ids_of(record: Seen) -> set[str]:
    """The ids of all models."""
    return {facts[-1] for facts in record.models.values()}  # type: ignore[index]
