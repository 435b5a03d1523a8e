"""Benchmarks, run by `make bench`: ratios measured side by side, never asserted in a test."""
