"""A device at work: spool, uploads and connection joined, in a thread of its own.

`put` spools and returns; everything else happens behind. Whatever fails there (no broker, no gateway, a full disk) is
tried again with back-off for as long as the device runs, and never blocks the caller. One process per device id:
the broker would end the older connection of two.
"""

import json
import logging
import queue
import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, Self

from devices.sdk.clock import Clock
from devices.sdk.link import Arrived, Broker, Down, Happening, Link, Said, Up
from devices.sdk.receipts import Result
from devices.sdk.slots import Pace
from devices.sdk.spool import Sent, Spool, SpoolBroken
from devices.sdk.uploads import Uploads
from gateway.tracking.instants import MINUTE, SECOND, Instant, rfc3339
from gateway.wire.topics import ID_SAYS, Channel, channel_topic, is_id, receipt_topic

_LOG = logging.getLogger(__name__)
_MOST_RESULTS: Final = 1_000
_LEAVE_S: Final = 0.5
"""How long an attempt to connect is waited for at the end: where nothing answers it takes ten seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a device behaves; durations in seconds."""

    root: str = "returns/v1"
    keepalive_s: int = 30
    status_every_s: int = 900
    """How often the device says that it lives, and how much waits: well within any `silent_after`."""
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    """Between two attempts to connect: doubled each time, and half of it by chance, so that a hall of scanners does
    not fall upon a broker that has just come back."""
    firmware: str | None = None
    pace: Pace | None = None


class Device:
    """A device by its id. Use it as a context manager, or call `start` and `stop`.

    `on_result` hears of every result, from the device's own thread: it must be quick.

    Raises:
        ValueError: the id is none, or the broker's certificates cannot be used.
    """

    may_scan: ClassVar[bool] = True

    def __init__(
        self,
        id_: str,
        broker: Broker,
        spool: Spool,
        options: Options | None = None,
        clock: Clock | None = None,
        on_result: Callable[[Result], None] | None = None,
    ) -> None:
        if is_id(id_) is None:
            raise ValueError(f"device id {id_!r} is not one; ids are {ID_SAYS}")
        broker.tls_context()
        self.id = id_
        self.battery_pct: float | None = None
        """Told with the status, where the device knows it."""
        self._broker = broker
        self._spool = spool
        self._options = options or Options()
        self._clock = clock or Clock()
        self._uploads = Uploads(spool, self._clock, self._options.pace, probes=self.may_scan)
        self._on_result = on_result
        self._happenings: queue.SimpleQueue[tuple[Link | None, Happening | None]] = queue.SimpleQueue()
        self._link: Link | None = None
        self._up = False
        self._trouble: str | None = None
        self._tokens: dict[int, int] = {}
        self._rest_until = 0
        self._retry_at = 0
        self._retries = 0
        self._give_up_at = 0
        self._status_at = 0
        self._connecting = False
        self._left = False
        """Whether `stop` went on while we try to connect: the spool may be closed by now, and nothing comes of it."""
        self._stopping = False
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"device {id_}", daemon=True)

    @property
    def connected(self) -> bool:
        return self._up

    @property
    def trouble(self) -> str | None:
        """Why there is no connection, if there is a reason; for people."""
        return self._trouble

    @property
    def waiting(self) -> int:
        """How many events no receipt has named yet."""
        return len(self._spool)

    def put(self, what: Sent, body: Mapping[str, Any], at: Instant | None = None) -> str:
        """Spool an event and return its id; it is durable, and will be sent.

        Raises:
            ValueError: it cannot go on the wire: too large, or a number is not finite.
            SpoolFull: there is no room for it; what was spooled is safe, and room comes as it is sent.
            SpoolBroken: the disk fails.
        """
        id_ = self._uploads.put(what, body, at)
        self._happenings.put((None, None))
        return id_

    def result(self, event: str, timeout_s: float) -> Result | None:
        """What became of the event, as soon as it is known; None if it is not within the time.

        The last 1,000 results are remembered.
        """
        with self._changed:
            self._changed.wait_for(lambda: event in self._results, timeout_s)
            return self._results.get(event)

    def drained(self, timeout_s: float) -> bool:
        """Wait until nothing waits any more; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.waiting, timeout_s)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Say goodbye, if connected, and end; what waits, waits for the next start. The spool stays open."""
        self._stopping = True
        self._happenings.put((None, None))
        self._thread.join(_LEAVE_S)
        self._left = self._connecting
        if not self._left:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._act(self._clock.stopwatch())
            except SpoolBroken:
                _LOG.exception("device %s: the spool fails; it is tried again", self.id)
                self._rest_until = self._clock.stopwatch() + 5 * SECOND
            if not self._left:
                self._happen(max(self._pause(self._clock.stopwatch()), 0))
        if self._link is not None:
            if self._up:
                self._say_status("offline")
            self._link.close()

    def _act(self, now: int) -> None:
        if self._link is None:
            if now >= self._retry_at:
                self._connect(now)
        elif not self._up:
            if now >= self._give_up_at:
                self._drop("no answer from the broker")
        elif self._uploads.stalled(now):
            self._drop("the broker acknowledges nothing")
        else:
            if now >= self._status_at:
                self._say_status("online")
            if now >= self._rest_until:
                self._send(now)

    def _pause(self, now: int) -> int:
        """How long nothing is due, in microseconds."""
        if self._link is None:
            return self._retry_at - now
        if not self._up:
            return self._give_up_at - now
        due = self._uploads.next_due()
        due = now + MINUTE if due is None else max(due, self._rest_until)
        return min(self._status_at, due) - now

    def _happen(self, pause: int) -> None:
        """Wait for something to happen, and take in all that has."""
        try:
            link, happening = self._happenings.get(timeout=pause / SECOND)
            while True:
                if happening is not None and link is self._link:
                    self._take(happening)
                link, happening = self._happenings.get_nowait()
        except queue.Empty:
            return

    def _take(self, happening: Happening) -> None:
        match happening:
            case Up():
                self._up = True
                self._trouble = None
                self._retries = 0
                self._status_at = 0
                _LOG.info("device %s: connected, %d events wait", self.id, self.waiting)
            case Down(reason):
                self._drop(reason)
            case Arrived(mid):
                token = self._tokens.pop(mid, None)
                if token is not None:
                    self._uploads.arrived(token)
            case Said(_, payload):
                self._receive(payload)

    def _receive(self, payload: bytes) -> None:
        try:
            results = self._uploads.receipt(payload, self._clock.stopwatch())
        except SpoolBroken:
            _LOG.exception("device %s: the spool fails; what was answered is sent again", self.id)
            return
        with self._changed:
            for result in results:
                key = str(result.id)
                known = self._results.pop(key, None)
                self._results[key] = result if known is None else known.joined(result)
                if len(self._results) > _MOST_RESULTS:
                    self._results.popitem(last=False)
            self._changed.notify_all()
        for result in results:
            self._tell_of(result)

    def _tell_of(self, result: Result) -> None:
        if self._on_result is None:
            return
        try:
            self._on_result(result)
        except Exception:  # noqa: BLE001 # the caller's own, such as a screen that is gone; what waits is sent anyhow
            _LOG.exception("device %s: whoever is told of results failed", self.id)

    def _connect(self, now: int) -> None:
        options = self._options
        will = (self._topic("status"), b'{"state":"offline"}')
        receipts = receipt_topic(options.root, Channel("device", self.id, "status"))
        self._give_up_at = now + 15 * SECOND
        self._connecting = True
        try:
            self._link = Link(self._broker, self.id, [receipts], self._tell, will)
            self._link.open(options.keepalive_s)
        except (
            OSError,
            ValueError,
        ) as error:  # a certificate may be missing for a moment, while it is renewed
            self._drop(f"no connection: {error}")
        finally:
            self._connecting = False

    def _drop(self, reason: str) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
        self._up = False
        self._trouble = reason
        self._tokens.clear()
        self._uploads.cut()
        options = self._options
        longest = min(options.first_retry_s * 2 ** min(self._retries, 16), options.longest_retry_s)
        self._retries += 1
        wait_s = longest * (0.5 + random.random() / 2)  # noqa: S311 # a jitter is no secret
        self._retry_at = self._clock.stopwatch() + int(wait_s * SECOND)
        _LOG.warning(
            "device %s: %s; next try in %.1f s, %d events wait", self.id, reason, wait_s, self.waiting
        )

    def _send(self, now: int) -> None:
        while self._link is not None and (message := self._uploads.next(now)) is not None:
            self._tokens[self._link.publish(self._topic(message.what), message.payload)] = message.token

    def _say_status(self, state: str) -> None:
        now = self._clock.stopwatch()
        self._status_at = now + self._options.status_every_s * SECOND
        status: dict[str, object] = {
            "state": state,
            "at": rfc3339(self._clock.now()),
            "queued": self.waiting,
            "battery_pct": self.battery_pct,
            "firmware": self._options.firmware,
        }
        told = {name: value for name, value in status.items() if value is not None}
        if self._link is not None:
            self._link.publish(self._topic("status"), json.dumps(told).encode(), retain=True)

    def _topic(self, what: Sent | Literal["status"]) -> str:
        return channel_topic(self._options.root, Channel("device", self.id, what))

    def _tell(self, link: Link, happening: Happening) -> None:
        self._happenings.put((link, happening))
