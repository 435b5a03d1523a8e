"""The README is true: it lists every setting, source, command and endpoint, and no other."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli import cli
from app.config import Settings
from app.main import create_app
from app.sources.registry import build
from app.store.engine import build_engine, session_factory
from app.wiring import utc_now
from tests.upstreams import ENDPOINTS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE
    )
    assert found is not None
    return found.group(1)


def first_column(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_setting_is_listed() -> None:
    settings = {f"ALMANAC_{name.upper()}" for name in Settings.model_fields}

    assert set(first_column(section("Settings"))) == settings


def test_every_source_is_listed() -> None:
    sources = build(ENDPOINTS)

    assert first_column(section("Sources")) == list(sources)


def test_every_command_is_listed() -> None:
    commands = get_command(cli).commands.keys()  # type: ignore[attr-defined]

    listed = {row.split()[1] for row in first_column(section("Commands"))}
    assert listed == commands


def test_every_endpoint_is_listed() -> None:
    app = create_app(
        session_factory(build_engine("sqlite://")),
        admin_token=None,
        run_now=None,
        clock=utc_now,
    )
    operations = {
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method in item
        if method != "head"
    }

    assert set(first_column(section("What can be asked"))) == operations


@pytest.mark.parametrize("path", re.findall(r"`((?:app|tests|docker|alembic)/[\w./-]+)`", README))
def test_every_file_it_names_is_there(path: str) -> None:
    assert (Path(__file__).parents[1] / path).exists()
