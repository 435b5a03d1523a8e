"""Upstreams: one adapter a file. An adapter fetches and translates; it decides nothing."""
