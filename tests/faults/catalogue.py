"""The form in which faults of an upstream are written down, with what must come of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx2 as httpx

from tests.faults.laboratory import DAY_AFTER, FILE, SHORT, TRIES, Columns, Laboratory, arena
from tests.upstreams import Script, head, says

Harm = Callable[[Laboratory], None]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, and how a run must end.

    `ends` is the kind of the recorded error, or the outcome of a run that does not fail. `says`
    stands in the error. `tries` are the requests for what is at fault, found at `place`; `waits`
    the seconds between them. `newest` is the edition in force after it: date, number of entries,
    first ranks; None where nothing may have changed. `later` is the date of the edition in force
    when the upstream is well again.
    """

    name: str
    harm: Harm
    ends: str = "fetch"
    says: str = ""
    place: str = FILE
    tries: int = 1
    waits: tuple[float, float] | None = None
    newest: tuple[str, int, Sequence[int]] | None = None
    later: str = DAY_AFTER


def wire(
    name: str,
    place: str,
    script: Script | httpx.Response,
    says: str,
    *,
    ends: str = "fetch",
    tries: int = TRIES,
    waits: tuple[float, float] | None = None,
    short: bool = False,
) -> Fault:
    """Something that happens at one address while the Hub has a good new table."""

    def harm(lab: Laboratory) -> None:
        lab.publish(arena())
        lab.harm(place, script)
        if short:
            lab.limits = SHORT

    return Fault(name=name, harm=harm, ends=ends, says=says, place=place, tries=tries, waits=waits)


def body(content: bytes, *headers: str) -> Script:
    """A whole answer with this body."""
    return says(head(f"Content-Length: {len(content)}", *headers), content)


def table(
    name: str,
    content: Columns | bytes,
    says: str,
    *,
    ends: str = "rejected",
    newest: tuple[str, int, Sequence[int]] | None = None,
    at: str = "2026-07-10T08:00:00.000Z",
    later: str = DAY_AFTER,
) -> Fault:
    """A new file that is just as the Hub says, and harmful all the same."""
    return Fault(
        name=name,
        harm=lambda lab: lab.publish(content, at=at),
        ends=ends,
        says=says,
        newest=newest,
        later=later,
    )


def with_row(**changed: object) -> Columns:
    """A good table whose second row has these values."""
    columns = arena()
    for name, value in changed.items():
        columns[name] = [*columns[name][:1], value, *columns[name][2:]]
    return columns
