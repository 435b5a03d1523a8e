"""The beginning of an adapter: what `almanac sources new` writes, in a checkout."""

import re
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template

from app.domain.slugs import slugify
from app.errors import SkeletonError

_SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ROW = re.compile(r"\| `(\w+)` \|")
_README = "README.md"
_HEADING = "\n## Sources\n"


def write_skeleton(root: Path, slug: str, known: list[str]) -> list[Path]:
    """Write an adapter, its recording and its row in the README below `root`; what was written.

    `known` are the sources there are.

    Raises:
        SkeletonError: the slug cannot be one or is taken, or `root` is no checkout of Almanac; then
            nothing is written.
    """
    name = "".join(word.capitalize() for word in slug.split("_"))
    if not _SLUG.fullmatch(slug) or iskeyword(slug) or iskeyword(name):
        raise SkeletonError(f"{slug!r} cannot be a source: write it like `swe_bench`")
    adapter = root / "app" / "sources" / "adapters" / f"{slug}.py"
    recording = root / "tests" / "recordings" / f"{slug}.py"
    readme = root / _README
    if slug in known or adapter.exists() or recording.exists():
        raise SkeletonError(f"there is a source {slug} already")
    if not (adapter.parent.is_dir() and recording.parent.is_dir() and readme.is_file()):
        raise SkeletonError(f"{root} is no checkout of Almanac")
    words = {
        "slug": slug,
        "board": slugify(slug.replace("_", "-")),
        "title": slug.replace("_", " ").capitalize(),
        "adapter": name,
    }
    told = _with_row(readme.read_text(encoding="utf-8"), slug, words["title"])
    adapter.write_text(_filled("adapter.txt", words), encoding="utf-8")
    recording.write_text(_filled("recording.txt", words), encoding="utf-8")
    readme.write_text(told, encoding="utf-8")
    return [adapter, recording, readme]


def _filled(name: str, words: dict[str, str]) -> str:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _with_row(readme: str, slug: str, title: str) -> str:
    """The README with a row in the table of sources, in alphabetical order."""
    before, heading, after = readme.partition(_HEADING)
    table, further, rest = after.partition("\n## ")
    lines = table.split("\n")
    rows = {match[1]: place for place, line in enumerate(lines) if (match := _ROW.match(line))}
    if not rows:
        raise SkeletonError(f"{_README} has no table of sources")
    later = [place for other, place in rows.items() if other > slug]
    row = f"| `{slug}` | {title} | none stated | 12 h | every day's last commit |"
    lines.insert(min(later, default=max(rows.values()) + 1), row)
    return "".join((before, heading, "\n".join(lines), further, rest))
