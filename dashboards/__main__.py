"""`python -m dashboards`: writes the dashboards' JSON and the alert rules where Grafana is told to look for them."""

import sys
from pathlib import Path

from dashboards.written import write

if __name__ == "__main__":
    for path in write(Path(__file__).parent.parent):
        sys.stdout.write(f"{path}\n")
