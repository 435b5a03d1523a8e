"""A caller of the API on the test's database."""

import pytest

from app.store.engine import SessionFactory
from tests.api import Api


@pytest.fixture
def api(sessions: SessionFactory) -> Api:
    """The service on the test's record, without a token and without a scraper."""
    return Api(sessions)
