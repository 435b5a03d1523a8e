"""What the service is measured against: the same bytes without any work, and a newcomer's way."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from sqlmodel import Field, Session, SQLModel, col, create_engine, select
from starlette.types import ASGIApp, Receive, Scope, Send


def raw() -> ASGIApp:
    """Sends the answers in a folder, one for each path that `answers.json` names."""
    folder = Path(os.environ["BENCH_ANSWERS"])
    names: dict[str, str] = json.loads((folder / "answers.json").read_text())
    bodies = {path.encode(): (folder / name).read_bytes() for path, name in names.items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's form
        if scope["type"] != "http":
            return
        body = bodies[scope["raw_path"]]
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


class Model(SQLModel, table=True):
    """A model, in the newcomer's tables."""

    __tablename__ = "plain_model"

    id: int | None = Field(default=None, primary_key=True)
    name: str


class Snapshot(SQLModel, table=True):
    """A table of one date."""

    __tablename__ = "plain_snapshot"

    id: int | None = Field(default=None, primary_key=True)
    board: str = Field(index=True)
    day: date


class Entry(SQLModel, table=True):
    """A line of one."""

    __tablename__ = "plain_entry"

    id: int | None = Field(default=None, primary_key=True)
    snapshot_id: int = Field(foreign_key="plain_snapshot.id", index=True)
    model_id: int = Field(foreign_key="plain_model.id", index=True)
    rank: int
    score: float
    score_lower: float
    score_upper: float
    votes: int


class EntryOut(SQLModel):
    """A line as it is told."""

    rank: int
    name: str
    day: date
    score: float
    score_lower: float
    score_upper: float
    votes: int


def newcomer() -> FastAPI:
    """The two questions as a tutorial would answer them."""
    app = FastAPI()
    engine = create_engine(os.environ["BENCH_NEWCOMER"])

    def opened() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    Opened = Annotated[Session, Depends(opened)]  # noqa: N806 - a type

    def told(entry: Entry, model: Model, snapshot: Snapshot) -> EntryOut:
        return EntryOut(**entry.model_dump(), name=model.name, day=snapshot.day)

    @app.get("/standings")
    def standings(session: Opened, board: str, day: date) -> list[EntryOut]:
        statement = (
            select(Entry, Model, Snapshot)
            .join(Snapshot, col(Entry.snapshot_id) == col(Snapshot.id))
            .join(Model, col(Entry.model_id) == col(Model.id))
            .where(Snapshot.board == board, Snapshot.day == day)
            .order_by(col(Entry.rank))
        )
        return [told(*row) for row in session.exec(statement).all()]

    @app.get("/history")
    def history(
        session: Opened,
        board: str,
        name: str,
        first: Annotated[date, Query()],
        last: Annotated[date, Query()],
    ) -> list[EntryOut]:
        statement = (
            select(Entry, Model, Snapshot)
            .join(Snapshot, col(Entry.snapshot_id) == col(Snapshot.id))
            .join(Model, col(Entry.model_id) == col(Model.id))
            .where(Snapshot.board == board, Model.name == name)
            .where(col(Snapshot.day).between(first, last))
            .order_by(col(Snapshot.day))
        )
        return [told(*row) for row in session.exec(statement).all()]

    return app
