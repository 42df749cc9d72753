"""A device process to be killed: scans as fast as it can, and says each scan that was promised, on a line of its own.

Arguments: port of the broker, device id, spool, name of this run, number of scans (0: without end).
"""

import itertools
import sys
from pathlib import Path

from devices.sdk import Broker, DiskSpool, Options, Pace, Scanner
from gateway.tracking.instants import SECOND


def main(port: str, device: str, spool: str, run: str, count: str) -> None:
    """Scan, then stay until nothing waits."""
    options = Options(first_retry_s=0.05, longest_retry_s=0.2, pace=Pace(first_wait=2 * SECOND))
    with Scanner(device, Broker("127.0.0.1", int(port)), DiskSpool(Path(spool)), options) as scanner:
        for number in range(int(count)) if int(count) else itertools.count():
            item = f"SN-{run}-{number}"
            scanner.scan("arriving", [item], site="HUB-LEJ")
            sys.stdout.write(f"{item}\n")
            sys.stdout.flush()
        sys.stdout.write("drained\n" if scanner.drained(60) else "left over\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
