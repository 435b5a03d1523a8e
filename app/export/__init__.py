"""The record as files: partitioned Parquet with a Data Package descriptor."""
