"""The record: tables, the only writer, the only readers."""
