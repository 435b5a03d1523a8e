"""From a printed model name to the parts of its identity."""

import re

from app.domain.names import fold
from app.domain.slugs import slugify

UNKNOWN_MAKER = "unknown"
_MODE = re.compile(r"\s*\((FC|Prompt)\)$")
_SAYS_NOTHING = re.compile(r"[\s\-_()\[\]{}:;,/]")


def base_name(printed: str, *, namespaced: bool) -> str:
    """The model's own name: without the Hub owner where the source prints one."""
    _owner, slash, rest = printed.partition("/")
    return rest if namespaced and slash and rest else printed


def name_key(printed: str) -> str:
    """Names of one source with one key are one model.

    Hub ids (`owner/name`) differ unless only by case, because two of them are two models. Other
    printed names are one when only separators tell them apart: `Claude Opus 4 (20250514)` is
    `claude-opus-4-20250514`, but `command-r+` is not `command-r`.
    """
    return fold(printed) if "/" in printed else _without_separators(printed)


def without_mode(name: str) -> str:
    """A name without how the model was asked: by function calls (`(FC)`) or by its prompt alone.

    Source: the notes below the Berkeley Function-Calling Leaderboard, which lists models twice.
    """
    return _MODE.sub("", name) or name


def identity_key(organization: str | None, name: str, *, owner: str | None = None) -> str:
    """What makes a model one: its maker's slug and that of its name.

    `owner` is the Hub owner, where it must tell it from another of the same name and maker.
    """
    within = "" if owner is None else f"{fold(owner)}/"
    return f"{organization or ''}/{within}{_without_separators(name)}"


def model_slug(organization: str | None, name: str) -> str:
    """The id in URLs: maker, two hyphens, name."""
    return f"{organization or UNKNOWN_MAKER}--{slugify(name) or 'model'}"


def _without_separators(name: str) -> str:
    """The slug, unless that leaves out more than separators; then the name, folded."""
    folded = fold(name)
    slug = slugify(name)
    kept = _SAYS_NOTHING.sub("", folded)
    return slug if slug.replace("-", "") == kept else folded
