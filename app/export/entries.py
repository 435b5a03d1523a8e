"""Entries as Arrow columns, whole editions at once and never line by line."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy.orm import Session

from app.domain.groups import UNKNOWN, Dimension, Ints
from app.domain.leaderboard import EntryKind
from app.domain.standings import Edition, Organization
from app.export.tables import ENTRIES
from app.store.blocks import MISSING
from app.store.queries.columns import Columns, laid_out
from app.store.queries.names import Names
from app.store.queries.panels import Panel, panel_of

ROWS_AT_ONCE = 131_072


class EntryColumns:
    """What the names of the record say of entries, laid out for `ENTRIES`."""

    def __init__(self, names: Names) -> None:
        """Lay out everything that is known of the names."""
        self._columns = Columns(names)
        keys = self._columns.keys
        makers = [names.organizations[key] for key in keys[Dimension.ORGANIZATION]]
        self._texts = {dimension: _array(texts) for dimension, texts in keys.items()}
        self._model_names = _array([names.models[key].name for key in keys[Dimension.MODEL]])
        self._maker_names = _NamesInTime(makers)
        printed = [""] * (max(names.aliases, default=0) + 1)
        for number, alias in names.aliases.items():
            printed[number] = alias.printed_name
        self._printed_names = _array(printed)
        kinds = list(EntryKind)
        self._kinds = _array([str(kind) for kind in kinds])
        self._kind = laid_out(
            (n, kinds.index(EntryKind(p.kind))) for n, p in names.profiles.items()
        )
        licences = sorted({p.licence for p in names.profiles.values() if p.licence is not None})
        places = {licence: place for place, licence in enumerate(licences)}
        self._printed_licences = _array(licences)
        self._licence = laid_out(
            (number, UNKNOWN if p.licence is None else places[p.licence])
            for number, p in names.profiles.items()
        )

    def table(self, panel: Panel) -> pa.Table:
        """The entries of some editions: the oldest first, and in each in the order of standings."""
        model = self._columns.groups(Dimension.MODEL, panel.entries)
        order = np.lexsort((model, panel.entries.rank, panel.edition))
        lines, edition, model = panel.entries.in_order(order), panel.edition[order], model[order]
        maker = self._columns.groups(Dimension.ORGANIZATION, lines)
        openness = self._columns.groups(Dimension.OPEN_WEIGHTS, lines)
        days = np.array(panel.days, "datetime64[D]")
        snapshots = np.array([one.snapshot_id for one in panel.editions], np.int32)
        columns = {
            "edition_date": pa.array(days[edition]),
            "snapshot_id": pa.array(snapshots[edition]),
            "rank": pa.array(lines.rank),
            "published_rank": _integers(lines.published_rank),
            "score": pa.array(lines.score),
            "score_lower": _numbers(lines.score_lower),
            "score_upper": _numbers(lines.score_upper),
            "votes": _integers(lines.votes),
            "model_id": words(self._texts[Dimension.MODEL], model),
            "model_name": words(self._model_names, model),
            "organization_id": words(self._texts[Dimension.ORGANIZATION], maker),
            "organization_name": self._maker_names.of(panel.days, edition, maker),
            "organization_country": words(
                self._texts[Dimension.COUNTRY], self._columns.groups(Dimension.COUNTRY, lines)
            ),
            "official": pa.array(self._columns.officials(lines)),
            "licence": words(self._printed_licences, self._licence[lines.profile_id]),
            "licence_id": words(
                self._texts[Dimension.LICENCE], self._columns.groups(Dimension.LICENCE, lines)
            ),
            "open_weights": pa.array(openness == 1, mask=openness == UNKNOWN),
            "parameters_b": _numbers(self._columns.parameters(lines)),
            "entry_kind": words(self._kinds, self._kind[lines.profile_id]),
            "printed_name": words(self._printed_names, lines.alias_id),
            "variants": pa.array(lines.variants),
        }
        return pa.table(columns, schema=ENTRIES.schema)


def entries_of(
    session: Session, columns: EntryColumns, board_id: int, editions: Sequence[Edition]
) -> Iterator[pa.Table]:
    """The entries of successive editions in force, some editions at a time."""
    for some in portions(editions, ROWS_AT_ONCE):
        first, last = some[0].edition_date, some[-1].edition_date
        yield columns.table(panel_of(session, board_id, first=first, last=last))


def portions(editions: Sequence[Edition], most: int) -> Iterator[Sequence[Edition]]:
    """The same in order, as many at once as have `most` entries, but at least one."""
    begin = rows = 0
    for place, edition in enumerate(editions):
        if place > begin and rows + edition.entries_total > most:
            yield editions[begin:place]
            begin, rows = place, 0
        rows += edition.entries_total
    yield editions[begin:]


def words(texts: pa.Array, numbers: Ints) -> pa.DictionaryArray:
    """The text of each number, null of `UNKNOWN`; only texts that occur are in the dictionary.

    A row group would else carry all names there are.
    """
    used = np.zeros(len(texts) + 1, np.bool_)  # the last place is that of UNKNOWN
    used[numbers] = True
    used[-1] = False
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    indices = pa.array(place[numbers], mask=numbers == UNKNOWN)
    return pa.DictionaryArray.from_arrays(indices, texts.take(pa.array(np.flatnonzero(used))))


class _NamesInTime:
    """What organizations were called when: one row of names from each change to the next."""

    def __init__(self, organizations: Sequence[Organization]) -> None:
        self._changes = sorted({day for one in organizations for day, _ in one.former_names})
        rows = [[one.name_on(day) for one in organizations] for day in (date.min, *self._changes)]
        texts = sorted({name for row in rows for name in row})
        places = {name: place for place, name in enumerate(texts)}
        self._texts = _array(texts)
        self._numbers = np.array(
            [[*(places[name] for name in row), UNKNOWN] for row in rows], np.int32
        )

    def of(self, days: Sequence[date], edition: Ints, maker: Ints) -> pa.DictionaryArray:
        """The name of each maker in an edition, given the dates of the editions."""
        period = np.array([bisect_right(self._changes, day) for day in days], np.int32)
        return words(self._texts, self._numbers[period[edition], maker])


def _array(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.string())


def _integers(values: Ints) -> pa.Array:
    return pa.array(values, mask=values == MISSING)


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
