"""Fixtures of records that many tests read: each is stored once per process, then put back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.databases import Fill


def stored(*, gives: str = "api", autouse: bool = False) -> Callable[[Fill], Any]:
    """Makes a function that fills an empty record a fixture, which gives what another one does.

    A test may change its record as it likes. What it stores itself comes after.
    """

    def made(fill: Fill) -> Any:  # noqa: ANN401 - pytest's own
        @pytest.fixture(name=fill.__name__, autouse=autouse)
        def fixture(request: pytest.FixtureRequest, engine: Engine) -> Any:  # noqa: ANN401 - any
            reused = request.getfixturevalue(f"{engine.dialect.name}_reused")
            reused.become(fill, engine)
            return None if autouse else request.getfixturevalue(gives)

        fixture.__doc__ = fill.__doc__
        return fixture

    return made
