"""Slugs: the ids that stand in URLs."""

import re
import unicodedata

_OTHER = re.compile(r"[^a-z0-9.]+")


def slugify(text: str) -> str:
    """NFKC, lower case, every run of characters outside `a-z 0-9 .` one hyphen; dots stay.

    Empty when nothing of the text can stand in a slug; dots alone cannot, in a URL they are a
    way up.
    """
    slug = _OTHER.sub("-", unicodedata.normalize("NFKC", text).lower()).strip("-")
    return slug if slug.strip(".") else ""
