"""Settings: their names are a promise, and a wrong one says which."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.cli import tell_who_counts
from app.config import Settings

FIXED_NAMES = {
    "ALMANAC_DATABASE_URL": "database_url",
    "ALMANAC_HOST": "host",
    "ALMANAC_PORT": "port",
    "ALMANAC_SOURCES": "sources",
    "ALMANAC_ADMIN_TOKEN": "admin_token",
    "ALMANAC_HF_TOKEN": "hf_token",
    "ALMANAC_GITHUB_TOKEN": "github_token",
    "ALMANAC_HF_ENDPOINT": "hf_endpoint",
    "ALMANAC_HF_VIEWER_ENDPOINT": "hf_viewer_endpoint",
    "ALMANAC_GITHUB_API_ENDPOINT": "github_api_endpoint",
    "ALMANAC_GITHUB_RAW_ENDPOINT": "github_raw_endpoint",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(f"ALMANAC_{field.upper()}", raising=False)
    return monkeypatch


def test_a_fresh_clone_runs_without_any_setting() -> None:
    settings = Settings()

    assert settings.database_url.get_secret_value() == "sqlite:///./almanac.db"
    assert (settings.host, settings.port, settings.sources) == ("127.0.0.1", 8000, ())
    assert settings.admin_token is settings.hf_token is settings.github_token is None
    assert settings.hf_endpoint == "https://huggingface.co"
    assert settings.hf_viewer_endpoint == "https://datasets-server.huggingface.co"
    assert settings.github_api_endpoint == "https://api.github.com"
    assert settings.github_raw_endpoint == "https://raw.githubusercontent.com"


@pytest.mark.parametrize(("variable", "field"), FIXED_NAMES.items())
def test_a_promised_variable_is_read(
    elsewhere: pytest.MonkeyPatch, variable: str, field: str
) -> None:
    elsewhere.setenv(variable, "1234")

    value = getattr(Settings(), field)

    assert value == getattr(Settings.model_validate({field: "1234"}), field)
    assert value != getattr(Settings(_env_prefix="NOTHING_"), field)


def test_every_setting_is_described() -> None:
    assert [name for name, f in Settings.model_fields.items() if not f.description] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("lmarena", ("lmarena",), id="one"),
        pytest.param("open_llm, lmarena", ("open_llm", "lmarena"), id="two"),
        pytest.param(" , lmarena,,", ("lmarena",), id="untidy"),
        pytest.param("", (), id="empty-means-all"),
    ],
)
def test_sources_are_separated_by_commas(
    elsewhere: pytest.MonkeyPatch, text: str, expected: tuple[str, ...]
) -> None:
    elsewhere.setenv("ALMANAC_SOURCES", text)

    assert Settings().sources == expected


def test_sources_may_be_given_as_they_are() -> None:
    assert Settings(sources=("lmarena",)).sources == ("lmarena",)


def test_an_endpoint_loses_its_last_slash(elsewhere: pytest.MonkeyPatch) -> None:
    elsewhere.setenv("ALMANAC_HF_ENDPOINT", "http://127.0.0.1:8999/hub/")

    assert Settings().hf_endpoint == "http://127.0.0.1:8999/hub"


def test_a_file_of_settings_is_read_but_the_environment_wins(
    elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ALMANAC_HOST=0.0.0.0\nALMANAC_PORT=1\nOTHER=x\n")
    elsewhere.setenv("ALMANAC_PORT", "2")

    settings = Settings()

    assert (settings.host, settings.port) == ("0.0.0.0", 2)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("ALMANAC_PORT", "65536", id="no-such-port"),
        pytest.param("ALMANAC_PORT", "http", id="no-number"),
        pytest.param("ALMANAC_FETCH_TRIES", "0", id="never-trying"),
        pytest.param("ALMANAC_FETCH_TIMEOUT_SECONDS", "0", id="no-time"),
        pytest.param("ALMANAC_FETCH_TIMEOUT_SECONDS", "inf", id="for-ever"),
        pytest.param("ALMANAC_FETCH_DEADLINE_SECONDS", "nan", id="not-a-number"),
        pytest.param("ALMANAC_FETCH_MAX_BYTES", "-1", id="negative"),
        pytest.param("ALMANAC_LOG_LEVEL", "LOUD", id="no-such-level"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(
    elsewhere: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    elsewhere.setenv(variable, value)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert [f"ALMANAC_{e['loc'][0]}".upper() for e in refused.value.errors()] == [variable]


def test_secrets_do_not_print(elsewhere: pytest.MonkeyPatch) -> None:
    elsewhere.setenv("ALMANAC_ADMIN_TOKEN", "open-sesame")
    elsewhere.setenv("ALMANAC_DATABASE_URL", "postgresql://almanac:open-sesame@db/almanac")

    settings = Settings()

    assert "sesame" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_settings_cannot_be_changed_under_way() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.uncounted
@pytest.mark.parametrize("module", ["app.config", "app.wiring", "app.cli"])
def test_importing_never_fails_because_of_a_setting(
    elsewhere: pytest.MonkeyPatch, module: str
) -> None:
    elsewhere.setenv("ALMANAC_PORT", "no number")
    root = Path(__file__).parents[2]

    imported = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); import {module}"],
        check=False,
        capture_output=True,
    )

    assert imported.returncode == 0, imported.stderr.decode()


@pytest.mark.parametrize(
    ("limit", "store", "told"),
    [(None, "memory", False), ("90/s", "memory", True), ("90/s", "database", False)],
)
def test_a_limit_that_workers_keep_each_for_itself_is_told(
    limit: str | None, store: str, caplog: pytest.LogCaptureFixture, *, told: bool
) -> None:
    tell_who_counts(Settings(rate_limit=limit, rate_limit_store=store), 2)  # type: ignore[arg-type]

    assert ("a client may make up to 2 times 90/s" in caplog.text) == told
