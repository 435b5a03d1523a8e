"""No question holds the database for ever."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.store.engine import SessionFactory, reading, took_too_long, waiting_readers
from app.store.queries.catalogue import Catalogue
from app.store.queries.names import Names
from tests.api import Api

COUNTING = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) "
    "SELECT max(i) FROM n"
)
MODELS = "/v1/models"


def test_what_takes_too_long_is_given_up(sessions: SessionFactory) -> None:
    with reading(sessions, seconds=0.05) as session, pytest.raises(OperationalError) as given_up:
        session.execute(text(COUNTING))

    assert took_too_long(given_up.value)
    with reading(sessions) as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_the_next_reader_has_all_the_time(sessions: SessionFactory, engine: Engine) -> None:
    with reading(sessions, seconds=0.001) as session, pytest.raises(OperationalError):
        session.execute(text(COUNTING))

    with reading(sessions) as session:
        counted = session.scalar(text(COUNTING.replace("100000000", "300000")))
    assert counted == 300_000
    assert engine.pool.checkedout() == waiting_readers(engine)  # type: ignore[attr-defined]


def test_other_errors_are_no_matter_of_time(sessions: SessionFactory) -> None:
    with reading(sessions, seconds=5) as session, pytest.raises(Exception) as broken:  # noqa: PT011 - each driver's
        session.execute(text("SELECT * FROM nowhere"))

    assert not took_too_long(broken.value)  # type: ignore[arg-type]


def test_a_caller_is_told_that_it_took_too_long(
    sessions: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: Catalogue, session: Session, **_how: object) -> Names:
        session.execute(text(COUNTING))
        return read(self, session)

    read = Catalogue.read
    monkeypatch.setattr(Catalogue, "read", slow)

    problem = Api(sessions, query_seconds=0.05).problem(MODELS, 503)

    assert problem["detail"] == "it takes too long to find out; ask for less, or later"
