"""Plain values: no I/O, no frameworks."""
