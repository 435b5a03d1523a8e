"""Every INSERT, UPDATE and DELETE of the record. Used by ingestion only."""
