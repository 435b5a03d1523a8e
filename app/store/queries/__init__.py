"""What the API may ask of the record. Read functions that return plain values."""
