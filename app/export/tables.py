"""The tables of an export: what their columns are called, hold and mean."""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa

from app import __version__

# Within a row group every text stands once; readers see plain strings.
TEXTS = pa.dictionary(pa.int32(), pa.string())
TEXT, INTEGER, NUMBER, BOOLEAN = pa.string(), pa.int32(), pa.float64(), pa.bool_()
DATE, INSTANT = pa.date32(), pa.timestamp("us", tz="UTC")

_KINDS = {
    TEXTS: "string",
    TEXT: "string",
    INTEGER: "integer",
    NUMBER: "number",
    BOOLEAN: "boolean",
    DATE: "date",
    INSTANT: "datetime",
}


class Field(NamedTuple):
    """A column: its name, its type in Arrow, and what it says. Empty: not known, not published."""

    name: str
    kind: pa.DataType
    meaning: str


class Table(NamedTuple):
    """A table. `key`: the columns that tell the rows of one file apart."""

    name: str
    title: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return pa.schema([(field.name, field.kind) for field in self.fields])

    @property
    def description(self) -> dict[str, Any]:
        """The columns as a Table Schema descriptor (https://datapackage.org, version 2)."""
        return {
            "fields": [
                {"name": field.name, "type": _KINDS[field.kind], "description": field.meaning}
                for field in self.fields
            ],
            "primaryKey": list(self.key),
        }

    def version(self, *made_from: object) -> str:
        """What is equal only if a file made from the same by this program would tell the same."""
        told = repr((__version__, self.name, str(self.schema), made_from))
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()

    def filled(self, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
        """A few rows, each with a value for every column."""
        columns = list(zip(*rows, strict=True)) or [()] * len(self.fields)
        arrays = [
            pa.array(values, field.kind) for values, field in zip(columns, self.fields, strict=True)
        ]
        return pa.table(arrays, schema=self.schema)


ENTRIES = Table(
    "entries",
    "Entries of the editions in force, best first; ties by the model's id",
    ("edition_date", "model_id"),
    (
        Field("edition_date", DATE, "The date the standings are for."),
        Field("snapshot_id", INTEGER, "Our number of the publication they are taken from."),
        Field("rank", INTEGER, "Standard competition rank among all entries of the board."),
        Field("published_rank", INTEGER, "Upstream's own rank."),
        Field("score", NUMBER, "In the board's unit, as published."),
        Field("score_lower", NUMBER, "Lower bound of the interval, where one was published."),
        Field("score_upper", NUMBER, "Upper bound of the interval, where one was published."),
        Field("votes", INTEGER, "Votes behind the score."),
        Field("model_id", TEXTS, "Who is meant; in models.parquet."),
        Field("model_name", TEXTS, "The model's name."),
        Field("organization_id", TEXTS, "Who made it; in organizations.parquet."),
        Field("organization_name", TEXTS, "What that was called on the edition's date."),
        Field("organization_country", TEXTS, "Its headquarters', ISO 3166-1 alpha-2."),
        Field("official", BOOLEAN, "Made by an organization, not by the community."),
        Field("licence", TEXTS, "The model's licence as printed."),
        Field("licence_id", TEXTS, "What that is taken for: an SPDX id, or one of our own."),
        Field("open_weights", BOOLEAN, "Whether the weights are published."),
        Field("parameters_b", NUMBER, "Parameters in 10^9."),
        Field("entry_kind", TEXTS, "What it is: model, system, agent, human or adversarial."),
        Field("printed_name", TEXTS, "The name as upstream prints it."),
        Field("variants", INTEGER, "Printed lines behind this entry."),
    ),
)
LEADERBOARDS = Table(
    "leaderboards",
    "The exported leaderboards",
    ("id",),
    (
        Field("id", TEXT, "As in `leaderboard=` of the entries' paths."),
        Field("title", TEXT, "What it is called."),
        Field("source", TEXT, "The upstream; in sources.parquet."),
        Field("family", TEXT, "Boards of one task set."),
        Field("era", TEXT, "What upstream began anew: eras cannot be compared."),
        Field("category", TEXT, "Which of its family; `overall` is the main one."),
        Field("kind", TEXT, "benchmark, preference or agentic."),
        Field("unit", TEXT, "What the score is."),
        Field("higher_is_better", BOOLEAN, "Whether a higher score is the better one."),
        Field("entry_kind", TEXT, "What it ranks; null is whatever stands there."),
        Field("status", TEXT, "active, or archived: upstream publishes no more."),
        Field("first_edition_date", DATE, "The date of its first edition."),
        Field("newest_edition_date", DATE, "The date of its newest edition."),
        Field("editions", INTEGER, "Editions in force."),
        Field("data_version", INTEGER, "Grows with every change to its record."),
        Field("changed_at", INSTANT, "When its record last changed."),
    ),
)
EDITIONS = Table(
    "editions",
    "The editions in force: for each date the newest complete publication",
    ("leaderboard", "edition_date"),
    (
        Field("leaderboard", TEXTS, "In leaderboards.parquet."),
        Field("edition_date", DATE, "The date the standings are for."),
        Field("snapshot_id", INTEGER, "Our number of the publication."),
        Field("published_at", INSTANT, "When upstream made it public."),
        Field("captured_at", INSTANT, "When it was fetched."),
        Field("revision", TEXT, "Upstream's name of the revision."),
        Field("entries_total", INTEGER, "How many entries it has."),
        Field("leader_score", NUMBER, "The best score."),
    ),
)
MODELS = Table(
    "models",
    "The models that stand, or stood, on the exported leaderboards",
    ("id",),
    (
        Field("id", TEXT, "Organization, two hyphens, name."),
        Field("name", TEXT, "What it is called."),
        Field("organization_id", TEXT, "Who made it; in organizations.parquet."),
        Field("reviewed", BOOLEAN, "Somebody has confirmed which names mean it."),
        Field("base", TEXT, "The id of the model it was made from."),
        Field("open_weights", BOOLEAN, "Where the licences that boards print say it wrongly."),
    ),
)
ORGANIZATIONS = Table(
    "organizations",
    "The makers of those models, by their present names",
    ("id",),
    (
        Field("id", TEXT, "As in a model's id."),
        Field("name", TEXT, "What it is called now."),
        Field("kind", TEXT, "company, lab, university, community or individual."),
        Field("country", TEXT, "Its headquarters', ISO 3166-1 alpha-2."),
        Field("homepage", TEXT, "Where it is on the web."),
        Field("reviewed", BOOLEAN, "Somebody has confirmed who it is."),
    ),
)
SOURCES = Table(
    "sources",
    "The upstreams of the exported leaderboards, and what they ask for",
    ("id",),
    (
        Field("id", TEXT, "Its short name."),
        Field("title", TEXT, "What it is called."),
        Field("homepage", TEXT, "Where it is on the web."),
        Field("licence", TEXT, "Under which its data are published."),
        Field("licence_url", TEXT, "The text of that licence."),
        Field("attribution", TEXT, "How its data are to be credited."),
        Field("archived", BOOLEAN, "Upstream publishes no more."),
    ),
)
TABLES = (ENTRIES, LEADERBOARDS, EDITIONS, MODELS, ORGANIZATIONS, SOURCES)
