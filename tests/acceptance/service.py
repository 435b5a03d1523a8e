"""Almanac with all of the recorded history, as a caller meets it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fastapi.testclient import TestClient

from app.ingest.pipeline import Report
from app.store.engine import reading
from app.store.queries.catalogue import Catalogue
from app.store.queries.names import Names
from app.wiring import Almanac
from tests.views import standings_of


@dataclass
class Service:
    """The service, the parts behind it, and how each source's back-fill went."""

    almanac: Almanac
    client: TestClient
    reports: dict[str, Report]
    catalogue: Catalogue = field(default_factory=Catalogue)

    def get(self, path: str, **query: str | int | date) -> dict[str, Any]:
        answer = self.client.get(path, params={k.rstrip("_"): str(v) for k, v in query.items()})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def everything(
        self, path: str, **query: str | int | date
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        first = self.get(path, limit=500, **query)
        rows, cursor = list(first["data"]), first["meta"]["next_cursor"]
        while cursor is not None:
            page = self.get(path, limit=500, cursor=cursor, **query)
            rows += page["data"]
            cursor = page["meta"]["next_cursor"]
        return rows, first["meta"]

    def rows(self, snapshot_id: int) -> dict[str, tuple[float, int]]:
        with reading(self.almanac.sessions) as session:
            names = self.catalogue.read(session)
            return {
                clean(standing.printed_name): (standing.score, standing.rank)
                for standing in standings_of(session, names, snapshot_id)
            }

    @property
    def names(self) -> Names:
        """Who is who."""
        with reading(self.almanac.sessions) as session:
            return self.catalogue.read(session)


def clean(printed: str) -> str:
    """A printed name without what tells nobody apart."""
    return printed.split(" has been flagged", maxsplit=1)[0].lower()
