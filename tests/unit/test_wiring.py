"""From settings to the parts: every setting arrives where it is meant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.errors import NotFoundError
from app.sources.registry import SOURCES
from app.wiring import Almanac, assemble, endpoints
from tests.upstreams import ENDPOINTS

SLUGS = [source(ENDPOINTS).info.slug for source in SOURCES]


@pytest.fixture
def almanac(tmp_path: Path) -> Iterator[Almanac]:
    almanac = assemble(Settings(database_url=f"sqlite:///{tmp_path / 'almanac.db'}"))  # type: ignore[arg-type]
    yield almanac
    almanac.engine.dispose()


def test_all_sources_are_worked_on_unless_some_are_chosen(almanac: Almanac) -> None:
    everything = [work.source.info.slug for work in almanac.works()]
    chosen = [work.source.info.slug for work in almanac.works(["lmarena"])]

    assert everything == SLUGS
    assert chosen == ["lmarena"]


def test_an_unknown_source_names_those_there_are(almanac: Almanac) -> None:
    with pytest.raises(NotFoundError) as missing:
        almanac.works(["lmarena", "nowhere"])

    assert (missing.value.name, missing.value.suggestions) == ("nowhere", tuple(SLUGS))


def test_the_token_goes_with_the_endpoint() -> None:
    with_token = endpoints(
        Settings(
            hf_endpoint="http://127.0.0.1:9/",
            hf_token=SecretStr("hf_x"),
            github_token=SecretStr("ghp_x"),
        )
    )
    without = endpoints(Settings())

    assert (with_token.hf, with_token.hf_token) == ("http://127.0.0.1:9", "hf_x")
    assert with_token.github_token == "ghp_x"
    assert (without.hf_token, without.github_token) == (None, None)


def test_every_work_opens_a_client_of_its_source(almanac: Almanac) -> None:
    clients = [work.open_client() for work in almanac.works()]

    assert [client.source for client in clients] == SLUGS
    for client in clients:
        client.close()


def test_an_embedded_database_is_made_when_it_is_needed(almanac: Almanac) -> None:
    assert almanac.embedded
    assert almanac.prepare()
