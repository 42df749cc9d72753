"""A desk to test uploads at: true time in the hand, a network that is a variable, and a stub of the gateway.

The stub takes events in as the interface says (durable at once, duplicates known, wrong times to quarantine), and
remembers everything that it was sent.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from devices.sdk.clock import Clock
from devices.sdk.receipts import Result
from devices.sdk.slots import Pace
from devices.sdk.spool import MemorySpool, Spool
from devices.sdk.uploads import Message, Uploads
from gateway.tracking.instants import DAY, MINUTE, SECOND, Duration, Instant, instant, rfc3339

START = instant("2026-11-22T09:00:00Z")


class StubGateway:
    """Answers payloads with receipts. `facts` are events by id, the first accepted of each."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self.facts: dict[str, dict[str, Any]] = {}
        self.quarantine: list[dict[str, Any]] = []
        self.heard: list[str] = []

    def take(self, payload: bytes) -> bytes:
        said = json.loads(payload)
        results = [self._result(each) for each in (said if isinstance(said, list) else [said])]
        return json.dumps({"at": rfc3339(self._now()), "results": results}).encode()

    def refuse(self, payload: bytes) -> bytes:
        """As if it could not even be read."""
        result = {"id": None, "result": "quarantined", "reason": "malformed", "message": "unreadable"}
        named = {**result, "sha256": sha256(payload).hexdigest()}
        return json.dumps({"at": rfc3339(self._now()), "results": [named]}).encode()

    @property
    def scans(self) -> list[str]:
        """The ids of the facts that are no probes, in the order they came."""
        return [id_ for id_, fact in self.facts.items() if "voids" not in fact]

    def _result(self, event: dict[str, Any]) -> dict[str, Any]:
        id_, at = event["id"], instant(event["at"])
        self.heard.append(id_)
        if id_ in self.facts:
            return {"id": id_, "result": "duplicate", "verdict": "ok"}
        if at > self._now() + 5 * MINUTE or at < self._now() - 90 * DAY:
            self.quarantine.append(event)
            reason = "future_time" if at > self._now() else "too_old"
            return {"id": id_, "result": "quarantined", "reason": reason}
        self.facts[id_] = event
        return {"id": id_, "result": "accepted", "verdict": "ok"}


class Desk:
    """One device's uploads, its time in our hands. `clock_error`: how far the device is ahead of the truth."""

    def __init__(
        self,
        spool: Spool | None = None,
        *,
        clock_error: int = 0,
        trusted: bool = False,
        probes: bool = True,
        pace: Pace | None = None,
    ) -> None:
        self.passed = 0
        self.clock_error = clock_error
        self.gateway = StubGateway(self.true)
        self.spool = MemorySpool() if spool is None else spool
        self._probes, self._pace = probes, pace
        self.boot(trusted=trusted)

    def true(self) -> Instant:
        return Instant(START + self.passed)

    def boot(self, *, trusted: bool = False) -> None:
        """The device starts anew: what was in memory is gone."""
        clock = Clock(
            lambda: Instant(self.true() + self.clock_error), lambda: Duration(self.passed), trusted=trusted
        )
        self.uploads = Uploads(self.spool, clock, self._pace, probes=self._probes)

    def wait(self, duration: int) -> None:
        self.passed += duration

    def scan(self, item: str = "SN-1") -> str:
        return self.uploads.put("scan", {"step": "arriving", "items": [item]})

    def sent(self) -> list[Message]:
        """Everything that goes out now."""
        messages = []
        while (message := self.uploads.next(self.passed)) is not None:
            messages.append(message)
            assert len(messages) < 1000, "it sends without end"
        return messages

    def hear(self, receipt: bytes) -> list[Result]:
        return self.uploads.receipt(receipt, self.passed)

    def deliver(self, messages: list[Message], round_trip: int = SECOND // 10) -> list[Result]:
        """The messages reach the gateway after half a round trip, its receipts the device after the rest."""
        self.wait(round_trip // 2)
        answers = [self.gateway.take(message.payload) for message in messages]
        self.wait(round_trip - round_trip // 2)
        for message in messages:
            self.uploads.arrived(message.token)
        return [result for answer in answers for result in self.hear(answer)]

    def settle(self) -> None:
        """Deliver until nothing goes out any more."""
        while messages := self.sent():
            self.deliver(messages)

    def confirm_clock(self) -> None:
        """The probe and its answer, so that a test begins with a device at work."""
        self.deliver(self.sent())


def events(message: Message) -> list[str]:
    """The ids in a message."""
    said = json.loads(message.payload)
    return [each["id"] for each in (said if isinstance(said, list) else [said])]
