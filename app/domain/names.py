"""Folding of printed names, so that spelling alone does not make two of one."""

import unicodedata


def fold(name: str) -> str:
    """NFKC, case folded, white space squeezed: names that fold alike are one name.

    Case folding can leave a text that is no longer NFKC, so that is made once more.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
