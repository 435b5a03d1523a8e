"""Every command, and the exit codes that scripts rely on."""

from collections.abc import Callable
from typing import NoReturn

import pytest
from sqlalchemy import text
from typer.main import get_command

from app import __version__
from app.backfiller import unfinished
from app.cli import BUSY, DONE, FAILED, INTERRUPTED, NO_DATABASE, USAGE, cli
from app.domain.runs import RunKind
from app.errors import FetchError
from app.ingest.runner import Work, claim
from app.sources import registry
from app.store.engine import build_engine
from tests.commands import Shell, opened
from tests.factories import Upstream, as_owner

COMMANDS = (
    "up",
    "serve",
    "schedule",
    "migrate",
    "resolve",
    "scrape",
    "backfill",
    "sources",
    "export",
    "keys",
    "check",
    "backup",
    "restore",
    "copy",
)


def held_by_another(slug: str, kind: RunKind) -> None:
    almanac = opened()
    [job] = almanac.works([slug])
    claim(as_owner(job, "far-away:1:another"), kind)
    almanac.engine.dispose()


def down() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def test_the_help_names_every_command(almanac: Shell) -> None:
    code, text = almanac("--help")

    assert code == DONE
    assert [name for name in COMMANDS if f"  {name}" not in text] == []
    assert "almanac up" in text
    assert "ALMANAC_*" in text


def test_no_command_is_left_out_of_these_tests() -> None:
    assert set(get_command(cli).commands) == set(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(almanac: Shell, command: str) -> None:
    code, text = almanac(command, "--help")

    assert code == DONE
    assert f"Usage: almanac {command}" in text
    assert len(text) > 150


def test_without_words_the_help_is_shown(almanac: Shell) -> None:
    code, text = almanac()

    assert code == USAGE
    assert "Usage: almanac" in text


def test_the_version_is_told(almanac: Shell) -> None:
    assert almanac("--version") == (DONE, f"almanac {__version__}\n")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(["scrap"], "No such command", id="no-such-command"),
        pytest.param(["scrape", "--fast"], "No such option", id="no-such-option"),
        pytest.param(
            ["scrape", "nowhere"],
            "there is no source 'nowhere'; there are: demo, other",
            id="no-such-source",
        ),
        pytest.param(["backfill", "nowhere"], "there is no source", id="nor-to-back-fill"),
        pytest.param(["backfill", "--from", "yesterday"], "yesterday", id="no-date"),
        pytest.param(
            ["backfill", "--from", "2024-07-02", "--to", "2024-07-01"],
            "--from lies after --to",
            id="back-to-front",
        ),
    ],
)
def test_a_call_with_wrong_words_ends_with_2(almanac: Shell, words: list[str], reason: str) -> None:
    code, text = almanac(*words)

    assert code == USAGE
    assert reason in text


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        pytest.param({"port": "x"}, "settings: ALMANAC_PORT: ", id="port"),
        pytest.param({"log_level": "LOUD"}, "settings: ALMANAC_LOG_LEVEL: ", id="log-level"),
        pytest.param({"sources": "nowhere"}, "there is no source 'nowhere'", id="sources"),
    ],
)
def test_a_wrong_setting_ends_with_2(
    almanac: Shell, variables: dict[str, str], reason: str
) -> None:
    almanac.set(**variables)

    code, text = almanac("scrape")

    assert code == USAGE
    assert reason in text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("postgresql://127.0.0.1:9/x", "refused", id="nobody-there"),
        pytest.param("nonsense", "URL", id="no-url"),
        pytest.param("oracle9i://x", "oracle9i", id="no-such-database"),
        pytest.param("sqlite:///no/such/folder/x.db", "No such file", id="no-such-folder"),
        pytest.param("sqlite:///.", "", id="a-folder"),
    ],
)
def test_a_database_that_cannot_be_used_ends_with_4(almanac: Shell, url: str, reason: str) -> None:
    almanac.set(database_url=url)

    code, text = almanac("scrape")

    assert code == NO_DATABASE
    assert "almanac: the database cannot be used: " in text
    assert reason in text


def test_a_database_of_a_later_version_ends_with_4(almanac: Shell) -> None:
    almanac("migrate")
    engine = build_engine("sqlite:///almanac.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    code, written = almanac("sources")

    assert code == NO_DATABASE
    assert "9999" in written


def test_a_server_is_migrated_by_hand_only(almanac: Shell, bare_database_url: str) -> None:
    almanac.set(database_url=bare_database_url)

    before = almanac("scrape")
    migrated = almanac("migrate")
    again = almanac("migrate")
    after = almanac("scrape")

    assert before[0] == (DONE if bare_database_url.startswith("sqlite") else NO_DATABASE)
    assert ("run `almanac migrate`" in before[1]) is (before[0] == NO_DATABASE)
    there = "the database has this version's schema\n"
    applied = "the curated facts are applied: 0 names mean another model; 0 editions"
    assert again == (DONE, there)
    assert migrated[1].startswith(there if before[0] == DONE else f"{there}{applied}")
    assert after[0] == DONE


def test_scraping_tells_what_it_did(almanac: Shell) -> None:
    first = almanac("scrape")
    second = almanac("scrape", "demo")

    assert first[0] == DONE
    assert first[1] == (
        "demo: succeeded; 1 documents, 1 of 1 snapshots new, 2 entries\n"
        "other: succeeded; 1 documents, 1 of 1 snapshots new, 1 entries\n"
    )
    assert second == (DONE, "demo: unchanged; 0 documents, 0 of 0 snapshots new, 0 entries\n")


def test_only_sources_that_are_switched_on_are_scraped(almanac: Shell) -> None:
    almanac.set(sources="other")

    code, written = almanac("scrape")

    assert code == DONE
    assert written.startswith("other: succeeded")


def test_a_failed_scrape_ends_with_1_and_does_not_stop_the_others(
    almanac: Shell, upstream: Upstream
) -> None:
    upstream.listing_fault = down

    code, written = almanac("scrape")

    assert code == FAILED
    assert "demo: failed; 0 documents" in written
    assert "  demo: 503 after 4 tries\n" in written
    assert "other: succeeded" in written


@pytest.mark.parametrize(
    ("command", "kind", "reason"),
    [
        pytest.param("scrape", RunKind.MANUAL, "demo: being scraped by another", id="scrape"),
        pytest.param("backfill", RunKind.BACKFILL, "demo is being back-filled now", id="backfill"),
    ],
)
@pytest.mark.parametrize(
    ("fault", "worst"),
    [pytest.param(None, BUSY, id="busy"), pytest.param(down, FAILED, id="busy-and-failed")],
)
def test_work_that_another_does_ends_with_3_unless_something_failed(
    almanac: Shell,
    other: Upstream,
    command: str,
    kind: RunKind,
    reason: str,
    fault: Callable[[], None] | None,
    worst: int,
) -> None:
    held_by_another("demo", kind)
    other.listing_fault = fault

    code, written = almanac(command)

    assert code == worst
    assert reason in written
    assert "\nother: " in written


def test_back_filling_fills_once(almanac: Shell) -> None:
    first = almanac("backfill", "demo")
    second = almanac("backfill", "demo", "--polite")

    assert first[0] == second[0] == DONE
    assert "demo: succeeded; 3 documents, 3 of 3 snapshots new, 6 entries" in first[1]
    assert "demo: unchanged; 0 documents" in second[1]


def test_a_polite_back_fill_fills_as_well(almanac: Shell) -> None:
    code, written = almanac("backfill", "other", "--polite")

    assert code == DONE
    assert "other: succeeded; 1 documents" in written


def test_a_back_fill_that_passed_something_over_ends_with_1(
    almanac: Shell, upstream: Upstream
) -> None:
    upstream.broken[upstream.revisions[0][0].revision] = down

    code, written = almanac("backfill")

    assert code == FAILED
    assert "demo: failed; 2 documents" in written
    assert "  1 of 3 revisions could not be read: demo:latest at rev-20240701" in written
    assert "other: succeeded" in written


def test_a_range_can_be_back_filled(almanac: Shell) -> None:
    code, written = almanac("backfill", "demo", "--from", "2024-07-02", "--to", "2024-07-02")

    assert code == DONE
    assert "demo: succeeded; 1 documents, 1 of 1 snapshots new" in written


def test_a_dry_run_prints_the_plan(almanac: Shell, other: Upstream) -> None:
    almanac("backfill", "demo", "--to", "2024-07-01")
    other.publish_all({"2024-07-01": {"OpenAI/a": 10}}, published_at="2024-07-20")

    code, written = almanac("backfill", "--dry-run")

    assert code == DONE
    assert written == (
        "demo: 2 revisions to read, 1 stored\n"
        "  2024-07-02 demo:latest 2024-07-02\n"
        "  2024-07-03 demo:latest 2024-07-03\n"
        "other: 2 revisions to read, 0 stored\n"
        "  2024-07-01 demo:latest 2024-07-01\n"
        "  2024-07-20 demo:full all editions\n"
    )


def test_a_dry_run_without_a_listing_ends_with_1(almanac: Shell, upstream: Upstream) -> None:
    upstream.listing_fault = down

    code, written = almanac("backfill", "--dry-run")

    assert code == FAILED
    assert "demo: 503 after 4 tries\n" in written
    assert "other: 1 revisions to read" in written


def test_what_nobody_foresaw_of_a_source_ends_with_1(
    almanac: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SOURCES", (lambda _: down(),))

    assert almanac("scrape") == (FAILED, "almanac: demo: 503 after 4 tries\n")


@pytest.mark.parametrize("command", ["scrape", "backfill"])
def test_an_interrupted_call_ends_with_130_and_the_next_one_goes_on(
    almanac: Shell, upstream: Upstream, command: str
) -> None:
    upstream.broken[upstream.revisions[-1][0].revision] = interrupt

    interrupted = almanac(command, "demo")
    upstream.broken.clear()
    resumed = almanac(command, "demo")

    assert interrupted[0] == INTERRUPTED
    assert "almanac: interrupted; what is stored stays, and the next call goes on" in interrupted[1]
    assert resumed[0] == DONE
    assert "demo: succeeded; 1 documents, 1 of 1 snapshots new, 2 entries" in resumed[1]


def test_sources_are_listed_with_their_state(almanac: Shell) -> None:
    almanac.set(columns="200")
    almanac.monkeypatch.setenv("COLUMNS", "200")
    before = almanac("sources")
    almanac("scrape", "demo")
    almanac("backfill", "demo")

    after = almanac("sources")

    assert before[0] == after[0] == DONE
    rows = {line.split("│")[1].strip(): line for line in after[1].splitlines() if "│" in line}
    assert "never" in before[1]
    assert "succeeded" in rows["demo"]
    assert "2024-07-03" in rows["demo"]
    assert "finished 3/3" in rows["demo"]
    assert "never" in rows["other"]


def names_of(works: list[Work]) -> list[str]:
    return [work.source.info.slug for work in works]


def test_history_is_unfinished_until_all_of_it_is_stored(
    almanac: Shell, upstream: Upstream
) -> None:
    bad = upstream.revisions[0][0].revision
    stages = []
    for words, fault in (
        (["scrape"], {}),
        (["backfill", "demo", "--from", "2024-07-02"], {}),
        (["backfill", "demo"], {bad: down}),
        (["backfill", "demo"], {bad: lambda: b"nonsense"}),
        (["backfill", "demo"], {}),
        (["backfill", "other"], {}),
    ):
        upstream.broken = dict(fault)
        almanac(*words)
        made = opened()
        stages.append(unfinished(made.sessions, made.works()))
        made.engine.dispose()

    assert stages == [["demo", "other"]] * 3 + [["other"], ["other"], []]
