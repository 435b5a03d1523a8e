"""`fields`: a part of each row of a list, by the names that the API's description gives it.

A name goes the way to a value in JSON, its steps joined by dots; the name of an object means all
that is in it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from app.api.problems import INVALID_PARAMETER, ProblemError, nearest
from app.api.schemas.problems import FaultOut
from app.api.tables import Column, Columns, Row

PARAMETER = "fields"
MOST_FIELDS = 50
_MOST_READ = 100

Tree: TypeAlias = "dict[str, Tree]"  # what is kept of an object; nothing in it means all


class Fields(NamedTuple):
    """What is kept of each row, in the order asked for: as in JSON, and as columns."""

    tree: Tree
    columns: Columns

    def of(self, row: Row) -> dict[str, Any]:
        """What is kept of a row; what is not in it stays absent."""
        return _kept(self.tree, row)


def names_of(columns: Columns) -> list[str]:
    """Every name that the rows of a list have, that of an object before those of its parts."""
    ways = (column.path[:end] for column in columns for end in range(1, len(column.path) + 1))
    return [".".join(way) for way in dict.fromkeys(ways)]


def describe_fields(columns: Columns) -> dict[str, Any]:
    """The parameter, in the description of an operation that answers with a list."""
    name = "[^,]+"
    first = list(dict.fromkeys(column.path[0] for column in columns))[:2]
    return {
        "name": PARAMETER,
        "in": "query",
        "required": False,
        "description": "Keep only these fields of each row, in this order: names as in JSON, with "
        "dots before what is in an object, and commas between them.",
        "schema": {
            "type": "string",
            "pattern": f"^{name}(,{name}){{0,{MOST_FIELDS - 1}}}$",
            "examples": [",".join(first)],
        },
    }


def fields_called(text: str, columns: Columns) -> Fields:
    """The fields that a list of names, with commas between them, means.

    Raises:
        ProblemError: a name is not there, is empty or is given twice; or they are too many.
    """
    names = text.split(",")
    faults = _faults(names, names_of(columns))
    if faults:
        raise ProblemError(INVALID_PARAMETER, f"check `{PARAMETER}`", errors=faults)
    tree: Tree = {}
    kept: list[Column] = []
    for name in names:
        way = tuple(name.split("."))
        _plant(tree, way)
        kept += (column for column in columns if column.path[: len(way)] == way)
    return Fields(tree, tuple(dict.fromkeys(kept)))


def _faults(names: list[str], known: list[str]) -> list[FaultOut]:
    """What is wrong with the names."""
    if len(names) > MOST_FIELDS:
        return [{"parameter": PARAMETER, "detail": f"must be {MOST_FIELDS} names at most"}]
    there = set(known)
    faults: list[FaultOut] = []
    for name, times in Counter(names).items():
        if name not in there:
            faults.append({"parameter": PARAMETER, "detail": _unknown(name[:_MOST_READ], known)})
        elif times > 1:
            detail = f"`{name}` is given {times} times; give it once"
            faults.append({"parameter": PARAMETER, "detail": detail})
    return faults


def _unknown(name: str, known: list[str]) -> str:
    if not name:
        return "a name is empty"
    alike = " or ".join(f"`{one}`" for one in nearest(name, known))
    hint = f"did you mean {alike}?" if alike else f"there are: {', '.join(known)}"
    return f"there is no field `{name}`; {hint}"


def _plant(tree: Tree, way: tuple[str, ...]) -> None:
    """Keep what a way leads to, unless all of an object on it is kept already."""
    for step in way[:-1]:
        if tree.get(step) == {}:
            return
        tree = tree.setdefault(step, {})
    tree[way[-1]] = {}


def _kept(tree: Tree, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _kept(inner, row[name]) if inner and row[name] is not None else row[name]
        for name, inner in tree.items()
        if name in row
    }
