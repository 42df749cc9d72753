"""A broker within the process, for the demo: amqtt on a free port of loopback, open to this machine only.

Anything real uses Mosquitto, EMQX, HiveMQ and the like.
"""

import asyncio
import logging
import socket
import threading
from typing import Final, Self

from amqtt.broker import Broker

PATIENCE_S: Final = 10.0


class EmbeddedBroker:
    """Starts on entering, ends on leaving. `url` is where it listens."""

    def __init__(self) -> None:
        self._port = _free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="broker", daemon=True)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            TimeoutError: it does not come up.
        """
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(PATIENCE_S)
        return self

    async def _start(self) -> None:
        self._broker = Broker(
            {
                "listeners": {
                    "default": {"type": "tcp", "bind": f"127.0.0.1:{self._port}", "max_connections": 0}
                },
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            },
            loop=self._loop,
        )
        await self._broker.start()

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._broker.shutdown(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
