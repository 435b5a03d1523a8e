"""What is demanded of every source, present and future."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date

import httpx2 as httpx
import pytest

from app.domain.leaderboard import Snapshot, board_slug
from app.errors import FetchError, ParseError
from app.sources.base import Listing, Payload, Source
from app.sources.http import Client, ClientLimits
from app.sources.registry import SOURCES, build, client_for
from tests.recordings import payload, recordings_of
from tests.upstreams import ENDPOINTS, Upstream, plain
from tests.upstreams import client_for as client_of_source

ALL = build(ENDPOINTS)


@pytest.fixture(params=ALL)
def source(request: pytest.FixtureRequest) -> Source:
    return ALL[request.param]


@pytest.fixture
def recordings(source: Source) -> tuple[Payload, ...]:
    return recordings_of(source.info.slug)


def test_slugs_are_unique() -> None:
    assert len(ALL) == len(SOURCES)


def test_a_slug_can_stand_in_a_command(source: Source) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", source.info.slug)


def test_a_source_says_what_may_be_done_with_its_data(source: Source) -> None:
    info = source.info

    assert info.licence
    assert info.attribution
    assert info.homepage.startswith("https://")
    assert info.licence_url is None or info.licence_url.startswith("https://")


def test_a_source_is_not_asked_more_often_than_every_hour(source: Source) -> None:
    assert source.info.every.total_seconds() >= 3600


def test_a_recording_holds_entries(source: Source, recordings: tuple[Payload, ...]) -> None:
    for recording in recordings:
        snapshots = source.parse(recording)

        assert snapshots
        assert all(snapshot.entries for snapshot in snapshots)


def test_slugs_of_boards_begin_like_their_family(
    source: Source, recordings: tuple[Payload, ...]
) -> None:
    for recording in recordings:
        for snapshot in source.parse(recording):
            board = snapshot.leaderboard
            assert re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", board.slug)
            assert board.slug == board_slug(board.family, board.era, board.category)
            assert board.slug.startswith(source.info.slug.replace("_", "-"))


def test_an_edition_stands_once_in_a_payload(
    source: Source, recordings: tuple[Payload, ...]
) -> None:
    for recording in recordings:
        keys = [(s.leaderboard.slug, s.edition_date) for s in source.parse(recording)]

        assert len(keys) == len(set(keys))


def test_a_payload_is_known_by_its_document_and_its_bytes(recordings: tuple[Payload, ...]) -> None:
    for recording in recordings:
        assert recording.revision.key == (recording.revision.document, recording.revision.revision)
        assert [len(digest) for digest in recording.digests] == [32] * len(recording.files)


def test_parsing_is_pure(source: Source, recordings: tuple[Payload, ...]) -> None:
    again = build(ENDPOINTS)[source.info.slug]

    for recording in recordings:
        assert source.parse(recording) == source.parse(recording) == again.parse(recording)


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"{}", id="object"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"\xff", id="bytes"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", id="lfs-pointer"),
        pytest.param(b"PAR1" + bytes(64) + b"PAR1", id="looks-like-parquet"),
    ],
)
def test_garbage_is_a_parse_error_and_nothing_else(
    source: Source, recordings: tuple[Payload, ...], garbage: bytes
) -> None:
    for recording in recordings:
        files = [garbage] * len(recording.files)
        with pytest.raises(ParseError, match=f"^{source.info.slug}: "):
            source.parse(payload(recording.revision.document, *files))


def test_a_recording_cut_off_anywhere_gives_nothing_that_is_not_in_it(
    source: Source, recordings: tuple[Payload, ...]
) -> None:
    """Text may end anywhere; then only the row that was cut can be told as another one."""
    for recording in recordings:
        body, *others = recording.files
        whole = {_edition(snapshot): set(snapshot.entries) for snapshot in source.parse(recording)}
        for end in range(0, len(body), max(1, len(body) // 50)):
            cut = replace(recording, files=(body[:end], *others))
            with suppress(ParseError):
                for snapshot in source.parse(cut):
                    assert len(set(snapshot.entries) - whole[_edition(snapshot)]) <= 1


def _edition(snapshot: Snapshot) -> tuple[str, date]:
    return snapshot.leaderboard.slug, snapshot.edition_date


def current(source: Source, client: Client) -> Listing:
    return source.current(client, {})


def history(source: Source, client: Client) -> object:
    return source.history(client)


def fetch(source: Source, client: Client) -> object:
    return source.fetch(client, recordings_of(source.info.slug)[0].revision)


@pytest.mark.parametrize("ask", [current, history, fetch])
@pytest.mark.parametrize(
    ("fault", "transient"),
    [
        pytest.param(httpx.Response(503), True, id="unavailable"),
        pytest.param(httpx.Response(429), True, id="too-many-requests"),
        pytest.param(httpx.ReadTimeout("silent"), True, id="timeout"),
        pytest.param(httpx.ConnectError("no name"), True, id="no-connection"),
        pytest.param(httpx.Response(404), False, id="not-found"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://169.254.169.254/"}),
            False,
            id="led-away",
        ),
    ],
)
def test_an_upstream_that_fails_is_a_fetch_error(
    source: Source,
    ask: Callable[[Source, Client], object],
    fault: httpx.Response | Exception,
    *,
    transient: bool,
) -> None:
    upstream = Upstream(fault)

    with client_of_source(source, upstream) as client, pytest.raises(FetchError) as caught:
        ask(source, client)

    assert caught.value.transient is transient
    assert caught.value.source == "example"


@pytest.mark.parametrize("ask", [current, history])
def test_a_listing_of_another_shape_is_a_parse_error(
    source: Source, ask: Callable[[Source, Client], object]
) -> None:
    for body in (b"", b"<html>", b"[]", b"{}", b'{"items": []}', b"[" * 9999, b'{"sha": 1}'):
        upstream = Upstream(plain(content=body))

        with client_of_source(source, upstream) as client, pytest.raises(ParseError):
            ask(source, client)


def test_a_client_for_a_source_may_speak_to_its_hosts(source: Source) -> None:
    endpoints = replace(ENDPOINTS, hf_token="hf_x", github_token="ghp_x")
    limits = ClientLimits(tries=1)

    with client_for(source, endpoints, user_agent="test", limits=limits) as client:
        assert client.source == source.info.slug
        with pytest.raises(FetchError, match="not an address of this source"):
            client.get("https://elsewhere.example/")
    with client_for(source, endpoints, user_agent="test") as client:
        assert client.source == source.info.slug
