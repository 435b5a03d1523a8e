"""Who is meant by a printed name: decided late, the same in any order, and never lost."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.domain.leaderboard import RawEntry
from app.domain.standings import Organization
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.histories import history_of
from app.store.queries.names import Names
from app.store.tables import ORGANIZATION
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info

HUB = source_info("hub")


@pytest.fixture
def sqlite_sessions(sqlite_url: str) -> Iterator[SessionFactory]:
    engine = build_engine(sqlite_url)
    yield session_factory(engine)
    engine.dispose()


def names(sessions: SessionFactory) -> Names:
    with reading(sessions) as session:
        return Catalogue().read(session)


def models(sessions: SessionFactory) -> dict[str, list[str]]:
    """Every model with the names it is printed under."""
    known = names(sessions)
    return {
        slug: sorted(alias.printed_name for alias in known.aliases_of[slug])
        for slug in sorted(known.models)
    }


def scores(sessions: SessionFactory, model: str, board: str = "demo-text") -> list[float]:
    """A model's history."""
    with reading(sessions) as session:
        known = Catalogue().read(session)
        board_id = find_board(session, board).id
        aliases, there = known.aliases_of[model], board_editions(session, board_id)
        return [p.figures.score for p in history_of(session, board_id, aliases, there)]


def hub(owner: str, name: str, score: float = 1.0) -> RawEntry:
    return entry(f"{owner}/{name}", score, of=profile(namespace=owner))


def test_a_known_maker_is_found_by_any_spelling(record: Record, sessions: SessionFactory) -> None:
    record.add(snapshot("2024-07-01", {"Aliaba/a": 1, "tongyi  QIANWEN/b": 2, "Qwen/c": 3}))

    assert list(models(sessions)) == ["alibaba--a", "alibaba--b", "alibaba--c"]


def test_a_known_owner_on_the_hub_is_found(record: Record, sessions: SessionFactory) -> None:
    record.of(HUB).add(snapshot("2024-07-01", [hub("Qwen", "Qwen2-72B"), hub("QWEN", "b")]))

    assert models(sessions) == {
        "alibaba--b": ["QWEN/b"],
        "alibaba--qwen2-72b": ["Qwen/Qwen2-72B"],
    }


@pytest.mark.parametrize(
    ("row", "expected", "official"),
    [
        pytest.param(
            entry("x", of="New Lab"), Organization("new-lab", "New Lab", None, None), True,
            id="a-printed-maker-is-somebody",
        ),
        pytest.param(
            hub("new-lab", "x"), Organization("new-lab", "new-lab", "community", None), False,
            id="an-owner-on-the-hub-is-anybody",
        ),
        pytest.param(
            entry("x", of="零"), Organization("organization", "零", None, None), True,
            id="a-maker-without-a-slug",
        ),
    ],
)  # fmt: skip
def test_an_unknown_maker_becomes_one_of_its_own(
    record: Record,
    sessions: SessionFactory,
    row: RawEntry,
    expected: Organization,
    official: bool,  # noqa: FBT001
) -> None:
    record.add(snapshot("2024-07-01", [row]))

    known = names(sessions)
    [model] = known.models.values()
    assert model.organization == expected
    assert (expected.kind not in {"community", "individual"}) is official
    with reading(sessions) as session:
        reviewed = session.scalar(
            select(ORGANIZATION.c.reviewed).where(ORGANIZATION.c.slug == expected.slug)
        )
    assert reviewed is False


def test_an_owner_and_a_printed_maker_of_one_name_are_not_taken_for_one(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", [entry("x", of="New Lab")]))
    record.of(HUB).add(snapshot("2024-07-01", [hub("new-lab", "x")], leaderboard("hub-text")))

    first, second = sorted(model.organization or "" for model in names(sessions).models.values())
    assert isinstance(first, Organization)
    assert isinstance(second, Organization)
    assert (first.slug, first.kind) == ("new-lab", None)
    assert second.slug.startswith("new-lab-")
    assert second.kind == "community"


@pytest.mark.parametrize("maker", [None, "", "  ", "\t"])
def test_no_maker_is_no_organization(
    record: Record, sessions: SessionFactory, maker: str | None
) -> None:
    record.add(snapshot("2024-07-01", [entry("vicuna", of=profile(maker))]))

    assert models(sessions) == {"unknown--vicuna": ["vicuna"]}
    assert names(sessions).models["unknown--vicuna"].organization is None


def test_a_hub_name_without_owner_is_nobodys_unless_it_is_known(
    record: Record, sessions: SessionFactory
) -> None:
    rows = [
        entry("gpt2", of=profile(namespace="gpt2")),
        entry("nobodys", of=profile(namespace="nobodys")),
    ]
    record.of(HUB).add(snapshot("2024-07-01", rows))

    assert list(models(sessions)) == ["openai--gpt2", "unknown--nobodys"]


def test_one_model_on_two_sources(record: Record, sessions: SessionFactory) -> None:
    record.add(snapshot("2024-07-01", [entry("Qwen2-72B", of="Alibaba")]))
    record.of(HUB).add(snapshot("2024-07-01", [hub("Qwen", "qwen2-72b")], leaderboard("hub-text")))

    assert models(sessions) == {"alibaba--qwen2-72b": ["Qwen/qwen2-72b", "Qwen2-72B"]}


def test_names_that_differ_by_case_are_one_model_of_one_history(
    record: Record, sessions: SessionFactory
) -> None:
    record.history({"2024-07-01": {"OpenAI/GPT-4": 1}, "2024-07-02": {"OpenAI/gpt-4": 2}})
    record.add(snapshot("2024-07-03", {"OpenAI/GPT-4": 3, "OpenAI/Gpt-4": 4}))

    assert models(sessions) == {"openai--gpt-4": ["GPT-4", "Gpt-4", "gpt-4"]}
    assert scores(sessions, "openai--gpt-4") == [1, 2, 4]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_printed_names_of_one_slug_are_one_model(
    record: Record, sessions: SessionFactory, order: tuple[int, int]
) -> None:
    names = ("Claude Opus 4 (20250514)", "claude-opus-4-20250514")
    for index in order:
        record.add(snapshot(f"2025-07-{index + 1:02}", {f"Anthropic/{names[index]}": index}))

    assert models(sessions) == {"anthropic--claude-opus-4-20250514": sorted(names)}
    assert scores(sessions, "anthropic--claude-opus-4-20250514") == [0, 1]


def test_hub_ids_of_one_slug_are_two_models(record: Record, sessions: SessionFactory) -> None:
    rows = [hub("euclaise", "Ferret-7B", 1), hub("euclaise", "Ferret_7B", 2)]
    record.of(HUB).add(snapshot("2024-07-01", rows))

    assert models(sessions) == {
        "euclaise--euclaise-ferret-7b": ["euclaise/Ferret_7B"],
        "euclaise--ferret-7b": ["euclaise/Ferret-7B"],
    }


def test_two_ids_of_one_owner_on_one_source_are_two_models(
    record: Record, sessions: SessionFactory
) -> None:
    rows = [hub("Qwen", "x", 1), hub("AIDC-AI", "x", 2), hub("alibaba-pai", "x", 3)]
    record.of(HUB).add(snapshot("2024-07-01", rows))

    assert models(sessions) == {
        "alibaba--aidc-ai-x": ["AIDC-AI/x"],
        "alibaba--alibaba-pai-x": ["alibaba-pai/x"],
        "alibaba--x": ["Qwen/x"],
    }


def test_a_maker_named_late_leaves_a_redirect(record: Record, sessions: SessionFactory) -> None:
    record.history({"2024-07-01": {"gpt-4": 1}, "2024-07-02": {"OpenAI/gpt-4": 2}})

    assert models(sessions) == {"openai--gpt-4": ["gpt-4"]}
    assert names(sessions).redirects == {"unknown--gpt-4": "openai--gpt-4"}
    assert scores(sessions, "openai--gpt-4") == [1, 2]


def test_a_maker_who_is_called_unknown_changes_no_id(
    record: Record, sessions: SessionFactory
) -> None:
    record.history({"2024-07-01": {"x": 1}, "2024-07-02": {"Unknown/x": 2}})

    known = names(sessions)
    assert list(known.models) == ["unknown--x"]
    assert known.models["unknown--x"].organization == Organization("unknown", "Unknown", None, None)
    assert known.redirects == {}


def test_a_corrected_maker_and_back_again(record: Record, sessions: SessionFactory) -> None:
    seen = []
    for day, maker in enumerate(("OpenAI", "Meta", "OpenAI", "Google"), start=1):
        record.add(snapshot(f"2024-07-{day:02}", {f"{maker}/x": day}))
        seen.append((list(models(sessions)), dict(names(sessions).redirects)))

    assert seen == [
        (["openai--x"], {}),
        (["meta--x"], {"openai--x": "meta--x"}),
        (["openai--x"], {"meta--x": "openai--x"}),
        (["google--x"], {"meta--x": "google--x", "openai--x": "google--x"}),
    ]
    assert scores(sessions, "google--x") == [1, 2, 3, 4]


def test_a_model_that_turns_out_to_be_another_is_merged_into_it(
    record: Record, sessions: SessionFactory
) -> None:
    other = record.of(source_info("other"))
    record.add(snapshot("2024-07-01", {"Meta/x": 1}))
    record.add(snapshot("2024-07-02", {"Google/x": 2}))
    other.add(snapshot("2024-07-01", {"OpenAI/x": 5}, leaderboard("other-text")))

    record.add(snapshot("2024-07-03", {"OpenAI/x": 3}))

    assert models(sessions) == {"openai--x": ["x", "x"]}
    assert names(sessions).redirects == {"google--x": "openai--x", "meta--x": "openai--x"}
    assert scores(sessions, "openai--x") == [1, 2, 3]
    assert scores(sessions, "openai--x", "other-text") == [5]


def test_a_name_that_turns_out_to_be_anothers_leaves_the_model_to_the_others(
    record: Record, sessions: SessionFactory
) -> None:
    other = record.of(source_info("other"))
    record.add(snapshot("2024-07-01", {"x": 1}))
    other.add(snapshot("2024-07-01", {"x": 5}, leaderboard("other-text")))

    record.add(snapshot("2024-07-02", {"OpenAI/x": 2}))

    assert models(sessions) == {"openai--x": ["x"], "unknown--x": ["x"]}
    assert names(sessions).redirects == {}
    assert scores(sessions, "openai--x") == [1, 2]
    assert scores(sessions, "unknown--x", "other-text") == [5]


def test_an_old_id_is_not_given_to_another_model(record: Record, sessions: SessionFactory) -> None:
    other = record.of(source_info("other"))
    record.history({"2024-07-01": {"Meta/x": 1}, "2024-07-02": {"OpenAI/x": 2}})

    other.add(snapshot("2024-07-03", {"Meta/x": 5}, leaderboard("other-text")))

    meta = next(slug for slug in models(sessions) if slug != "openai--x")
    assert meta.startswith("meta--x-")
    assert names(sessions).redirects == {"meta--x": "openai--x"}


def test_even_a_disambiguated_id_is_never_given_twice(
    record: Record, sessions: SessionFactory
) -> None:
    others = [record.of(source_info(f"other{number}")) for number in range(3)]
    record.history({"2024-07-01": {"Meta/x": 1}, "2024-07-02": {"OpenAI/x": 2}})

    for number, other in enumerate(others):
        board = leaderboard(f"other{number}-text")
        other.add(snapshot("2024-07-01", {"Meta/x": 1}, board))
        other.add(snapshot("2024-07-02", {f"Maker {number}/x": 2}, board))

    known = names(sessions)
    assert not known.models.keys() & known.redirects.keys()
    assert len(known.models) == 4


DAYS = ["2023-05-08", "2024-05-08", "2024-05-08", "2025-05-08"]
EVIDENCE = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from(["GPT-4", "gpt-4"]),
        st.sampled_from([None, "OpenAI", "Aliaba", "New Lab", "Newer Lab"]),
    ),
    min_size=2,
    max_size=3,
)


@given(EVIDENCE)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_who_made_a_model_does_not_depend_on_the_order_of_arrival(
    sqlite_sessions: SessionFactory, evidence: Sequence[tuple[str, str, str | None]]
) -> None:
    makers = set()
    for order in permutations(range(len(evidence))):
        info = source_info(f"demo-{len(names(sqlite_sessions).aliases)}")
        record = Record(sqlite_sessions, info)
        for number in order:
            day, name, maker = evidence[number]
            board = leaderboard(f"{info.slug}-{number}")
            record.add(snapshot(day, [entry(name, of=maker)], board))
        own = {a.model for a in names(sqlite_sessions).aliases.values() if a.source == info.slug}
        assert len(own) == 1
        makers |= {model.organization and model.organization.name for model in own}

    assert len(makers) == 1


def test_a_second_writer_sees_the_names_of_the_first(
    record: Record, sessions: SessionFactory
) -> None:
    other = record.of(source_info("other"))
    board = leaderboard("other-text")
    record.add(snapshot("2024-07-01", {"New Lab/a": 1}))
    other.add(snapshot("2024-07-01", {"New Lab/a": 1}, board))
    record.add(snapshot("2024-07-02", {"New Lab/b": 1}))
    other.add(snapshot("2024-07-02", {"New Lab/b": 1, "Third Lab/c": 2}, board))
    record.add(snapshot("2024-07-03", {"Third Lab/c": 1}))

    assert models(sessions) == {
        "new-lab--a": ["a", "a"],
        "new-lab--b": ["b", "b"],
        "third-lab--c": ["c", "c"],
    }


def test_names_of_a_failed_run_never_were(record: Record, sessions: SessionFactory) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}), published_at="2024-07-01")

    with pytest.raises(Exception, match="two contents"):
        record.add(
            snapshot("2024-07-01", {"New Lab/b": 1, "OpenAI/a": 2}), published_at="2024-07-01"
        )
    record.add(snapshot("2024-07-02", {"Newer Lab/c": 1}))

    assert list(models(sessions)) == ["newer-lab--c", "openai--a"]
    assert "new-lab" not in names(sessions).organizations
