"""`python -m app` is `almanac`."""

from app.cli import main

main()
