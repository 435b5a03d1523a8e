"""What numbers mean. Pure functions over domain values: no session, no clock, no network."""
