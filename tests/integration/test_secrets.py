"""No secret of the settings is ever printed, whatever fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import FAILED, NO_DATABASE
from tests.commands import ROOT

SECRETS = {
    "ALMANAC_ADMIN_TOKEN": "the-admin-token",
    "ALMANAC_HF_TOKEN": "hf_the-hub-token",
    "ALMANAC_GITHUB_TOKEN": "ghp_the-token",
}
PASSWORD = "the-p%40ssword"
AWAY = f"postgresql+psycopg://almanac:{PASSWORD}@127.0.0.1:9/almanac"
OPTION = f"postgresql+psycopg://127.0.0.1:9/almanac?user=almanac&password={PASSWORD}"
HUB = f"http://almanac:{PASSWORD}@127.0.0.1:9"
UPSTREAMS = {f"ALMANAC_{name}_ENDPOINT": HUB for name in ("HF", "GITHUB_API", "GITHUB_RAW")}


@pytest.mark.uncounted
@pytest.mark.parametrize(
    ("words", "variables", "code"),
    [
        pytest.param(["scrape"], UPSTREAMS, FAILED, id="upstream-away"),
        pytest.param(["sources"], {"ALMANAC_DATABASE_URL": AWAY}, NO_DATABASE, id="database-away"),
        pytest.param(["sources"], {"ALMANAC_DATABASE_URL": OPTION}, NO_DATABASE, id="by-an-option"),
    ],
)
def test_what_fails_tells_why_and_no_secret(
    tmp_path: Path, words: list[str], variables: dict[str, str], code: int
) -> None:
    settings = {
        "ALMANAC_LOG_FORMAT": "json",
        "ALMANAC_LOG_LEVEL": "DEBUG",
        "ALMANAC_FETCH_TRIES": "1",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=tmp_path,
        env={**settings, **SECRETS, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == code
    assert "127.0.0.1" in said
    for secret in (*SECRETS.values(), PASSWORD, "the-p@ssword"):
        assert secret not in said
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] == "WARNING" and line.get("run")] or words == [
        "sources"
    ]
