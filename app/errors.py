"""Every error this application raises on purpose.

* AlmanacError
  - SourceError          one upstream misbehaved; the others are unaffected
    · FetchError         no complete response; `transient` says if a retry can help
    · ParseError         the response no longer has the shape the adapter knows; never retried
    · RejectedPayload    well-formed, but storing it would be worse than not
  - LeaseLostError       another process took the run over; nothing of ours was stored
  - InterruptedRunError  the operator ended the run; the next call goes on
  - CuratedFactsError    the files of curated facts cannot be read, or contradict themselves
  - StoreError           the database cannot be opened, or has the schema of another version
  - NotFoundError        the caller named something we do not have; carries the nearest names
  - MovedError           the caller used an old id; carries the canonical one
  - InvalidQueryError    the caller asked for something that makes no sense; names the parameter
  - UnauthorizedError    the caller may not do that
  - ConflictError        the request collides with work under way
  - AddressError         the service cannot listen where it is told to
  - WorkerError          a process that answers cannot begin
  - ExportError          the directory cannot be exported into

Nothing here knows about HTTP: `app.api.problems` holds the one table of status codes.
"""

from collections.abc import Sequence


class AlmanacError(Exception):
    """Caught only at an edge: an API handler, a scheduled job, the command line."""


class SourceError(AlmanacError):
    """`source` is the adapter's slug, for logs and run records."""

    kind = "source"

    def __init__(self, source: str, message: str) -> None:
        """Prefix the message with the source, so that it can be read on its own."""
        super().__init__(f"{source}: {message}")
        self.source = source


class FetchError(SourceError):
    """No complete response. `transient`: the same request may succeed later.

    `status` is that of the answer that refused, None where there was none.
    """

    kind = "fetch"

    def __init__(
        self, source: str, message: str, *, transient: bool, status: int | None = None
    ) -> None:
        """Remember whether a retry can help."""
        super().__init__(source, message)
        self.transient = transient
        self.status = status


class ParseError(SourceError):
    """The payload does not have the shape this adapter knows."""

    kind = "parse"


class RejectedPayload(SourceError):  # noqa: N818 - a verdict about a payload, named so in the docs
    """A payload that is well-formed and would still harm the record.

    `revision` is its document and version, where that was seen only when it was to be stored.
    """

    kind = "rejected"
    revision: tuple[str, str] | None = None


class LeaseLostError(AlmanacError):
    """The run's claim lapsed and another process holds it now."""


class InterruptedRunError(AlmanacError):
    """The operator ended the run before it was done."""


class CuratedFactsError(AlmanacError):
    """What a person has decided about names cannot be used; says which file and entry."""


class SkeletonError(AlmanacError):
    """A new source cannot be begun so, or not here."""


class StoreError(AlmanacError):
    """The database cannot be opened, or has a schema that this version does not know."""


class NotFoundError(AlmanacError):
    """`kind` is the noun (`leaderboard`), `name` what was asked, `suggestions` the nearest ids.

    `parameter` is where it was asked, None where that is called as the kind is.
    """

    def __init__(
        self, kind: str, name: str, suggestions: Sequence[str] = (), *, parameter: str | None = None
    ) -> None:
        """Keep the parts; the edge writes the sentence."""
        super().__init__(f"there is no {kind} {name!r}")
        self.kind = kind
        self.name = name
        self.suggestions = tuple(suggestions)
        self.parameter = parameter


class MovedError(AlmanacError):
    """`kind` and `name` as in NotFoundError; `canonical` is the id that stands for it now."""

    def __init__(self, kind: str, name: str, canonical: str) -> None:
        """Keep the parts; the edge writes the redirect."""
        super().__init__(f"{kind} {name!r} is now {canonical!r}")
        self.kind = kind
        self.name = name
        self.canonical = canonical


class InvalidQueryError(AlmanacError):
    """`parameter` names what is wrong."""

    def __init__(self, parameter: str, message: str) -> None:
        """Keep the parameter's name beside the sentence."""
        super().__init__(message)
        self.parameter = parameter


class UnauthorizedError(AlmanacError):
    """No valid token for an operation that needs one."""


class ConflictError(AlmanacError):
    """The thing asked for is already being done."""


class AddressError(AlmanacError):
    """The service cannot listen where it is told to."""


class WorkerError(AlmanacError):
    """A process that answers cannot begin, and another would not either."""


class ExportError(AlmanacError):
    """The directory to export into holds something else, or cannot be written."""
