"""Clients that ask the API without pause: `python -m tests.benchmarks.asking URL TOKEN CLIENTS`.

Says a line once they ask, stops at a line on standard input, and says how many answers they have had. With nothing but
the standard library, so that it starts quickly and takes little of the machine that is measured.
"""

import sys
import threading
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

PATHS: Final = (
    "/api/v1/returns?limit=100",
    "/api/v1/alerts",
    "/api/v1/returns?status=at_stop",
    "/api/v1/routes",
)


def ask(url: str, secret: str, clients: int) -> int:
    """Ask until told to stop; how many answers there were that were no refusals."""
    counted = [0] * clients
    stopping = threading.Event()
    address = urlsplit(url)

    def client(index: int) -> None:
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        while not stopping.is_set():
            connection.request(
                "GET", PATHS[index % len(PATHS)], headers={"Authorization": f"Bearer {secret}"}
            )
            answer = connection.getresponse()
            answer.read()
            counted[index] += answer.status == 200
        connection.close()

    threads = [threading.Thread(target=client, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    sys.stdout.write("asking\n")
    sys.stdout.flush()
    sys.stdin.readline()
    stopping.set()
    for thread in threads:
        thread.join(60)
    return sum(counted)


if __name__ == "__main__":
    sys.stdout.write(f"{ask(sys.argv[1], sys.argv[2], int(sys.argv[3]))}\n")
