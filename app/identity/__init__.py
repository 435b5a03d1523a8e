"""Who is meant by a printed name. Pure: curated facts and rules, no I/O beyond its own file."""
