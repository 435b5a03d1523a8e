"""Time travel for programs (RFC 7089)."""

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, update

from app.api.memento import mementos
from app.domain.leaderboard import SnapshotStatus
from app.store.engine import SessionFactory, transaction
from app.store.tables import EDITION, SNAPSHOT
from tests.api import Api
from tests.factories import Record, snapshot
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
TIMEMAP = f"{STANDINGS}/timemap"


@stored()
def restated(record: Record) -> None:
    """Two editions; the second is restated, and then the first."""
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}), published_at="2024-07-02")
    record.add(snapshot("2024-07-03", {"OpenAI/a": 10, "Meta/b": 11}), published_at="2024-07-04")
    record.add(snapshot("2024-07-03", {"OpenAI/a": 12, "Meta/b": 11}), published_at="2024-07-06")
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 8}), published_at="2024-07-08")


@pytest.mark.parametrize(
    ("asked", "known_at", "leader"),
    [
        pytest.param("Wed, 03 Jul 2024 12:00:00 GMT", "2024-07-02", "openai--a", id="the-first"),
        pytest.param("Thu, 04 Jul 2024 12:00:00 GMT", "2024-07-04", "meta--b", id="exactly"),
        pytest.param("Thu, 04 Jul 2024 11:59:59 GMT", "2024-07-02", "openai--a", id="before"),
        pytest.param("Sat, 06 Jul 2024 14:00:00 +0200", "2024-07-06", "openai--a", id="restated"),
        pytest.param("Mon, 01 Jan 2001 00:00:00 GMT", "2024-07-02", "openai--a", id="before-all"),
        pytest.param("Fri, 01 Jan 2100 00:00:00 GMT", "2024-07-06", "openai--a", id="the-last"),
    ],
)
def test_a_moment_leads_to_what_was_public_then(
    restated: Api, asked: str, known_at: str, leader: str
) -> None:
    gate = restated.client.get(STANDINGS, headers={"Accept-Datetime": asked})
    memento = restated.ask(gate.headers["location"])

    assert gate.status_code == 302
    assert gate.headers["location"] == f"{STANDINGS}?known_at={known_at}T12:00:00Z"
    assert gate.headers["vary"] == "Accept, Accept-Datetime"
    assert memento.json()["data"][0]["model"]["id"] == leader
    when = datetime.fromisoformat(f"{known_at}T12:00:00+00:00")
    assert memento.headers["memento-datetime"] == f"{when:%a, %d %b %Y %H:%M:%S} GMT"


def test_standings_say_where_their_past_is(restated: Api) -> None:
    for query in ({}, {"known_at": "2024-07-05"}):
        answer = restated.ask(STANDINGS, query=query)

        assert answer.links["original timegate"]["url"] == STANDINGS
        assert answer.links["timemap"]["url"] == TIMEMAP
        assert answer.headers["vary"] == "Accept, Accept-Datetime"
        assert ("memento-datetime" in answer.headers) == bool(query)


def test_the_time_map_has_every_moment_that_changed_the_newest_standings(restated: Api) -> None:
    answer = restated.client.get(TIMEMAP, headers={"Accept": "application/link-format"})
    again = restated.client.get(TIMEMAP, headers={"If-None-Match": answer.headers["etag"]})

    assert answer.headers["content-type"] == "application/link-format"
    assert answer.text.split(",\n") == [
        f'<{STANDINGS}>; rel="original timegate"',
        f'<{TIMEMAP}>; rel="self"; type="application/link-format"',
        (
            f'<{STANDINGS}?known_at=2024-07-02T12:00:00Z>; rel="first memento"; '
            'datetime="Tue, 02 Jul 2024 12:00:00 GMT"'
        ),
        (
            f'<{STANDINGS}?known_at=2024-07-04T12:00:00Z>; rel="memento"; '
            'datetime="Thu, 04 Jul 2024 12:00:00 GMT"'
        ),
        (
            f'<{STANDINGS}?known_at=2024-07-06T12:00:00Z>; rel="last memento"; '
            'datetime="Sat, 06 Jul 2024 12:00:00 GMT"\n'
        ),
    ]
    assert again.status_code == 304


def test_every_memento_of_the_map_tells_its_moment(restated: Api) -> None:
    pattern = r'<([^>]+)>; rel="[a-z ]*memento"; datetime="([^"]+)"'
    links = re.findall(pattern, restated.client.get(TIMEMAP).text)

    assert len(links) == 3
    for path, when in links:
        assert restated.ask(path).headers["memento-datetime"] == when


def test_what_else_is_asked_is_asked_of_the_past_too(restated: Api) -> None:
    headers = {"Accept-Datetime": "Thu, 04 Jul 2024 12:00:00 GMT"}
    asked = "country=US&format=csv&limit=1"

    gate = restated.client.get(f"{STANDINGS}?{asked}", headers=headers)
    later = restated.get(f"{STANDINGS}?limit=1")["links"]["next"]

    assert gate.headers["location"] == f"{STANDINGS}?{asked}&known_at=2024-07-04T12:00:00Z"
    assert restated.client.get(gate.headers["location"]).text.count("\r\n") == 2
    assert restated.client.get(later, headers=headers).headers["location"] == (
        f"{STANDINGS}?limit=1&known_at=2024-07-04T12:00:00Z"
    )


@pytest.mark.parametrize(
    ("asked", "status"), [("organization=nobody", 404), ("cursor=abc", 422), ("colour=red", 422)]
)
def test_a_question_that_makes_no_sense_leads_nowhere(
    restated: Api, asked: str, status: int
) -> None:
    headers = {"Accept-Datetime": "Thu, 04 Jul 2024 12:00:00 GMT"}

    assert restated.client.get(f"{STANDINGS}?{asked}", headers=headers).status_code == status


def test_what_can_still_change_is_no_memento(restated: Api) -> None:
    answer = restated.ask(STANDINGS, query={"known_at": "2099-01-01"})

    assert "memento-datetime" not in answer.headers


@pytest.mark.parametrize("query", [{"as_of": "2024-07-02"}, {"known_at": "2024-07-02"}])
def test_a_question_about_the_past_is_answered_as_it_is(
    restated: Api, query: dict[str, str]
) -> None:
    headers = {"Accept-Datetime": "Thu, 04 Jul 2024 12:00:00 GMT"}

    assert restated.ask(STANDINGS, query=query, headers=headers).status_code == 200


def test_what_is_no_moment_is_refused(restated: Api) -> None:
    answer = restated.ask(STANDINGS, headers={"Accept-Datetime": "last week"})

    assert (answer.status_code, answer.json()["title"]) == (400, "Bad request")


def test_a_moment_without_a_zone_is_in_utc(restated: Api) -> None:
    headers = {"Accept-Datetime": "Thu, 04 Jul 2024 12:00:00"}

    gate = restated.client.get(STANDINGS, headers=headers)

    assert gate.headers["location"].endswith("known_at=2024-07-04T12:00:00Z")


def test_a_part_of_a_board_is_no_memento(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {f"m{i}": i for i in range(20)}))
    record.add(snapshot("2024-07-02", {"m1": 1}))

    gate = api.client.get(STANDINGS, headers={"Accept-Datetime": "Fri, 01 Jan 2100 00:00:00 GMT"})

    assert gate.headers["location"] == f"{STANDINGS}?known_at=2024-07-01T12:00:00Z"


def test_a_board_of_which_only_parts_are_known_has_no_past(
    record: Record, api: Api, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", {"m1": 1}))
    with transaction(sessions) as session:
        session.execute(delete(EDITION))
        session.execute(update(SNAPSHOT).values(status=SnapshotStatus.PARTIAL))

    answer = api.ask(STANDINGS, headers={"Accept-Datetime": "Fri, 01 Jan 2100 00:00:00 GMT"})

    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_a_fraction_of_a_second_counts_as_the_next() -> None:
    moment = datetime(2024, 7, 1, 12, 0, 0, 5, tzinfo=UTC)

    assert mementos([(moment, date(2024, 7, 1))]) == [datetime(2024, 7, 1, 12, 0, 1, tzinfo=UTC)]
    assert mementos([]) == []
