"""Benchmarks: `make bench`, or one of them with `python -m tests.benchmarks NAME`. Figures are for comparing, never asserted."""
