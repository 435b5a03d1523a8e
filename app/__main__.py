"""The program: `python -m app` is `almanac`.

What modules make while they are loaded is never garbage, and looking for some takes a fifth of
that time.
"""

import gc

gc.disable()
from app.cli import main  # noqa: E402 - after what makes it quick

gc.freeze()
gc.enable()

__all__ = ["main"]

if __name__ == "__main__":
    main()
