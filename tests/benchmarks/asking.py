"""Clients that ask the API without pause: `python -m tests.benchmarks.asking URL TOKEN CLIENTS`.

Says a line once they ask, stops at a line on standard input, and says in JSON how many answers they have had and how
long half and nearly all of these took. With nothing but the standard library, so that it starts quickly and takes
little of the machine that is measured.
"""

import json
import sys
import threading
import time
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

PATHS: Final = (
    "/api/v1/returns?limit=100",
    "/api/v1/alerts",
    "/api/v1/returns?status=at_stop",
    "/api/v1/routes",
)


def ask(url: str, secret: str, clients: int) -> dict[str, float]:
    """Ask until told to stop; the answers that were no refusals, and the 50th and 95th centile of their seconds."""
    took: list[list[float]] = [[] for _ in range(clients)]
    stopping = threading.Event()
    address = urlsplit(url)

    def client(index: int) -> None:
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        while not stopping.is_set():
            begun = time.perf_counter()
            connection.request(
                "GET", PATHS[index % len(PATHS)], headers={"Authorization": f"Bearer {secret}"}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                took[index].append(time.perf_counter() - begun)
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
    all_ = sorted(each for one in took for each in one) or [0.0]
    return {
        "answers": sum(map(len, took)),
        "p50_s": all_[len(all_) // 2],
        "p95_s": all_[int(len(all_) * 0.95)],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
