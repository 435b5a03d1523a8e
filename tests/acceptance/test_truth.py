"""The recorded history, back-filled, against the raw files read without our own code."""

import json
import random
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from app.ingest.backfill import run_backfill
from tests.acceptance import raw
from tests.acceptance.conftest import RECORDED
from tests.acceptance.service import Service

pytestmark = pytest.mark.emulator

V2_BOARDS = {f"open-llm-v2{part}": column for part, column in raw.V2_COLUMNS.items()}


def test_a_second_back_fill_writes_nothing(service: Service) -> None:
    reports = [run_backfill(work) for work in service.almanac.works(service.reports)]

    assert [report.counts.documents for report in reports] == [0] * len(RECORDED)
    assert [report.counts.snapshots_written for report in reports] == [0] * len(RECORDED)


@pytest.mark.parametrize("board", V2_BOARDS)
def test_every_edition_of_open_llm_v2_is_as_recorded(service: Service, board: str) -> None:
    pick = random.Random(board)
    tables = list(raw.open_llm_tables(raw.V2, V2_BOARDS[board]))

    for table in tables:
        assert_as_recorded(service, board, table, pick)

    assert len(tables) == 100


def test_every_edition_of_open_llm_v1_is_as_recorded(service: Service) -> None:
    pick = random.Random(1)

    for table in raw.open_llm_tables(raw.V1):
        assert_as_recorded(service, "open-llm-v1", table, pick, include_partial=True)


@pytest.mark.parametrize(
    ("subset", "prefix"),
    [
        ("text", "lmarena-text"),
        ("webdev", "lmarena-webdev"),
        ("text_to_image", "lmarena-text-to-image"),
    ],
)
def test_every_publication_of_the_arena_is_as_recorded(
    service: Service, subset: str, prefix: str
) -> None:
    pick = random.Random(2)

    for category, table in raw.arena_tables(subset):
        board = prefix if category == "overall" else f"{prefix}-{category.replace('_', '-')}"
        known_at = f"{table.published_at:%Y-%m-%dT%H:%M:%SZ}"
        assert_as_recorded(service, board, table, pick, known_at=known_at)


def assert_as_recorded(
    service: Service, board: str, table: raw.Table, pick: random.Random, **query: str | int | date
) -> None:
    """The head of the answer over HTTP, and all of its rows as the API reads them."""
    answer = service.get(f"/v1/leaderboards/{board}/standings", as_of=table.day, limit=1, **query)
    rows = service.rows(answer["meta"]["snapshot_id"])

    assert answer["meta"]["edition_date"] == str(table.day)
    assert answer["meta"]["entries_total"] == len(table.rows) == len(rows)
    assert answer["data"][0]["score"] == table.rows[0].score
    assert rows.keys() == table.by_name.keys()
    for wanted in [table.rows[0], *pick.sample(table.rows, 5)]:
        assert rows[wanted.name] == (wanted.score, wanted.rank), (board, table.day, wanted.name)


def test_qwen_leads_the_first_recorded_edition(service: Service) -> None:
    answer = service.get("/v1/leaderboards/open-llm-v2/standings", as_of="2024-07-13", limit=3)

    assert [(row["model"]["id"], row["score"]) for row in answer["data"]] == [
        ("alibaba--qwen2-72b-instruct", 42.49),
        ("meta--meta-llama-3-70b-instruct", 36.18),
        ("alibaba--qwen2-72b", 35.13),
    ]
    assert answer["meta"]["published_at"] == "2024-07-13T11:16:14Z"


def test_an_alibaba_model_leads_the_official_entries_of_every_edition(service: Service) -> None:
    days = [table.day for table in raw.open_llm_tables(raw.V2)]

    leaders = {
        service.get("/v1/leaderboards/open-llm-v2/standings", as_of=day, official="true", limit=1)[
            "data"
        ][0]["organization"]["id"]
        for day in days
    }

    assert leaders == {"alibaba"}


def test_the_whole_life_of_a_model_in_the_arena(service: Service) -> None:
    names = ("gpt-4-turbo", "gpt-4-1106-preview")  # the first was renamed to the second
    wanted = {
        str(table.day): (table.by_name[name].rank, table.by_name[name].score)
        for category, table in raw.arena_tables("text")
        for name in names
        if category == "overall" and name in table.by_name
    }

    rows, _meta = service.everything(
        "/v1/models/openai--gpt-4-1106-preview/history", leaderboard="lmarena-text"
    )

    assert {row["edition_date"]: (row["rank"], row["score"]) for row in rows} == wanted


def test_who_moved_in_march_2024(service: Service) -> None:
    tables = {t.day: t for category, t in raw.arena_tables("text") if category == "overall"}
    before = tables[date(2024, 2, 15)]
    after = tables[date(2024, 3, 27)]

    rows, meta = service.everything(
        "/v1/leaderboards/lmarena-text/movements", from_="2024-03-01", to="2024-04-01"
    )

    assert (meta["from_edition"]["edition_date"], meta["edition_date"]) == (
        "2024-02-15",
        "2024-03-27",
    )
    changes = {
        row["printed_name"].lower(): row["rank_change"]
        for row in rows
        if row["rank_change"] is not None
    }
    both = before.by_name.keys() & after.by_name.keys()
    assert changes == {n: before.by_name[n].rank - after.by_name[n].rank for n in both}
    new = {row["printed_name"].lower() for row in rows if row["movement"] == "new"}
    assert new == after.by_name.keys() - before.by_name.keys()


def test_an_edition_is_known_as_it_was_before_its_restatement(service: Service) -> None:
    path = "/v1/leaderboards/lmarena-text-polish/standings"

    before = service.get(path, as_of="2026-07-05", known_at="2026-07-04")
    after = service.get(path, as_of="2026-07-05", known_at="2026-07-09")

    assert (before["data"], before["meta"]["edition_date"]) == ([], None)
    assert before["meta"]["first_edition_date"] == "2026-07-02"
    assert after["meta"]["edition_date"] == "2026-07-02"
    assert after["meta"]["published_at"] == "2026-07-08T04:14:32Z"


@pytest.mark.parametrize("organization", ["alibaba", "meta"])
def test_an_organization_is_summed_up_over_all_boards(service: Service, organization: str) -> None:
    answer = service.get(f"/v1/organizations/{organization}")

    boards = {row["leaderboard"] for row in answer["data"]["leaderboards"]}
    assert {"open-llm-v1", "open-llm-v2", "lmarena-text"} <= boards


def test_every_publication_time_is_upstreams(service: Service) -> None:
    rows, _meta = service.everything("/v1/leaderboards/open-llm-v2/editions")

    assert [row["published_at"] for row in rows] == [
        f"{datetime.fromisoformat(commit['date']):%Y-%m-%dT%H:%M:%SZ}"
        for commit in reversed(raw.commits(raw.V2))
    ]


def test_the_story_in_the_readme_is_what_the_service_answers(service: Service) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    story = readme.partition("## Check a news story")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```\n```json\n(.*?)```", story, re.DOTALL)
    asked = [path for sh, _json in blocks for path in re.findall(r"'http://[^/]+(/[^']+)'", sh)]
    printed = [one for _sh, text in blocks for one in documents(text)]

    answers = [service.client.get(path).json() for path in asked]

    assert len(asked) == len(printed) >= 10
    for path, shown, answer in zip(asked, printed, answers, strict=True):
        assert says(answer, shown), (path, shown)


def documents(text: str) -> Iterator[object]:
    """The JSON documents that stand one after the other in a text."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def says(answer: object, shown: object) -> bool:
    """Whether an answer says what is shown of it, among other things; lists keep their order."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        return all(key in answer and says(answer[key], part) for key, part in shown.items())
    if isinstance(shown, list) and isinstance(answer, list):
        rest = iter(answer)
        return all(any(says(item, part) for item in rest) for part in shown)
    if isinstance(shown, float) and isinstance(answer, float):
        return round(answer, len(str(shown).partition(".")[2])) == shown
    return answer == shown
