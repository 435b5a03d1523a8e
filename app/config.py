"""Settings: the only reader of the environment."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.quotas import quota_of

QUERY_SECONDS = 30.0


def _quota(text: str) -> str:
    quota_of(text)
    return text


class Settings(BaseSettings):
    """Read from `ALMANAC_*` environment variables, then `.env`.

    Immutable, and passed by hand from the entry points to whoever needs it. There is no
    module-level instance: importing this module never fails because a variable is wrong.
    """

    model_config = SettingsConfigDict(
        env_prefix="ALMANAC_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///./almanac.db"),
        description="SQLAlchemy URL; `postgresql+psycopg://...` in production.",
    )
    read_database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL of a streaming replica of PostgreSQL that answers are read "
        "from; unset: of `ALMANAC_DATABASE_URL`.",
    )
    read_max_lag_seconds: Annotated[float, Field(ge=5, le=86_400)] = Field(
        default=60.0,
        description="How far the replica may be behind, in seconds, before answers are read from "
        "`ALMANAC_DATABASE_URL` instead.",
    )
    prepared_statements: bool = Field(
        default=True,
        description="Whether connections to PostgreSQL keep prepared statements; not before a "
        "pooler that hands connections on and cannot do that (pgbouncer before 1.21).",
    )
    host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port the API listens on; 0 takes a free one."
    )
    workers: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="Processes by which `almanac serve` answers."
    )
    sources: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Sources to scrape, comma-separated; empty means all."
    )
    admin_token: SecretStr | None = Field(
        default=None,
        description="Bearer token for `POST /v1/sources/{source}/runs`; unset turns that off.",
    )
    cache_bytes: Annotated[int, Field(ge=0)] = Field(
        default=64 * 1024 * 1024,
        description="Most memory for encoded answers, for each process; 0 keeps none.",
    )
    rate_limit: Annotated[str, AfterValidator(_quota)] | None = Field(
        default=None,
        description="Requests each client may make, such as `600/m burst 100`; unset: any number.",
    )
    rate_limit_store: Literal["memory", "database"] = Field(
        default="memory",
        description="Where requests are counted: `memory`, or `database` for all processes.",
    )
    query_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=QUERY_SECONDS,
        description="Longest the database may take for an answer, in seconds.",
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Names the API goes by, comma-separated; empty means any."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks whose `X-Forwarded-*` are believed, comma-separated.",
    )
    hf_endpoint: str = Field(
        default="https://huggingface.co", description="Base URL of the Hugging Face Hub."
    )
    hf_viewer_endpoint: str = Field(
        default="https://datasets-server.huggingface.co",
        description="Base URL of the dataset viewer; reserved, no source uses it yet.",
    )
    github_api_endpoint: str = Field(
        default="https://api.github.com",
        description="Base URL of GitHub's API.",
    )
    github_raw_endpoint: str = Field(
        default="https://raw.githubusercontent.com",
        description="Base URL of GitHub's raw files.",
    )
    hf_token: SecretStr | None = Field(
        default=None, description="Hub token, sent to the Hub's own host only."
    )
    github_token: SecretStr | None = Field(
        default=None,
        description="GitHub token, sent to its API only: 5,000 requests an hour in place of 60.",
    )
    fetch_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=20.0, description="Longest silence of an upstream, in seconds."
    )
    fetch_deadline_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=120.0, description="Longest time for one request in all, in seconds."
    )
    fetch_max_bytes: Annotated[int, Field(gt=0)] = Field(
        default=128 * 1024 * 1024, description="Largest decompressed body accepted."
    )
    fetch_tries: Annotated[int, Field(ge=1, le=10)] = Field(
        default=4, description="Tries for one request when the error may pass."
    )
    contact: str = Field(
        default="no contact configured",
        description="How upstreams can reach you (address or URL); part of the User-Agent.",
    )
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="DEBUG, INFO, WARNING or ERROR.",
    )

    log_format: Literal["text", "json"] = Field(
        default="text",
        description="`text` for people, `json` for programs: one object a line.",
    )

    @field_validator("sources", "hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator(
        "hf_endpoint", "hf_viewer_endpoint", "github_api_endpoint", "github_raw_endpoint"
    )
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")


class TracingSettings(BaseSettings):
    """Whether OpenTelemetry's own variables ask for traces; its SDK reads them and all others."""

    model_config = SettingsConfigDict(env_prefix="OTEL_", env_ignore_empty=True, frozen=True)

    sdk_disabled: bool = False
    traces_exporter: str | None = None
    exporter_otlp_endpoint: str | None = None
    exporter_otlp_traces_endpoint: str | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether there is anywhere to send traces to, and nothing speaks against it."""
        if self.sdk_disabled or self.traces_exporter not in {None, "otlp"}:
            return False
        return any(
            (self.traces_exporter, self.exporter_otlp_endpoint, self.exporter_otlp_traces_endpoint)
        )
