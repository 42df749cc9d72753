"""A test that reads as a timeline: do this at t, expect that. Drives the replay, so time is virtual."""

import json
from itertools import count
from typing import Any

from gateway.network import parse
from gateway.replay import Line, Replay
from gateway.service.alerting import Transition
from gateway.tracking.instants import Instant, instant, rfc3339


class Timeline:
    """A gateway in virtual time. Times are `D HH:MM` or `D HH:MM:SS` of March 2026, UTC."""

    def __init__(self, network: str, home: str = "scan-1") -> None:
        self.network = parse(network)
        self._replay = Replay(self.network)
        self._home = home
        self._ids = (f"e{number}" for number in count())
        self.transitions: list[Transition] = []

    def announce(self, received: str, item: str, route: str, at: str | None = None, **more: Any) -> None:
        payload = {"item": item, "route": route, **more}
        self._send(received, "source/erp/announce", payload, at)

    def scan(self, received: str, step: str, site: str, at: str | None = None, **named: Any) -> str:
        """A scan received at one time and made `at` another (by default the same); returns its id."""
        return self._send(received, f"device/{self._home}/scan", {"step": step, "site": site, **named}, at)

    def void(self, received: str, *ids: str) -> None:
        self._send(received, f"device/{self._home}/scan", {"voids": list(ids)}, None)

    def fix(self, received: str, lat: float, lon: float, at: str | None = None, **more: Any) -> str:
        return self._send(received, "device/trk/position", {"lat": lat, "lon": lon, **more}, at)

    def until(self, now: str) -> None:
        self.transitions.extend(self._replay.until(moment(now)))

    def _send(self, received: str, topic: str, payload: dict[str, Any], at: str | None) -> str:
        event = {"id": next(self._ids), **payload, "at": rfc3339(moment(at or received))}
        line = Line(moment(received), topic, json.dumps(event).encode())
        self.transitions.extend(self._replay.feed(line))
        return str(event["id"])

    def journey(self, subject: str) -> tuple[str | None, int | None]:
        """(status, stop) of a subject; (None, None) where it has no journey."""
        for each in self._replay.journeys():
            if each["id"] == subject:
                return each["status"], each["stop"]
        return None, None

    def open(self, subject: str | None = None) -> dict[tuple[Any, ...], str]:
        """The open alerts as {(subject, kind, stop or sensor): since}, of one subject without it in the key."""
        found: dict[tuple[Any, ...], str] = {}
        for each in self.transitions:
            deviation = each.alert.deviation
            key = (each.alert.subject.id, deviation.kind.value, deviation.key[1])
            if each.what == "resolved":
                found.pop(key, None)
            else:
                found[key] = day(deviation.since)
        return found if subject is None else {key[1:]: at for key, at in found.items() if key[0] == subject}

    def resolved(self, subject: str) -> list[tuple[str, int | str | None, str | None]]:
        """What has been resolved of a subject so far, in order: (kind, stop or sensor, reason)."""
        return [
            (each.alert.deviation.kind.value, each.alert.deviation.key[1], each.reason)
            for each in self.transitions
            if each.what == "resolved" and each.alert.subject.id == subject
        ]


def moment(text: str) -> Instant:
    """`5 08:00` is 5 March 2026, 08:00 UTC."""
    number, _, clock = text.partition(" ")
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    return instant(f"2026-03-{int(number):02d}T{seconds}Z")


def day(at: Instant) -> str:
    """The same the other way round."""
    text = rfc3339(at)
    return f"{int(text[8:10])} {text[11:16]}"
