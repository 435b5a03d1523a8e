"""Which entries a caller wants."""

from typing import NamedTuple

from app.domain.standings import Standing


class Selection(NamedTuple):
    """What an entry must be; None asks nothing. `max_parameters` is in 10^9 parameters.

    An entry whose property is unknown is not selected by a question about it.
    """

    organization: str | None = None
    country: str | None = None
    official: bool | None = None
    licence: str | None = None
    open_weights: bool | None = None
    max_parameters: float | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return any(wanted is not None for wanted in self)

    def selects(self, standing: Standing) -> bool:
        """Whether the entry is all that is asked."""
        maker = standing.model.organization
        parameters = standing.parameters_b
        return (
            (self.organization is None or (maker is not None and maker.slug == self.organization))
            and (self.country is None or (maker is not None and maker.country == self.country))
            and (self.official is None or standing.official == self.official)
            and (self.licence is None or standing.licence_id == self.licence)
            and (self.open_weights is None or standing.open_weights == self.open_weights)
            and (
                self.max_parameters is None
                or (parameters is not None and parameters <= self.max_parameters)
            )
        )
