"""From a printed model name to the parts of its identity."""

from app.domain.names import fold
from app.domain.slugs import slugify

UNKNOWN_MAKER = "unknown"


def base_name(printed: str, *, namespaced: bool) -> str:
    """The model's own name: without the Hub owner where the source prints one."""
    _owner, slash, rest = printed.partition("/")
    return rest if namespaced and slash and rest else printed


def identity_key(organization: str | None, name: str) -> str:
    """What makes a model one: its maker's slug and its folded name."""
    return f"{organization or ''}/{fold(name)}"


def model_slug(organization: str | None, name: str) -> str:
    """The id in URLs: maker, two hyphens, name."""
    return f"{organization or UNKNOWN_MAKER}--{slugify(name) or 'model'}"
