"""Which board, model or organization is meant by an id, an old one, or a name."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.api.parameters import country_code
from app.domain.countries import COUNTRIES
from app.domain.names import fold
from app.domain.slugs import slugify
from app.domain.standings import Board, Licence, Model, Organization
from app.errors import MovedError, NotFoundError
from app.store.queries.boards import find_board
from app.store.queries.names import Names
from app.store.queries.sources import Upstream, find_source


def board_called(session: Session, asked: str, *, parameter: str | None = None) -> Board:
    """The board with this id; case and punctuation do not count.

    `parameter` is the caller's, where it is not called `leaderboard`.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return find_board(session, asked)
    except NotFoundError as error:
        slug = slugify(asked)
        if slug not in error.suggestions:
            raise NotFoundError(
                error.kind, asked, error.suggestions, parameter=parameter
            ) from error
        return find_board(session, slug)


def source_called(session: Session, asked: str) -> Upstream:
    """The source with this id; case does not count, nor a hyphen for an underscore.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return find_source(session, asked)
    except NotFoundError as error:
        slug = asked.lower().replace("-", "_")
        if slug not in error.suggestions:
            raise
        return find_source(session, slug)


def organization_called(names: Names, asked: str, *, parameter: str | None = None) -> Organization:
    """The organization with this id or spelling.

    `parameter` is the caller's, where it is not called `organization`.

    Raises:
        NotFoundError: there is none.
    """
    slugs = (asked, slugify(asked), names.organization_spellings.get(fold(asked), ""))
    for slug in slugs:
        if slug in names.organizations:
            return names.organizations[slug]
    raise NotFoundError("organization", asked, list(names.organizations), parameter=parameter)


def licence_called(names: Names, asked: str) -> Licence:
    """The licence with this id; case does not count.

    Raises:
        NotFoundError: no board prints it.
    """
    folded = fold(asked)
    for licence in names.licences.values():
        if fold(licence.id) == folded:
            return licence
    raise NotFoundError("licence", asked, sorted(names.licences))


def model_called(names: Names, asked: str, *, parameter: str | None = None) -> Model:
    """The model with this id, this old id, or this name if only one goes by it.

    `parameter` is the caller's, where it is not called `model`.

    Raises:
        NotFoundError: there is none, or there are several; these are the candidates then.
    """
    for slug in (asked, asked.lower()):
        canonical = names.redirects.get(slug, slug)
        if canonical in names.models:
            return names.models[canonical]
    found = _models_by_name(names, asked)
    if len(found) == 1:
        return names.models[next(iter(found))]
    candidates = sorted(found) or list(names.models)
    raise NotFoundError("model", asked, candidates, parameter=parameter)


def board_at(session: Session, asked: str) -> Board:
    """The board a path names.

    Raises:
        NotFoundError: there is none.
        MovedError: the path names it otherwise than by its id.
    """
    board = board_called(session, asked)
    _insist("leaderboard", asked, board.slug)
    return board


def source_at(session: Session, asked: str) -> Upstream:
    """The source a path names; raises as `board_at`."""
    source = source_called(session, asked)
    _insist("source", asked, source.slug)
    return source


def organization_at(names: Names, asked: str) -> Organization:
    """The organization a path names; raises as `board_at`."""
    organization = organization_called(names, asked)
    _insist("organization", asked, organization.slug)
    return organization


def country_at(names: Names, asked: str) -> str:
    """The code of the country a path names, by its code or name; raises as `board_at`."""
    called = {fold(name): code for code, name in names.countries.items()}
    try:
        code = country_code(called.get(fold(asked), asked))
    except ValueError as error:
        raise NotFoundError("country", asked, sorted(COUNTRIES)) from error
    _insist("country", asked, code)
    return code


def model_at(names: Names, asked: str) -> Model:
    """The model a path names; raises as `board_at`."""
    model = model_called(names, asked)
    _insist("model", asked, model.slug)
    return model


def _insist(kind: str, asked: str, slug: str) -> None:
    if slug != asked:
        raise MovedError(kind, asked, slug)


def _models_by_name(names: Names, asked: str) -> Collection[str]:
    slug = slugify(asked)
    return names.printed.get(fold(asked)) or (names.called.get(slug, ()) if slug else ())
