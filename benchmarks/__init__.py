"""Measures GraphFlow against its goals and beside what one would use instead: `python -m benchmarks [SUBJECT ...]`."""
