"""Stores to be harmed, and a way to count what was tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stores import Stores
from tests.faults.tally import Tally


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are the fault suite, and are run without looking at coverage."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("faults")
            item.add_marker("uncounted")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """A way to say what was tried."""
    return Tally(request.node.user_properties)


@pytest.fixture(scope="module")
def stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stores]:
    """Stores of either kind, as good as new whenever they are lent."""
    with Stores(tmp_path_factory.mktemp("stores"), request.getfixturevalue) as made:
        yield made
