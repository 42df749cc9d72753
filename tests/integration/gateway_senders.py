"""Scanners, trackers and an ERP on a real broker, and what an operator's tool hears there: one client for all.

Sends what it is told to, and sorts what comes back: receipts by event, alerts by id, the gateway's own status.
Knows how topics and receipts are laid out, not what the gateway should answer.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import pytest

from tests.servers.client import StockClient
from tests.servers.mosquitto import Mosquitto

ROOT: Final = "returns/v1"


class Event(NamedTuple):
    """Something to be sent: `channel` is the topic without the root, such as `device/d1/scan`."""

    channel: str
    payload: Mapping[str, Any]

    @property
    def origin(self) -> str:
        return self.channel.rpartition("/")[0]

    @property
    def name(self) -> tuple[str, str]:
        """What it is known by: who sent it, and its id."""
        return (self.origin, self.payload["id"])


def from_now(seconds: float = 0.0) -> str:
    """The time so many seconds from now, as a device writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


class Senders:
    """Connected from entering to leaving. What has come so far is in the attributes, oldest first."""

    def __init__(self, broker: Mosquitto, root: str = ROOT) -> None:
        self.broker = broker
        self.root = root
        self.answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        """The results of receipts, by (`device/<id>` or `source/<id>`, event id)."""
        self.refused: dict[str, list[dict[str, Any]]] = {}
        """The results without an event id, by the payload's sha256."""
        self.transitions: list[dict[str, Any]] = []
        """What came on the topic `alert-log`."""
        self.retained: dict[str, dict[str, Any]] = {}
        """The alerts that are retained now, by id."""
        self.states: list[dict[str, Any]] = []
        """What the gateway's status topic said."""
        self._client = StockClient(broker.port)
        self._read_so_far = 0

    def send(self, channel: str, payload: object) -> None:
        """Publishes one message (bytes as they are, all else as JSON); returns once the broker has it."""
        self.send_all([(channel, payload)])

    def send_all(self, messages: Iterable[tuple[str, object]]) -> None:
        """Publishes these messages in this order; returns once the broker has them all."""
        self._client.publish_all(
            [
                (f"{self.root}/{to}", payload if isinstance(payload, bytes) else json.dumps(payload).encode())
                for to, payload in messages
            ]
        )

    def retain(self, channel: str, payload: bytes) -> None:
        """Publishes one message that the broker retains."""
        self._client.publish(f"{self.root}/{channel}", payload, retain=True)

    def ask(self, channel: str, payload: Mapping[str, Any], timeout_s: float = 10.0) -> dict[str, Any]:
        """Sends one event; its result, once there is one more than before."""
        name = Event(channel, payload).name
        before = len(self.results(name))
        self.send(channel, payload)
        self.wait_for(lambda: len(self.results(name)) > before, f"an answer to {payload}", timeout_s)
        return self.answers[name][-1]

    def results(self, name: tuple[str, str]) -> Sequence[dict[str, Any]]:
        """The results so far for an event."""
        self.read()
        return self.answers.get(name, ())

    def wait_answers(self, events: Iterable[Event], timeout_s: float = 30.0) -> None:
        """Waits until each of these events has been named in a receipt."""
        wanted = {event.name for event in events}

        def all_there() -> bool:
            wanted.difference_update(self.answers)
            return not wanted

        self.wait_for(all_there, "receipts", timeout_s)

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
        """Waits until the condition holds for what has come; the test fails if it does not in time."""

        def read_and_look() -> bool:
            self.read()
            return condition()

        if not self._client.wait_for(read_and_look, timeout_s):
            last = [message.payload[:300] for message in self._client.received[-3:]]
            pytest.fail(f"no {what} within {timeout_s:.0f} s; the last that came: {last}")

    def wait_transition(self, what: str, timeout_s: float = 10.0, **wanted: object) -> dict[str, Any]:
        """The first line of the alert log that says so, once there is one."""

        def first() -> dict[str, Any] | None:
            return next((line for line in self.transitions if _is(line, what, wanted)), None)

        self.wait_for(lambda: first() is not None, f"{what} alert {wanted}", timeout_s)
        found = first()
        assert found is not None
        return found

    def read(self) -> None:
        """Sorts in what has come since the last time."""
        received = self._client.received
        while self._read_so_far < len(received):
            message = received[self._read_so_far]
            self._read_so_far += 1
            self._sort_in(message.topic.removeprefix(f"{self.root}/"), message.payload)

    def _sort_in(self, topic: str, payload: bytes) -> None:
        kind, _, rest = topic.partition("/")
        if topic.endswith("/receipt"):
            for result in json.loads(payload)["results"]:
                if result["id"] is None:
                    self.refused.setdefault(result["sha256"], []).append(result)
                else:
                    self.answers.setdefault((topic.rpartition("/")[0], result["id"]), []).append(result)
        elif kind == "alert-log":
            self.transitions.append(json.loads(payload))
        elif kind == "alert" and payload:
            self.retained[rest] = json.loads(payload)
        elif kind == "alert":
            self.retained.pop(rest, None)
        elif kind == "gateway":
            self.states.append(json.loads(payload))

    def __enter__(self) -> Self:
        self._client.__enter__()
        heard = ("+/+/receipt", "alert/+", "alert-log", "gateway/+/status")
        self._client.subscribe(*(f"{self.root}/{topic}" for topic in heard))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, error, trace)


def _is(line: Mapping[str, Any], what: str, wanted: Mapping[str, object]) -> bool:
    return line["transition"] == what and all(
        (line["subject"]["id"] if field == "subject" else line[field]) == value
        for field, value in wanted.items()
    )
