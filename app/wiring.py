"""From settings to the parts of a running Almanac: where everything is made and connected."""

import logging
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from pydantic import SecretStr
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from app import __version__
from app.config import Settings, TracingSettings
from app.errors import AddressError, NotFoundError, StoreError
from app.ingest.resolution import Resolution, is_resolved, resolve_again
from app.ingest.runner import Work, process_name
from app.sources.base import Endpoints, Source
from app.sources.http import Client, ClientLimits
from app.sources.registry import build, client_for
from app.store.clock import shared_clock
from app.store.engine import Connections, SessionFactory, build_engine, session_factory
from app.store.migrate import is_current, migrate
from app.store.replica import NearSessions
from app.telemetry.logs import SECRET_OPTIONS, begin_log
from app.telemetry.spans import begin_tracing, tracing

log = logging.getLogger(__name__)

# Connections to PostgreSQL that a process may need at once: readers (two of short questions, two of
# long ones, two of what goes FastAPI's way, one of metrics), one who looks for keys, four who count
# requests, the commands' own; and for each source's run its transaction, the renewal of its claim
# and the clock.
READERS = 7
BESIDE_RUNS = READERS + 6
OF_A_RUN = 3


def utc_now() -> datetime:
    """The process's own clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Almanac:
    """A database and the sources to be worked on."""

    settings: Settings
    engine: Engine
    sessions: SessionFactory
    sources: dict[str, Source]

    def works(self, slugs: Collection[str] = ()) -> list[Work]:
        """What is needed to work on these sources, or on all that are switched on.

        Raises:
            NotFoundError: there is no such source.
        """
        chosen = tuple(slugs) or self.settings.sources or tuple(self.sources)
        for slug in chosen:
            if slug not in self.sources:
                raise NotFoundError("source", slug, list(self.sources))
        clock = shared_clock(self.sessions, utc_now)
        owner = process_name()
        return [
            Work(
                source=self.sources[slug],
                open_client=_Opener(self.settings, self.sources[slug]),
                sessions=self.sessions,
                clock=clock,
                owner=owner,
            )
            for slug in chosen
        ]

    def near_sessions(self) -> NearSessions | None:
        """Sessions for those who only read, where there is a replica.

        Raises:
            StoreError: one of the two is not PostgreSQL.
        """
        url = self.settings.read_database_url
        if url is None:
            return None
        connections = Connections(
            name="almanac read", most=READERS, prepared=self.settings.prepared_statements
        )
        replica = build_engine(url.get_secret_value(), connections)
        _trace(replica)
        if self.embedded or replica.dialect.name != "postgresql":
            raise StoreError("ALMANAC_READ_DATABASE_URL is for PostgreSQL, as is what it repeats")
        return NearSessions(
            self.engine, replica, max_lag_seconds=self.settings.read_max_lag_seconds
        )

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of our own, which we may migrate unasked."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> Resolution | None:
        """Bring the database to this version's schema, and its names to this version's facts.

        Returns what came of the facts, None where they had been applied.
        """
        migrate(self.engine)
        return None if is_resolved(self.sessions) else self.resolve()

    def resolve(self) -> Resolution:
        """Decide anew whom every stored name means."""
        return resolve_again(self.sessions, now=utc_now())

    def prepare(self, *, apply_facts: bool = True) -> bool:
        """Bring an embedded database up to date; whether the schema is the one we know."""
        if self.embedded:
            if apply_facts:
                self.migrate()
            else:
                migrate(self.engine)
        return is_current(self.engine)


@dataclass(frozen=True, slots=True)
class _Opener:
    settings: Settings
    source: Source

    def __call__(self) -> Client:
        settings = self.settings
        return client_for(
            self.source,
            endpoints(settings),
            limits=ClientLimits(
                timeout_seconds=settings.fetch_timeout_seconds,
                deadline_seconds=settings.fetch_deadline_seconds,
                max_bytes=settings.fetch_max_bytes,
                tries=settings.fetch_tries,
            ),
            user_agent=f"almanac/{__version__} ({settings.contact})",
        )


def endpoints(settings: Settings) -> Endpoints:
    """Where the upstreams are, and the tokens for them."""
    return Endpoints(
        hf=settings.hf_endpoint,
        hf_token=_told(settings.hf_token),
        github_api=settings.github_api_endpoint,
        github_raw=settings.github_raw_endpoint,
        github_token=_told(settings.github_token),
    )


def _told(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def configure_telemetry(settings: Settings) -> None:
    """What a process does first, so that all it does can be seen."""
    configure_log(settings)
    configure_tracing(TracingSettings())


def configure_log(settings: Settings) -> None:
    """Log to standard error, in UTC; no secret of the settings is ever told there."""
    begin_log(level=settings.log_level, form=settings.log_format, secrets=secrets_of(settings))


def secrets_of(settings: Settings) -> list[str]:
    """What the settings keep to themselves, and the passwords of databases."""
    tokens = (settings.admin_token, settings.hf_token, settings.github_token)
    secrets = [token.get_secret_value() for token in tokens if token is not None]
    urls = (settings.database_url, settings.read_database_url)
    passwords = [_secrets_in(url.get_secret_value()) for url in urls if url is not None]
    return [*secrets, *chain.from_iterable(passwords)]


def _secrets_in(url: str) -> list[str]:
    """The password in an address, and those in its query, which is libpq's options."""
    try:
        parsed = make_url(url)
    except ArgumentError:  # told by whoever opens it
        return []
    options = [parsed.normalized_query.get(name, ()) for name in SECRET_OPTIONS]
    return [*filter(None, [parsed.password]), *chain.from_iterable(options)]


def configure_tracing(settings: TracingSettings) -> None:
    """Tell spans where OpenTelemetry's variables say, if they do."""
    if settings.is_wanted and not begin_tracing():
        log.warning("OTEL_* asks for traces, and almanac[otel] is not installed: there are none")


def _trace(engine: Engine) -> None:
    if (wanted := tracing()) is not None:
        wanted.watch(engine)


def assemble(settings: Settings, role: str = "almanac") -> Almanac:
    """Make and connect the parts; `role` is what PostgreSQL is told. Opens no connection yet."""
    sources = build(endpoints(settings))
    engine = build_engine(
        settings.database_url.get_secret_value(),
        Connections(
            name=role,
            most=BESIDE_RUNS + OF_A_RUN * len(sources),
            prepared=settings.prepared_statements,
        ),
    )
    _trace(engine)
    return Almanac(
        settings=settings, engine=engine, sessions=session_factory(engine), sources=sources
    )


@contextmanager
def opened(
    settings: Settings, role: str = "almanac", *, check: bool = True, apply_facts: bool = True
) -> Iterator[Almanac]:
    """The parts on a database with this version's schema; its connections are closed after.

    Raises:
        StoreError: it has another, and `check` says that this matters.
    """
    almanac = assemble(settings, role)
    try:
        if not almanac.prepare(apply_facts=apply_facts) and check:
            raise StoreError("its schema is not this version's; run `almanac migrate`")
        yield almanac
    finally:
        almanac.engine.dispose()


def listen(settings: Settings) -> socket.socket:
    """Take the address before anything else is begun, so that nothing is left half-done.

    Raises:
        AddressError: it is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        taken = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where = f"{settings.host}:{settings.port} (ALMANAC_HOST, ALMANAC_PORT)"
        raise AddressError(f"cannot listen on {where}: {error}") from error
    host, port = taken.getsockname()[:2]
    log.info("serving on http://%s:%d/v1", f"[{host}]" if ":" in host else host, port)
    return taken
