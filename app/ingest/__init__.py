"""The only writer: fetch, parse, check, resolve, store."""
