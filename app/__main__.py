"""The program: `python -m app` is `almanac`.

What modules make while they are loaded is never garbage, and looking for some takes a fifth of
that time.
"""

import gc

gc.disable()
try:
    from app.cli import main
finally:
    gc.freeze()
    gc.enable()

__all__ = ["main"]

if __name__ == "__main__":
    main()
