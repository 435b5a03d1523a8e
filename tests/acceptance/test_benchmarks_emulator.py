"""The benchmark leaderboards of the Hub against the emulator: every state that was recorded."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.sources.adapters.hf_benchmarks import HFBenchmarks
from app.sources.http import ClientLimits
from tests.acceptance import raw
from tests.acceptance.conftest import Emulator
from tests.upstreams import ENDPOINTS, client_of

pytestmark = pytest.mark.emulator

GATED = "Idavidrein/gpqa"
OPEN = ("SWE-bench/SWE-bench_Verified", "TIGER-Lab/MMLU-Pro")
STATES = {GATED: 38, "SWE-bench/SWE-bench_Verified": 18, "TIGER-Lab/MMLU-Pro": 29}
UNITS = {
    GATED: "fraction",
    "SWE-bench/SWE-bench_Verified": "percent",
    "TIGER-Lab/MMLU-Pro": "percent",
}


def recorded(document: str) -> list[dict[str, Any]]:
    """Every result that was ever recorded of a board, with the moment from which it stood there."""
    index = raw.HF / document.replace("/", "__") / "index.json"
    results: list[dict[str, Any]] = json.loads(index.read_text("utf-8"))["meta"]["leaderboard"]
    return results


@pytest.mark.parametrize(
    ("token", "documents"),
    [
        pytest.param(None, OPEN, id="without-a-token"),
        pytest.param("hf_made_up", (GATED, *OPEN), id="with-a-token"),
    ],
)
def test_every_recorded_state_is_read_once_and_whole(
    emulator: Emulator, token: str | None, documents: tuple[str, ...]
) -> None:
    source = HFBenchmarks(replace(ENDPOINTS, hf=emulator.hub))
    moments = sorted({one["_from"] for document in STATES for one in recorded(document)})
    validators: dict[str, str] = {}
    states = dict.fromkeys(documents, 0)
    with client_of(endpoint=emulator.hub, token=token, limits=ClientLimits(tries=1)) as client:
        for moment in moments:
            emulator.set_clock(moment)
            listing = source.current(client, validators)
            validators = dict(listing.validators)
            for revision in listing.revisions or ():
                states[revision.document] += 1
                [snapshot] = source.parse(source.fetch(client, revision))
                assert snapshot.leaderboard.unit == UNITS[revision.document]
                assert snapshot.leaderboard.higher_is_better
                assert snapshot.edition_date.isoformat() == moment[:10]
                assert sorted((e.printed_name, e.score) for e in snapshot.entries) == sorted(
                    (one["modelId"], one["value"])
                    for one in recorded(revision.document)
                    if one["_from"] <= moment
                )
            assert source.current(client, validators).revisions is None

    assert (GATED in listing.skipped) is (token is None)
    assert states == {document: STATES[document] for document in documents}
