"""`python -m tests.benchmarks [NAME …]`: run benchmarks and print a table of their figures."""

import os
import platform
import sys
from importlib import import_module

BENCHMARKS = ("intake", "replay", "totes", "journeys", "dashboards")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(names: list[str]) -> None:
    _say(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for name in names or BENCHMARKS:
        _say(f"\n{name}: {(import_module(f'tests.benchmarks.{name}').__doc__ or '').splitlines()[0]}")
        rows = import_module(f"tests.benchmarks.{name}").measure()
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            _say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main(sys.argv[1:])
