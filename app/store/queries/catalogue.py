"""Names in memory: resolving them from dictionaries is faster than joining them each time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from app.store.queries.names import Names, load_names, names_version

MOST_EDITIONS = 50_000  # of about 500 bytes, each board's twice: as it is, and what moved it
MOST_NOTES = 1_000  # each as large as a board has editions
LARGEST_PART = 2  # movements of the largest board, of nearly 7,000 entries, take two editions
MOST_ENTRIES = 20_000  # of about 1 kB, twice as much where several comparisons were asked for
MOST_POINTS = 20_000  # of histories, of about 500 bytes
Found = TypeVar("Found")
Counted = TypeVar("Counted", bound=Sized)


class Memory:
    """What was found out before, by a key that holds the versions of all that it depends on.

    It is of `most` in all, by what `weigh` makes of each finding; what was not asked for longest
    goes first, and what is a large part of all is not kept. Several threads may ask at once.
    """

    def __init__(self, most: int, weigh: Callable[[Any], int]) -> None:
        """Nothing is known yet."""
        self._most, self._weigh, self._held = most, weigh, 0
        self._lock = threading.Lock()
        self._found: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What was found under a key, found out if it is new."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return cast("Found", self._found[key])
        found = find()
        self._keep(key, found, replaces=False)
        return found

    def extend(self, key: Hashable, find: Callable[[Found | None], Found]) -> Found:
        """What `find` makes of what was found under a key; that is kept in its place."""
        with self._lock:
            before = self._found.get(key)
            if before is not None:
                self._found.move_to_end(key)
        found = find(cast("Found | None", before))
        if found is not before:
            self._keep(key, found, replaces=True)
        return found

    def _keep(self, key: Hashable, found: object, *, replaces: bool) -> None:
        """Keep what was found; in place of what was kept only if it `replaces` that."""
        if self._weigh(found) * LARGEST_PART > self._most:
            return
        with self._lock:
            if key in self._found:
                if not replaces:
                    return
                self._held -= self._weigh(self._found.pop(key))
            self._found[key] = found
            self._held += self._weigh(found)
            while self._held > self._most:
                _, oldest = self._found.popitem(last=False)
                self._held -= self._weigh(oldest)


class Catalogue:
    """The names of one database, loaded again when the record says they changed.

    It also remembers what takes a whole board to find out and is wanted with every answer, the
    entries of snapshots, and histories.
    """

    def __init__(self) -> None:
        """Empty until first read."""
        self._names: Names | None = None
        self._made: tuple[str, dict[Hashable, object]] = ("", {})
        self._lock = threading.Lock()
        self._editions = Memory(MOST_EDITIONS, lambda found: len(found) + 1)
        self._notes = Memory(MOST_NOTES, lambda notes: 1)  # noqa: ARG005 - they grow
        self._entries = Memory(MOST_ENTRIES, lambda found: len(found) + 1)
        self._histories = Memory(MOST_POINTS, lambda found: len(found) + 1)

    def read(self, session: Session, *, before: Callable[[], None] = lambda: None) -> Names:
        """The names as they are now: one small query when nothing changed.

        Else `before` is called before they are loaded.
        """
        version = names_version(session)
        names = self._names
        if names is not None and names.version == version:
            return names
        before()
        with self._lock:
            if self._names is None or self._names.version != version:
                self._names = load_names(session, version)
            return self._names

    def made_of(
        self,
        names: Names,
        make: Callable[[Names], Found],
        *,
        before: Callable[[], None] = lambda: None,
    ) -> Found:
        """What `make` makes of the names, once at each version of them; `before` as in `read`."""
        version, made = self._made
        if version != names.version:
            made = {}
            self._made = (names.version, made)
        if make not in made:
            before()
            made[make] = make(names)
        return cast("Found", made[make])

    def editions(self, key: Hashable, find: Callable[[], Counted]) -> Counted:
        """What there is of each edition of a board.

        It is kept under a key that holds all versions it depends on, and found out if that is new.
        """
        return self._editions.get(key, find)

    def notes(self, key: Hashable) -> dict[Any, Any]:
        """What those who ask under a key have noted, for them to add to and to keep small."""
        return self._notes.get(key, dict)

    def entries(self, key: Hashable, find: Callable[[], Counted]) -> Counted:
        """The entries of a snapshot under a key that holds the version of names, kept likewise."""
        return self._entries.get(key, find)

    def history(self, key: Hashable, extend: Callable[[Counted | None], Counted]) -> Counted:
        """What `extend` makes of the history under a key, None if there is none; kept likewise."""
        return self._histories.extend(key, extend)
