"""What stands on a board and is no model is kept, typed, and out of its ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from app.domain.leaderboard import EntryKind, Snapshot
from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from app.sources.base import Listing, Payload
from app.sources.http import Client
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import find_source, list_runs
from app.upkeep.checking import check_record
from tests.api import Api
from tests.factories import Record, Upstream, leaderboard, snapshot, source_info, work

KINDS = {"NullModel": EntryKind.ADVERSARIAL, "panel": EntryKind.HUMAN}


@dataclass
class Mixed(Upstream):
    """An upstream on which not everything is a model, and of which one document is gated."""

    skipped: dict[str, str] = field(default_factory=dict)

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """As always, with what cannot be read."""
        return replace(super().current(client, validators), skipped=self.skipped)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """As always, with the kinds that names have here."""
        return [
            table._replace(
                entries=[
                    one._replace(
                        profile=replace(
                            one.profile, kind=KINDS.get(one.printed_name, EntryKind.MODEL)
                        )
                    )
                    for one in table.entries
                ]
            )
            for table in super().parse(payload)
        ]


@pytest.fixture
def mixed() -> Mixed:
    upstream = Mixed(source_info())
    upstream.publish("2024-07-01", {"OpenAI/a": 57, "Meta/b": 50})
    upstream.publish("2024-07-08", {"NullModel": 86, "OpenAI/a": 57, "panel": 56, "Meta/b": 50})
    return upstream


def names_and_ranks(api: Api, board: str) -> list[tuple[str, int, str]]:
    answer = api.get(f"/v1/leaderboards/{board}/standings")
    return [(one["printed_name"], one["rank"], one["entry_kind"]) for one in answer["data"]]


def test_a_ranking_of_models_is_one_of_models(
    mixed: Mixed, sessions: SessionFactory, api: Api
) -> None:
    run_scrape(work(mixed, sessions), RunKind.MANUAL)

    assert names_and_ranks(api, "demo-text") == [("a", 1, "model"), ("b", 2, "model")]
    assert names_and_ranks(api, "demo-text-all-entries") == [
        ("NullModel", 1, "adversarial"),
        ("a", 2, "model"),
        ("panel", 3, "human"),
        ("b", 4, "model"),
    ]
    kinds = {
        one["printed_name"]: api.get(f"/v1/models/{one['model']['id']}")["data"]["entry_kind"]
        for one in api.get("/v1/leaderboards/demo-text-all-entries/standings")["data"]
    }
    assert kinds == {"NullModel": "adversarial", "a": "model", "panel": "human", "b": "model"}
    boards = {board["id"]: board for board in api.get("/v1/leaderboards")["data"]}
    assert boards["demo-text"]["entry_kind"] == "model"
    assert boards["demo-text-all-entries"]["entry_kind"] is None
    assert boards["demo-text-all-entries"]["family"] == "demo-text"
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_a_maker_is_summed_up_by_rankings_alone(
    mixed: Mixed, sessions: SessionFactory, api: Api
) -> None:
    run_scrape(work(mixed, sessions), RunKind.MANUAL)

    openai = api.get("/v1/organizations/openai")["data"]
    [listed] = api.get("/v1/organizations", q="openai")["data"]

    assert (openai["boards"], openai["best_rank"], openai["models"]) == (1, 1, 1)
    assert (listed["boards"], listed["best_rank"]) == (1, 1)


def test_eras_are_boards_of_one_family(record: Record, api: Api) -> None:
    for era, day in (("2024", "2024-07-01"), ("2025", "2025-11-18")):
        board = leaderboard(f"demo-{era}", family="demo", era=era, entry_kind=EntryKind.SYSTEM)
        record.add(snapshot(day, {"OpenAI/a": 10}, board))

    boards = api.get("/v1/leaderboards?family=demo")["data"]

    assert [(one["id"], one["era"], one["entry_kind"]) for one in boards] == [
        ("demo-2024", "2024", "system"),
        ("demo-2025", "2025", "system"),
    ]
    assert boards[0]["newest_edition_date"] == date(2024, 7, 1).isoformat()
    assert boards[0]["status"] == "archived"


def test_what_was_skipped_is_told_in_the_run(mixed: Mixed, sessions: SessionFactory) -> None:
    mixed.skipped = {"secret/board": "it is gated", "other/board": "so is this"}

    run_scrape(work(mixed, sessions), RunKind.MANUAL)

    with reading(sessions) as session:
        [run] = list_runs(session, find_source(session, "demo").id)
    assert run.outcome == "succeeded"
    assert run.notes == (
        "secret/board was skipped: it is gated; other/board was skipped: so is this"
    )


def test_what_an_adapter_says_better_later_is_said_of_stored_boards(
    record: Record, api: Api
) -> None:
    board = leaderboard()
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}, board))
    before = api.ask("/v1/leaderboards/demo-text")

    better = replace(board, title="Demo", era="2024", unit="percent", entry_kind=None)
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10}, better))

    after = api.ask("/v1/leaderboards/demo-text")
    told = after.json()["data"]
    assert (told["title"], told["era"], told["unit"]) == ("Demo", "2024", "percent")
    assert told["entry_kind"] is None
    assert before.headers["ETag"] != after.headers["ETag"]
