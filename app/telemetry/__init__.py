"""What the service tells of itself: counts, logs and spans."""
