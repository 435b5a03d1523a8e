"""Who is who in the recorded history: against names and counts that were checked by hand."""

import hashlib
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from sqlalchemy import ClauseElement, select
from sqlalchemy.orm import Session

from app.domain.names import fold
from app.domain.standings import Model
from app.identity.curation import curation
from app.identity.model_names import name_key
from app.ingest.resolution import resolve_again
from app.store.blocks import decode
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import ranking_board_ids
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import editions_by_board
from app.store.queries.standings import blocks_of
from app.store.tables import EDITION, ENTRY, SNAPSHOT_BLOCK
from app.wiring import utc_now
from tests.acceptance import raw
from tests.acceptance.service import Service

pytestmark = pytest.mark.emulator

DATA = Path(__file__).parents[1] / "data"
BY_HAND = tomllib.loads((DATA / "identity.toml").read_text(encoding="utf-8"))
FIGURES = ("best_rank", "best_filtered_rank", "entries", "entries_in_top_n")
COUNTS = tomllib.loads((DATA / "hand_counts.toml").read_text(encoding="utf-8"))["edition"]

# Companies of which it is not known in which country they are.
OF_NO_KNOWN_COUNTRY = {
    *("blendax.ai", "co-dev.ai", "codestory", "deepreinforce", "devlo", "engine-labs"),
    *("ghost-x", "gru.ai", "isoform", "kortix", "patched", "refact.ai"),
}
# The sources that print makers seldom or never, and at most how many names among the best 50 are of
# nobody who is known. Of the others everybody's maker is known, and every company's country.
MAKERS_NOT_PRINTED = {"aider": 0, "alpaca_eval": 26, "livebench": 1, "swe_bench": 22, "vectara": 0}


@pytest.fixture(scope="module")
def models(service: Service) -> dict[tuple[str, str], str]:
    """The model that each (source, printed name) means."""
    return {(a.source, a.printed_name): a.model.slug for a in service.names.aliases.values()}


def test_models_on_both_boards_are_found(models: dict[tuple[str, str], str]) -> None:
    pairs = [(pair["open_llm"], pair["lmarena"]) for pair in BY_HAND["pair"]]

    missed = [
        (hub, arena) for hub, arena in pairs if models["open_llm", hub] != models["lmarena", arena]
    ]

    assert len(pairs) >= 60
    assert missed == [("huggyllama/llama-13b", "llama-13b")]  # a copy of Meta's by somebody else


def test_models_that_look_alike_are_kept_apart(models: dict[tuple[str, str], str]) -> None:
    misses = [(miss["one"], miss["other"]) for miss in BY_HAND["near_miss"]]

    joined = [
        (one["name"], other["name"])
        for one, other in misses
        if models[one["source"], one["name"]] == models[other["source"], other["name"]]
    ]

    assert len(misses) >= 60
    assert joined == []


def test_every_maker_that_the_arena_prints_is_known(service: Service) -> None:
    printed = {
        maker
        for blob in raw.blobs(raw.ARENA)
        for maker in raw.column_of(raw.ARENA, blob, "organization")
        if maker
    }
    spellings = service.names.organization_spellings
    organizations = service.names.organizations

    unknown = sorted(
        maker
        for maker in printed
        if fold(maker) not in spellings or not organizations[spellings[fold(maker)]].reviewed
    )

    assert len(printed) > 80
    assert unknown == []


def test_who_made_what_stands_in_the_top_of_any_edition(service: Service) -> None:
    names, sessions = service.names, service.almanac.sessions
    unknown, homeless, total = defaultdict(set), defaultdict(set), Counter[str]()
    with reading(sessions) as session:
        editions = editions_by_board(session, ranking_board_ids(session))
        for board_editions in editions.values():
            for block in blocks_of(session, [e.snapshot_id for e in board_editions]).values():
                for alias_id in block.alias_id[block.rank <= 50].tolist():
                    alias = names.aliases[alias_id]
                    maker = alias.model.organization
                    total[alias.source] += 1
                    if maker is None:
                        unknown[alias.source].add(alias.printed_name)
                    elif maker.kind == "company" and maker.country is None:
                        homeless[alias.source].add(maker.slug)

    printed = {"lmarena", "open_llm", "bfcl"}
    assert sum(total[source] for source in printed) > 60_000
    assert (unknown.keys() | homeless.keys()) & printed == set()
    assert set().union(*homeless.values()) == OF_NO_KNOWN_COUNTRY
    assert unknown.keys() <= MAKERS_NOT_PRINTED.keys() <= total.keys()
    for source, names_of_nobody in unknown.items():
        assert len(names_of_nobody) <= MAKERS_NOT_PRINTED[source], source


@pytest.mark.parametrize("board", ["lmarena-text", "open-llm-v2"])
def test_tables_of_organizations_are_as_counted_by_hand(service: Service, board: str) -> None:
    editions = [edition for edition in COUNTS if edition["board"] == board]

    for edition in editions:
        differences = list(compare(service, edition))
        assert differences == [], (board, edition["date"])

    assert len(editions) == {"lmarena-text": 5, "open-llm-v2": 3}[board]


def compare(service: Service, edition: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Where a table says something else than a count by hand."""
    path = f"/v1/leaderboards/{edition['board']}/organizations"
    answer = service.get(path, as_of=edition["date"], top_n=10, limit=500)
    rows = {row["organization"]["id"]: row for row in answer["data"]}
    if answer["meta"]["entries_total"] != edition["entries_total"]:
        yield "entries_total", answer["meta"]["entries_total"], edition["entries_total"]
    official = sum(row["entries"] for row in answer["data"])
    if official != edition.get("official_total", official):
        yield "official_total", official, edition["official_total"]
    for counted in edition["organization"]:
        row = rows.get(counted["id"])
        if row is None:
            yield counted["id"], "is missing"
            continue
        in_top = counted.get("in_first_ten_official", counted.get("in_first_ten"))
        entries = counted["entries"] + len(counted.get("unprinted", ()))
        filtered = counted.get("rank_among_official", row["best_filtered_rank"])
        told = (
            row["best_rank"],
            row["best_filtered_rank"],
            row["entries"],
            row["entries_in_top_n"],
        )
        if told != (counted["best_rank"], filtered, entries, in_top):
            yield counted["id"], told, (counted["best_rank"], filtered, entries, in_top)


def test_china_leads_the_benchmarks_and_america_the_votes(service: Service) -> None:
    benchmark, _meta = service.everything(
        "/v1/leaderboards/open-llm-v2/countries/history", country="CN,US"
    )
    votes, _meta = service.everything(
        "/v1/leaderboards/lmarena-text/countries/history", country="CN,US"
    )

    def bests(rows: list[dict[str, Any]], country: str, rank: str) -> list[int]:
        return [row[rank] for row in rows if row["country"] == country]

    assert bests(benchmark, "CN", "best_filtered_rank") == [1] * 100
    assert bests(benchmark, "US", "best_filtered_rank") == [2] * 100
    assert set(bests(votes, "US", "best_rank")) == {1}
    assert min(bests(votes, "CN", "best_rank")) == 2


def test_a_correction_and_its_withdrawal_leave_no_trace(service: Service) -> None:
    sessions = service.almanac.sessions
    facts = curation()
    kept = tuple(model for number, model in enumerate(facts.models) if number % 2)
    edited = replace(facts, models=kept)
    dropped = [
        {name_key(printed.name) for printed in model.names}
        for model in facts.models
        if model not in kept
    ]
    corrected = set().union(*dropped)
    before = picture(sessions)

    unchanged = resolve_again(sessions, now=utc_now())
    still = picture(sessions)
    there = resolve_again(sessions, now=utc_now(), curated=edited)
    changed = picture(sessions)
    back = resolve_again(sessions, now=utc_now())

    assert not unchanged.changed
    assert still == before
    assert there.names_moved > 40
    assert there.editions_changed == back.editions_changed > 0
    of_them = {
        told.names[key][0].slug
        for told in (before, changed)
        for key in told.names
        if name_key(key[1]) in corrected
    }
    others = [
        key
        for key in before.names
        if not of_them & {told.names[key][0].slug for told in (before, changed)}
    ]
    assert len(others) > 10_000
    assert [key for key in others if changed.names[key] != before.names[key]] == []
    ids: dict[str, set[str]] = {}  # by name; a rule may join what the table no longer does
    for (_source, printed), (model, *_facts) in changed.names.items():
        ids.setdefault(name_key(printed), set()).add(model.slug)
    with_two = {
        number
        for number, names in before.standing.items()
        if any(
            ids[one].isdisjoint(ids[other])
            for of_one in dropped
            for one, other in combinations(names & of_one, 2)
        )
    }
    assert 0 < len(with_two) < len(before.blocks) / 2
    assert {n for n in before.blocks if changed.blocks[n] != before.blocks[n]} == with_two
    assert changed.lines != before.lines
    after = picture(sessions)
    assert after._replace(ids={}) == before._replace(ids={})
    assert after.ids.items() >= before.ids.items()  # ids that were given meanwhile still lead on
    assert after.ids.keys() - before.ids.keys() <= {m.slug for m, *_ in changed.names.values()}


class Picture(NamedTuple):
    """What a record says of names and ranks, whatever numbers its models have.

    `blocks` and `standing` are by snapshot: the digest of its entries, and the names in it.
    """

    names: dict[tuple[str, str], tuple[Model, object, object]]
    ids: dict[str, str]
    blocks: dict[int, str]
    standing: dict[int, frozenset[str]]
    lines: str
    editions: str


def picture(sessions: SessionFactory) -> Picture:
    """All of it, as it is now."""
    with reading(sessions) as session:
        names = Catalogue().read(session)
        keys = {number: name_key(alias.printed_name) for number, alias in names.aliases.items()}
        blocks, standing = {}, {}
        for number, data in session.execute(select(SNAPSHOT_BLOCK)):
            blocks[number] = hashlib.blake2b(data).hexdigest()
            alias_ids = decode(data).alias_id
            standing[number] = frozenset(map(keys.__getitem__, alias_ids.tolist()))
        lines = select(ENTRY).order_by(
            ENTRY.c.leaderboard_id, ENTRY.c.alias_id, ENTRY.c.edition_date
        )
        editions = select(EDITION).order_by(EDITION.c.leaderboard_id, EDITION.c.edition_date)
        return Picture(
            names={(a.source, a.printed_name): a[3:] for a in names.aliases.values()},
            ids=names.redirects,
            blocks=blocks,
            standing=standing,
            lines=digest(session, lines),
            editions=digest(session, editions),
        )


def digest(session: Session, statement: ClauseElement) -> str:
    """Of all rows, as the driver gives them: a million takes its time."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    at_server = {"name": "digest"} if connection.dialect.name == "postgresql" else {}
    whole = hashlib.blake2b()
    with closing(driver.cursor(**at_server)) as cursor:
        cursor.execute(str(statement.compile(connection)))
        while part := cursor.fetchmany(10_000):
            whole.update(orjson.dumps(part))
    return whole.hexdigest()
