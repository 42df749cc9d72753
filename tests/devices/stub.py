"""The desk's stub gateway on a real broker: takes what a device publishes and answers with receipts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from devices.sdk.clock import time_of_day
from tests.devices.desk import StubGateway
from tests.servers.client import StockClient


class LiveStub:
    """Listens on a broker from entering to leaving. `mute` makes it take events and say nothing."""

    def __init__(self, port: int, device: str) -> None:
        self.gateway = StubGateway(time_of_day)
        self.mute = False
        self._prefix = f"returns/v1/device/{device}"
        self._client = StockClient(port, f"stub-{device}")
        self._speaker = StockClient(port, f"stub-{device}-out")
        self._taken = 0
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._answer, daemon=True)

    @contextmanager
    def listening(self) -> Iterator["LiveStub"]:
        with self._client, self._speaker:
            self._client.subscribe(f"{self._prefix}/scan", f"{self._prefix}/position")
            self._thread.start()
            try:
                yield self
            finally:
                self._left.set()
                self._thread.join(10)

    def _answer(self) -> None:
        while not self._left.is_set():
            self._client.wait_for(lambda: len(self._client.received) > self._taken, 0.05)
            for message in self._client.received[self._taken :]:
                self._taken += 1
                receipt = self.gateway.take(message.payload)
                if not self.mute:
                    self._speaker.publish(f"{self._prefix}/receipt", receipt)
