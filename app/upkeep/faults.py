"""What can be wrong with a store."""

from typing import NamedTuple


class Fault(NamedTuple):
    """That a rule does not hold: `where`, as a person would look it up, and what is seen there."""

    rule: str
    where: str
    detail: str
