"""A typed client of our own HTTP API."""
