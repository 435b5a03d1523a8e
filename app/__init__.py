"""Almanac: the record book of AI leaderboards."""

__version__ = "0.1.0"
