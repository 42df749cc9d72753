"""Benchmarks: `make bench`, or `python -m tests.benchmarks NAME`. Figures are for comparing, never asserted."""
