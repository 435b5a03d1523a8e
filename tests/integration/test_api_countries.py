"""What the API says of countries over all boards, and of makers' and countries' lives on one."""

import pytest

from tests.api import Api
from tests.factories import Record, entry, leaderboard, profile, snapshot
from tests.stores import stored

CODING = leaderboard("demo-text-coding", family="demo-text", category="coding")
ALIBABA, CHINA = "/v1/organizations/alibaba/history", "/v1/countries/CN/history"


@stored()
def boards(record: Record) -> None:
    """Two Chinese makers and an American one; the Chinese hand the lead to each other."""
    record.history(
        {
            "2024-05-01": {"Alibaba/qwen-1": 10, "Meta/llama": 9},
            "2024-05-11": {"DeepSeek/ds-1": 12, "Alibaba/qwen-1": 11, "Meta/llama": 9},
            "2024-07-20": {"Meta/llama-2": 12, "Alibaba/qwen-2": 9, "Alibaba/qwen-1": 11},
        }
    )
    record.history({"2024-07-25": {"DeepSeek/ds-1": 5}}, CODING)


def test_a_country_is_summed_up_over_all_boards(boards: Api) -> None:
    answer = boards.get("/v1/countries/CN", window="P90D", top_n=2)

    data = answer["data"]
    assert (data["id"], data["name"], data["models"]) == ("CN", "China", 3)
    assert (data["boards"], data["boards_led"], data["best_rank"]) == (2, 1, 1)
    assert data["newest_debut"]["model"]["id"] == "alibaba--qwen-2"
    rows = {row["leaderboard"]: row for row in data["leaderboards"]}
    text = rows["demo-text"]
    assert (text["best_rank"], text["best_model"]["id"]) == (2, "alibaba--qwen-1")
    assert (text["days_as_leader"], text["days_as_leader_in_window"]) == (80, 78)
    assert text["change"]["entry_share"] == 0
    assert answer["links"]["organizations"] == "/v1/organizations?country=CN"
    assert boards.get(answer["links"]["history"], leaderboard="demo-text")["data"]


def test_countries_are_listed_with_where_they_stand(boards: Api) -> None:
    rows = {row["id"]: row for row in boards.get("/v1/countries", limit=500)["data"]}

    china = rows["CN"]
    assert china["organizations"] > 40
    assert (china["models"], china["boards"], china["best_rank"]) == (3, 2, 1)
    assert (rows["US"]["boards"], rows["US"]["best_rank"]) == (1, 1)
    assert (rows["FR"]["boards"], rows["FR"]["best_rank"], rows["FR"]["name"]) == (
        0,
        None,
        "France",
    )
    pages = boards.pages("/v1/countries", limit=20)
    assert [row["id"] for page in pages for row in page["data"]] == sorted(rows)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/v1/countries/cn", 308, id="small-letters"),
        pytest.param("/v1/countries/XX", 404, id="no-country"),
        pytest.param("/v1/countries/China", 308, id="its-name"),
        pytest.param("/v1/countries/Atlantis", 404, id="no-country-by-name"),
        pytest.param("/v1/countries/BQ", 200, id="a-country-without-makers"),
        pytest.param("/v1/countries/BQ/history?leaderboard=demo-text", 200, id="and-its-history"),
        pytest.param("/v1/countries/CN/history", 422, id="a-history-of-no-board"),
        pytest.param("/v1/countries/CN/history?leaderboard=none", 404, id="of-an-unknown-board"),
    ],
)
def test_how_a_country_is_asked_for(boards: Api, path: str, status: int) -> None:
    answer = boards.ask(path)

    assert answer.status_code == status
    if status == 308:
        assert answer.headers["location"] == "/v1/countries/CN"


def test_a_country_without_makers_has_nothing(boards: Api) -> None:
    data = boards.get("/v1/countries/BQ")["data"]
    points = boards.get("/v1/countries/BQ/history", leaderboard="demo-text")["data"]

    assert (data["name"], data["models"], data["leaderboards"]) == ("BQ", 0, [])
    assert [(p["best_rank"], p["entry_share"], p["flagship"]) for p in points] == [
        (None, 0, None)
    ] * 3


def test_a_life_on_a_board(boards: Api) -> None:
    answer = boards.get(ALIBABA, leaderboard="demo-text", top_n=2)

    points = answer["data"]
    assert [
        (p["edition_date"], p["best_rank"], p["entries"], p["entry_share"]) for p in points
    ] == [
        ("2024-05-01", 1, 1, 0.5),
        ("2024-05-11", 2, 1, 0.5),
        ("2024-07-20", 2, 2, 0.5),
    ]
    assert points[2]["entries_total"] == 3
    meta = answer["meta"]
    assert (meta["organization"], meta["country"], meta["flagship"]) == ("alibaba", None, "highest")
    assert answer["links"]["leaderboard"] == "/v1/leaderboards/demo-text"


@pytest.mark.parametrize(
    ("flagship", "expected"),
    [
        pytest.param(
            "highest",
            [("alibaba--qwen-1", 1), ("deepseek--ds-1", 1), ("alibaba--qwen-1", 2)],
            id="highest",
        ),
        pytest.param(
            "latest",
            [("alibaba--qwen-1", 1), ("deepseek--ds-1", 1), ("alibaba--qwen-2", 3)],
            id="latest",
        ),
    ],
)
def test_a_flagship_is_the_best_placed_or_the_newest(
    boards: Api, flagship: str, expected: list[tuple[str, int]]
) -> None:
    points = boards.get(CHINA, leaderboard="demo-text", flagship=flagship)["data"]

    assert [(p["flagship"]["model"]["id"], p["flagship"]["rank"]) for p in points] == expected


def test_a_flagship_says_how_it_stands(boards: Api) -> None:
    points = boards.get(ALIBABA, leaderboard="demo-text", flagship="latest")["data"]

    assert points[-1]["flagship"] == {
        "model": {"id": "alibaba--qwen-2", "name": "qwen-2"},
        "rank": 3,
        "filtered_rank": 3,
        "score": 9,
        "gap_to_leader": 3,
        "debut_date": "2024-07-20",
    }


def test_only_what_counts_can_be_a_flagship(record: Record, api: Api) -> None:
    rows = [
        entry("Qwen/tuned", 50, of=profile(namespace="Qwen", official=False)),
        entry("Qwen/q", 40, of=profile(namespace="Qwen", official=True)),
    ]
    record.add(snapshot("2024-07-01", rows))

    official = api.get(ALIBABA, leaderboard="demo-text")["data"][0]
    everything = api.get(ALIBABA, leaderboard="demo-text", include_community="true")["data"][0]

    assert official["flagship"]["model"]["id"] == "alibaba--q"
    assert (official["best_rank"], official["flagship"]["filtered_rank"]) == (2, 1)
    assert everything["flagship"]["model"]["id"] == "alibaba--tuned"


@pytest.mark.parametrize("path", [ALIBABA, CHINA])
def test_pages_make_up_the_whole_life(boards: Api, path: str) -> None:
    whole = boards.get(path, leaderboard="demo-text")["data"]

    pages = boards.pages(path, leaderboard="demo-text", limit=1)

    assert len(pages) == 3
    assert [point for page in pages for point in page["data"]] == whole


def test_a_part_of_a_life(boards: Api) -> None:
    points = boards.get(
        CHINA, leaderboard="demo-text", from_="2024-05-02", to="2024-06-01", granularity="month"
    )["data"]

    assert [point["edition_date"] for point in points] == ["2024-05-11"]


def test_a_summary_as_known_then(boards: Api, record: Record) -> None:
    record.add(snapshot("2024-07-20", {"Meta/llama-2": 12}), published_at="2024-07-28")

    then = boards.get("/v1/countries/CN", known_at="2024-07-27")["data"]["leaderboards"]
    now = boards.get("/v1/countries/CN")["data"]["leaderboards"]

    assert [(row["leaderboard"], row["best_rank"]) for row in then] == [
        ("demo-text-coding", 1),
        ("demo-text", 2),
    ]
    assert [row["best_rank"] for row in now] == [1, None]
    assert then[1]["days_as_leader"] == 80


def test_a_summary_is_of_what_was_known_then(boards: Api) -> None:
    late = boards.get("/v1/organizations/deepseek", known_at="2024-05-02")["data"]
    early = boards.get("/v1/organizations/deepseek", known_at="2024-07-24")["data"]
    now = boards.get("/v1/organizations/deepseek")["data"]

    assert (late["models"], late["boards"], late["newest_debut"]) == (0, 0, None)
    assert (early["models"], early["newest_debut"]["leaderboard"]) == (1, "demo-text")
    assert [row["leaderboard"] for row in early["leaderboards"]] == ["demo-text"]
    assert [row["leaderboard"] for row in now["leaderboards"]] == ["demo-text-coding", "demo-text"]
