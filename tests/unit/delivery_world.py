"""Deliveries in virtual time: alerts made as the service makes them, a broker and channels that can fail."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.memory import Memory
from gateway.ports.delivery import (
    Health,
    Notice,
    Publication,
    Published,
    SendOutcome,
    SendResult,
    Turns,
)
from gateway.ports.rows import AlertRow, SubjectRow
from gateway.ports.state import State, Unit
from gateway.service.alerting import Alerting
from gateway.service.delivery import Deliveries, Outside
from gateway.tracking.alerts import Changes, Opens, Reason, Resolves
from gateway.tracking.deviations import Deviation
from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant, instant
from gateway.tracking.model import Kind, Severity, Subject, SubjectKind
from gateway.tracking.plan import Alerting as AlertingPlan
from gateway.tracking.plan import Escalation, Heartbeat, Match, Network, Policy, Site

MIDNIGHT = instant("2026-03-02T00:00:00Z")
ROOT = "returns/v1"
DELIVERED = SendResult(SendOutcome.DELIVERED)
TO_CHAT = (Policy(Match(), ("chat",)),)


def t(clock: str) -> Instant:
    """The instant of `09:00`, `09:00:30` or, a day later, `1d 09:00`."""
    day, _, clock = clock.rpartition("d ")
    hours, minutes, seconds = (*map(int, clock.split(":")), 0)[:3]
    return Instant(MIDNIGHT + int(day or 0) * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND)


def clock_of(at: Instant) -> str:
    """The other way round, to the second."""
    seconds = (at - MIDNIGHT) // SECOND
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def network_of(
    policies: Sequence[Policy] = TO_CHAT,
    channels: Iterable[str] = ("chat", "mail"),
    heartbeat: Heartbeat | None = None,
) -> Network:
    """Channels by name, and two sites."""
    urls = {name: f"json://{name}" for name in channels}
    sites = {
        "HUB": Site("HUB", 51.4, 12.2, timezone="Europe/Berlin", name="Leipzig hub"),
        "REFILL": Site("REFILL", 52.0, 13.0),
    }
    return Network(alerting=AlertingPlan(urls, tuple(policies), heartbeat), sites=sites)


def escalating(*steps: tuple[int, str], notify: tuple[str, ...] = ("chat",)) -> tuple[Policy, ...]:
    """One policy for all, with steps of (minutes, channel)."""
    escalate = tuple(Escalation(_minutes(after), (channel,)) for after, channel in steps)
    return (Policy(Match(), notify, escalate),)


def _minutes(count: int) -> Duration:
    return Duration(count * MINUTE)


class Told(NamedTuple):
    at: str
    channel: str
    title: str


class Sent:
    """A sending of the fake notifier."""

    def __init__(self, result: SendResult | None, done: Callable[[], None]) -> None:
        self.result = result
        self.abandoned = False
        self._done = done

    def abandon(self) -> None:
        self.abandoned = True

    def finish(self, result: SendResult) -> None:
        self.result = result
        self._done()


@dataclass
class FakeNotifier:
    """Delivers at once, but to channels that are `down`, `hanging` or `broken` (by a bug), or what is `poison`."""

    now: Instant = MIDNIGHT
    down: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    delivered: list[Told] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    attempts: list[Told] = field(default_factory=list)
    sendings: list[Sent] = field(default_factory=list)

    def send(self, channel: str, notice: Notice, done: Callable[[], None]) -> Sent:
        told = Told(clock_of(self.now), channel, notice.title)
        self.attempts.append(told)
        if channel in self.broken:
            raise RuntimeError(channel)
        if channel in self.hanging:
            self.sendings.append(Sent(None, done))
            return self.sendings[-1]
        if channel in self.down or notice.title in self.poison:
            result = SendResult(SendOutcome.FAILED, "it is down")
        else:
            self.delivered.append(told)
            self.notices.append(notice)
            result = DELIVERED
        sent = Sent(result, done)
        done()
        return sent


@dataclass
class FakePublisher:
    """Keeps what is retained, as a broker does, and all that it confirmed. `once` are answers to what is not."""

    outcome: Published = Published.CONFIRMED
    outcomes: dict[str, Published] = field(default_factory=dict)
    once: list[Published] = field(default_factory=list)
    retained: dict[str, bytes] = field(default_factory=dict)
    confirmed: list[Publication] = field(default_factory=list)
    calls: int = 0

    def publish(self, messages: Sequence[Publication]) -> Sequence[Published]:
        self.calls += 1
        outcomes = [self._outcome(message) for message in messages]
        for message, outcome in zip(messages, outcomes, strict=True):
            if outcome is Published.CONFIRMED:
                self.confirmed.append(message)
                if message.retain and message.payload:
                    self.retained[message.topic] = message.payload
                elif message.retain:
                    self.retained.pop(message.topic, None)
        return outcomes

    def _outcome(self, message: Publication) -> Published:
        if self.once and not message.retain:
            return self.once.pop(0)
        return self.outcomes.get(message.topic, self.outcome)


@dataclass
class FakeLog:
    lines: list[tuple[Notice, Sequence[str]]] = field(default_factory=list)

    def noted(self, notice: Notice, channels: Sequence[str]) -> None:
        self.lines.append((notice, channels))


class World:
    """Deliveries of a gateway that has been up since an hour before midnight, so that its backlog is in."""

    def __init__(
        self,
        network: Network | None = None,
        state: State | None = None,
        turns: Turns | None = None,
        started_at: Instant = Instant(MIDNIGHT - HOUR),
    ) -> None:
        self.network = network or network_of()
        self.memory = Memory()
        self.now = MIDNIGHT
        self.notifier = FakeNotifier()
        self.publisher = FakePublisher()
        self.log = FakeLog()
        self.health = Health.WELL
        outside = Outside(
            state or self.memory, self.publisher, self.notifier, self.log, lambda: self.health, turns
        )
        self.deliveries = Deliveries(outside, lambda: self.network, ROOT, started_at, chance=lambda: 0.0)
        self.due: Instant | None = None

    def until(self, clock: str) -> None:
        """Let time pass, each round at the instant for which the one before asked, or at once if it was woken."""
        end = t(clock)
        for _ in range(5_000):
            self.notifier.now = self.now
            before = len(self.notifier.attempts)
            self.due = self.deliveries.run_once(self.now)
            if len(self.notifier.attempts) > before:
                continue
            if self.due is None or self.due > end:
                self.now = end
                return
            self.now = max(self.now, self.due)
        message = f"it goes on and on at {clock_of(self.now)}"
        raise AssertionError(message)

    def at(self, clock: str) -> "World":
        """Let time pass until then, and return for what happens then."""
        self.until(clock)
        return self

    @property
    def told(self) -> list[Told]:
        return self.notifier.delivered

    def unit(self, change: Callable[[Unit], AlertRow]) -> AlertRow:
        """Something done in a unit of its own, and delivery woken."""
        with self.memory.unit() as unit:
            row = change(unit)
        self.deliveries.wake()
        return row

    def puts(self, alert: AlertRow) -> None:
        """The row of an alert is from now on this."""
        with self.memory.unit() as unit:
            unit.put_alerts([alert])

    def alert(self, alert_id: str) -> AlertRow:
        with self.memory.reader() as reader:
            row = reader.alert(alert_id)
        assert row is not None
        return row

    def waiting(self) -> Mapping[str, int]:
        with self.memory.reader() as reader:
            return reader.outbox_size()

    def opens(self, deviation: Deviation, subject: str = "SN-1", **row: str | None) -> AlertRow:
        """An alert opens now. `row` are fields of the subject's row: kind, route, parent."""
        kind: SubjectKind = row.pop("kind", "return")  # type: ignore[assignment] # the tests name kinds that exist
        about = SubjectRow("goods", subject, kind, own=(deviation,), **row)  # type: ignore[arg-type] # likewise
        with self.memory.unit() as unit:
            unit.put_subjects([about])
            alerting = Alerting(unit, self.network, self.now)
            alerting.apply(Subject(kind, subject), about, None, [Opens(deviation)], {})
            return alerting.write()[0].alert

    def resolves(self, alert_id: str, reason: Reason = Reason.EVIDENCE) -> AlertRow:
        """It resolves now, by itself."""
        alert = self.alert(alert_id)
        with self.memory.unit() as unit:
            row = SubjectRow("goods", alert.subject.id, alert.subject.kind)
            alerting = Alerting(unit, self.network, self.now)
            alerting.apply(alert.subject, row, None, [Resolves(alert.open(), reason)], {alert_id: alert})
            return alerting.write()[0].alert

    def changes(self, alert_id: str, severity: Severity) -> AlertRow:
        """Its severity is another from now on."""
        alert = self.alert(alert_id)
        deviation = alert.deviation._replace(severity=severity)
        with self.memory.unit() as unit:
            row = SubjectRow("goods", alert.subject.id, alert.subject.kind, own=(deviation,))
            alerting = Alerting(unit, self.network, self.now)
            alerting.apply(alert.subject, row, None, [Changes(alert.open(), deviation)], {alert_id: alert})
            return alerting.write()[0].alert

    def retained(self, alert_id: str) -> object:
        """What the broker retains of an alert, decoded; None if nothing."""
        payload = self.publisher.retained.get(f"{ROOT}/alert/{alert_id}")
        return None if payload is None else json.loads(payload)


def late(since: str = "00:00", severity: Severity = Severity.MAJOR, **fields: object) -> Deviation:
    """A `delayed` at stop 1; `fields` are others of the deviation."""
    given = {"stop": 1, "site": "HUB", "expected": ("REFILL",), "by": t(since)} | fields
    return Deviation(Kind.DELAYED, t(since), severity, **given)  # type: ignore[arg-type] # the tests name fields
