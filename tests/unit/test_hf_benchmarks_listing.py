"""Which of the Hub's benchmark leaderboards are read: what comes, goes, moves and is closed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from hashlib import sha256

import httpx2 as httpx
import orjson
import pytest

from app.errors import FetchError, ParseError
from app.sources.adapters.hf_benchmarks import HFBenchmarks
from app.sources.base import Listing, Payload, Revision
from app.sources.http import Client
from tests.fakeboards import NOON, Boards, board_url
from tests.recordings.hf_benchmarks import (
    GPQA,
    GPQA_RESULTS,
    SWE_BENCH,
    SWE_BENCH_RESULTS,
    board,
    result,
)
from tests.upstreams import ENDPOINTS, HUB, Upstream, client_for, plain

SOURCE = HFBenchmarks(ENDPOINTS)
LIST = f"{HUB}/api/datasets?filter=benchmark:official"
GATED = httpx.Response(401, headers={"X-Error-Code": "GatedRepo"})


@pytest.fixture
def hub() -> Boards:
    return Boards({SWE_BENCH: board(*SWE_BENCH_RESULTS), GPQA: board(*GPQA_RESULTS)})


@contextmanager
def asking(hub: Boards) -> Iterator[Client]:
    with client_for(SOURCE, hub) as client:
        yield client


def listing(hub: Boards, validators: Mapping[str, str] | None = None) -> Listing:
    with asking(hub) as client:
        return SOURCE.current(client, validators or {})


def revisions(hub: Boards, validators: Mapping[str, str] | None = None) -> Sequence[Revision]:
    found = listing(hub, validators).revisions
    assert found is not None
    return found


def documents(found: Listing) -> list[str] | None:
    return None if found.revisions is None else [one.document for one in found.revisions]


def fetched(hub: Boards, revision: Revision) -> Payload:
    with asking(hub) as client:
        return SOURCE.fetch(client, revision)


def test_all_official_benchmarks_are_listed_on_all_pages(hub: Boards) -> None:
    hub.page_size = 1

    found = revisions(hub)

    assert [one.document for one in found] == [SWE_BENCH, GPQA]
    assert LIST in hub.asked
    assert board_url(GPQA) in hub.asked


def test_a_revision_is_the_answers_moment_and_its_content(hub: Boards) -> None:
    revision = revisions(hub)[0]

    assert (revision.published_at, revision.edition_date) == (NOON, date(2026, 3, 1))
    assert revision.revision == f"2026-03-01T12:00:00Z-{revision.digests[0]}"
    assert sha256(fetched(hub, revision).files[0]).hexdigest() == revision.digests[0]
    assert not revision.cumulative


def test_what_was_fetched_is_parsed(hub: Boards) -> None:
    [whole, verified] = SOURCE.parse(fetched(hub, revisions(hub)[0]))

    assert (len(whole.entries), len(verified.entries)) == (3, 1)
    assert whole.edition_date == date(2026, 3, 1)


def test_another_avatar_or_order_of_keys_is_no_other_content(hub: Boards) -> None:
    before = revisions(hub)[0].digests
    painted = [
        {**row, "author": {**row["author"], "avatarUrl": "new"}} for row in SWE_BENCH_RESULTS
    ]
    hub.boards[SWE_BENCH] = board(*[dict(reversed(row.items())) for row in painted])

    assert revisions(hub)[0].digests == before


def test_another_result_is_other_content(hub: Boards) -> None:
    before = revisions(hub)[0].digests
    hub.boards[SWE_BENCH] = board(*SWE_BENCH_RESULTS[:2])

    assert revisions(hub)[0].digests != before


def test_what_was_withdrawn_and_is_again_as_before_is_another_revision(hub: Boards) -> None:
    before = revisions(hub)[0]
    hub.date = "Mon, 02 Mar 2026 12:00:00 GMT"

    again = revisions(hub)[0]

    assert again.digests == before.digests
    assert again.key != before.key


def test_nothing_is_listed_while_nothing_changed(hub: Boards) -> None:
    first = listing(hub)

    assert set(first.validators) == {board_url(SWE_BENCH), board_url(GPQA)}
    assert listing(hub, first.validators).revisions is None


def test_a_board_that_changed_is_listed_alone_and_the_others_stay_known(hub: Boards) -> None:
    first = listing(hub)
    hub.boards[GPQA] = board(*GPQA_RESULTS[:3])

    again = listing(hub, first.validators)

    assert documents(again) == [GPQA]
    assert set(again.validators) == set(first.validators)
    assert again.validators[board_url(SWE_BENCH)] == first.validators[board_url(SWE_BENCH)]
    assert listing(hub, again.validators).revisions is None


def test_without_etags_all_boards_are_listed_every_time(hub: Boards) -> None:
    hub.tagged = False

    first = listing(hub)

    assert first.validators == {}
    assert documents(listing(hub, first.validators)) == [SWE_BENCH, GPQA]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_board_that_is_closed_is_skipped_with_the_reason(hub: Boards, status: int) -> None:
    hub.shut[GPQA] = httpx.Response(status, headers={"X-Error-Code": "GatedRepo"})
    del hub.boards[GPQA]

    first = listing(hub)

    assert documents(first) == [SWE_BENCH]
    assert list(first.skipped) == [GPQA]
    assert f"answered {status}" in first.skipped[GPQA]
    assert "GatedRepo" in first.skipped[GPQA]
    assert not first.skipped[GPQA].startswith("example: ")
    again = listing(hub, first.validators)
    assert (again.revisions, list(again.skipped)) == (None, [GPQA])


def test_a_board_that_opens_is_listed(hub: Boards) -> None:
    hub.shut[GPQA] = GATED
    first = listing(hub)
    del hub.shut[GPQA]

    assert documents(listing(hub, first.validators)) == [GPQA]


def test_a_board_that_breaks_the_hub_is_skipped_and_the_others_are_read(hub: Boards) -> None:
    first = listing(hub)
    hub.shut[GPQA] = httpx.Response(503)
    hub.boards[SWE_BENCH] = board(*SWE_BENCH_RESULTS[:2])

    down = listing(hub, first.validators)
    hub.boards[GPQA] = board(*GPQA_RESULTS[:2])
    still = listing(hub, down.validators)
    del hub.shut[GPQA]
    up = listing(hub, still.validators)

    assert documents(down) == [SWE_BENCH]
    assert list(down.skipped) == [GPQA]
    assert "answered 503" in down.skipped[GPQA]
    assert (still.revisions, list(still.skipped)) == (None, [GPQA])
    assert (documents(up), up.skipped) == ([GPQA], {})


def test_a_board_that_is_down_from_the_first_is_listed_when_it_is_up(hub: Boards) -> None:
    shut = hub.shut[GPQA] = httpx.Response(500)
    first = listing(hub)
    del hub.shut[GPQA]

    assert f"answered {shut.status_code}" in first.skipped[GPQA]
    assert documents(listing(hub, first.validators)) == [GPQA]


def test_that_all_boards_are_down_is_worth_another_try(hub: Boards) -> None:
    hub.shut = {SWE_BENCH: GATED, GPQA: httpx.Response(503)}

    with pytest.raises(FetchError, match="none of 2 boards can be read") as caught:
        listing(hub)

    assert caught.value.transient


def test_several_boards_that_break_the_hub_are_no_fault_of_theirs(hub: Boards) -> None:
    for number in range(5):
        hub.boards[f"some/bench-{number}"] = board(*GPQA_RESULTS)
        hub.shut[f"some/bench-{number}"] = httpx.Response(502)

    with pytest.raises(FetchError, match="502") as caught:
        listing(hub)

    assert caught.value.transient


def test_a_limit_is_not_of_one_board(hub: Boards) -> None:
    hub.shut[GPQA] = httpx.Response(429)

    with pytest.raises(FetchError, match="429"):
        listing(hub)


def test_that_not_one_board_can_be_read_is_an_error_that_says_why(hub: Boards) -> None:
    hub.shut = {SWE_BENCH: GATED, GPQA: GATED}
    hub.boards = {}

    with pytest.raises(FetchError, match=f"none of 2 boards can be read; {SWE_BENCH}: .* 401"):
        listing(hub)


def test_a_board_that_never_had_a_result_is_skipped(hub: Boards) -> None:
    hub.boards[GPQA] = b" [ ] "

    found = listing(hub)

    assert documents(found) == [SWE_BENCH]
    assert found.skipped == {GPQA: "its board has no results"}


def test_that_all_boards_are_empty_is_an_error(hub: Boards) -> None:
    hub.boards = dict.fromkeys(hub.boards, b"[]")

    with pytest.raises(FetchError, match=r"none of 2 boards can be read; .* no results"):
        listing(hub)


def test_a_board_that_turned_empty_is_listed_and_refused(hub: Boards) -> None:
    first = listing(hub)
    hub.boards[GPQA] = b"[]"

    found = listing(hub, first.validators)

    assert (documents(found), found.skipped) == ([GPQA], {})
    with pytest.raises(ParseError, match="has no results"):
        SOURCE.parse(fetched(hub, revisions(hub, first.validators)[0]))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="html"),
        pytest.param(b'{"error": "busy"}', id="object"),
        pytest.param(b"[1]", id="numbers"),
        pytest.param(b'[{"x": ' + b"[" * 300 + b"]" * 300 + b"}]", id="too-deep-to-be-written"),
    ],
)
def test_what_is_no_board_is_listed_so_that_parsing_says_so(hub: Boards, body: bytes) -> None:
    hub.boards[GPQA] = body

    found = revisions(hub)

    assert [one.document for one in found] == [SWE_BENCH, GPQA]
    with pytest.raises(ParseError):
        SOURCE.parse(fetched(hub, found[1]))


def test_a_new_benchmark_is_listed(hub: Boards) -> None:
    first = listing(hub)
    hub.boards["cais/hle"] = board(result(1, "a/x", 20.9))

    assert documents(listing(hub, first.validators)) == ["cais/hle"]


@pytest.mark.parametrize("stays", [True, False])
def test_a_benchmark_that_is_listed_no_more_is_named_once(hub: Boards, *, stays: bool) -> None:
    first = listing(hub)
    hub.unlisted.add(GPQA)
    if not stays:
        del hub.boards[GPQA]

    found = listing(hub, first.validators)

    assert documents(found) == []
    assert found.skipped == {GPQA: "is no longer listed as an official benchmark"}
    assert set(found.validators) == {board_url(SWE_BENCH)}
    assert listing(hub, found.validators).revisions is None


def test_a_benchmark_that_was_renamed_goes_on_under_its_new_id(hub: Boards) -> None:
    first = listing(hub)
    hub.boards["OpenEvals/gpqa"] = hub.boards.pop(GPQA)
    hub.moved[GPQA] = "OpenEvals/gpqa"

    found = listing(hub, first.validators)

    assert documents(found) == ["OpenEvals/gpqa"]
    assert found.skipped == {GPQA: "was renamed: it is OpenEvals/gpqa now"}
    assert board_url("OpenEvals/gpqa") in found.validators
    assert listing(hub, found.validators).skipped == {}


def test_a_board_that_moves_between_listing_and_reading_is_still_read(hub: Boards) -> None:
    revision = revisions(hub)[1]
    hub.boards["OpenEvals/gpqa"] = hub.boards.pop(GPQA)
    hub.moved[GPQA] = "OpenEvals/gpqa"

    assert fetched(hub, revision).revision.document == GPQA


def test_what_is_known_of_other_addresses_is_let_be(hub: Boards) -> None:
    first = listing(hub)

    found = listing(hub, {**first.validators, f"{HUB}/api/elsewhere": '"1"'})

    assert (found.revisions, found.skipped) == ((), {})
    assert found.validators == first.validators


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("a/b-c", "a/b_c", id="signs"),
        pytest.param("a-b/c", "a/b-c", id="where-the-owner-ends"),
        pytest.param("a/b", "a/b-verified-runs", id="verified-runs"),
    ],
)
def test_two_ids_that_would_be_one_board_are_both_skipped(
    hub: Boards, one: str, other: str
) -> None:
    hub.boards |= {one: hub.boards[GPQA], other: hub.boards[SWE_BENCH]}

    found = listing(hub)

    assert documents(found) == [SWE_BENCH, GPQA]
    assert found.skipped == {
        one: f"would be one board with {other}",
        other: f"would be one board with {one}",
    }


@pytest.mark.parametrize("said", ["", "yesterday", "Fri, 31 Feb 2026 12:00:00 GMT", "x GMT"])
def test_an_answer_that_does_not_say_when_is_refused(hub: Boards, said: str) -> None:
    hub.date = said

    with pytest.raises(ParseError, match=f"the answer for {SWE_BENCH} has the date '{said}'"):
        listing(hub)


@pytest.mark.parametrize(
    "content", [[], [{"id": "../x"}], [{"id": None}], [{"name": "x"}], {"id": "a/b"}]
)
def test_a_list_of_benchmarks_of_another_shape_is_refused(content: object) -> None:
    upstream = Upstream(plain(content=orjson.dumps(content)))

    with client_for(SOURCE, upstream) as client, pytest.raises(ParseError, match="benchmarks"):
        SOURCE.current(client, {})


def test_a_board_that_is_not_the_one_listed_is_refused_after_two_tries(hub: Boards) -> None:
    revision = revisions(hub)[1]
    hub.boards[GPQA] = board(*GPQA_RESULTS[:3])
    hub.asked.clear()

    with pytest.raises(FetchError, match=f"the board of {GPQA} is not the one listed") as caught:
        fetched(hub, revision)

    assert caught.value.transient
    assert hub.asked == [board_url(GPQA)] * 2


def test_there_is_no_history(hub: Boards) -> None:
    with asking(hub) as client:
        assert SOURCE.history(client) == ()
