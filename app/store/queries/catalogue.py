"""Names in memory: resolving them from dictionaries is faster than joining them each time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from sqlalchemy.orm import Session

from app.store.queries.columns import Columns
from app.store.queries.names import Names, load_names, names_version

MOST_REMEMBERED = 256
Found = TypeVar("Found")


class Catalogue:
    """The names of one database, loaded again when the record says they changed.

    It also remembers what takes a whole board to find out and is wanted with every answer.
    """

    def __init__(self) -> None:
        """Empty until first read."""
        self._names: Names | None = None
        self._columns: tuple[str, Columns] | None = None
        self._lock = threading.Lock()
        self._found: OrderedDict[Hashable, object] = OrderedDict()

    def read(self, session: Session) -> Names:
        """The names as they are now: one small query when nothing changed."""
        version = names_version(session)
        names = self._names
        if names is not None and names.version == version:
            return names
        with self._lock:
            if self._names is None or self._names.version != version:
                self._names = load_names(session, version)
            return self._names

    def columns(self, names: Names) -> Columns:
        """The same names, laid out by number."""
        columns = self._columns
        if columns is not None and columns[0] == names.version:
            return columns[1]
        self._columns = (names.version, Columns(names))
        return self._columns[1]

    def remembered(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What was found under a key, found out if it is new; the oldest is forgotten.

        The key holds the versions of everything that the finding depends on.
        """
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return cast("Found", self._found[key])
        found = find()
        with self._lock:
            self._found[key] = found
            if len(self._found) > MOST_REMEMBERED:
                self._found.popitem(last=False)
        return found
