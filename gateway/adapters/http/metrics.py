"""Figures for Prometheus, by its conventions: base units, `_total` for what only grows, labels from bounded sets.

No label has an id of goods, devices or people: their number has no bound.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway import __version__
from gateway.ports.desk import DeskUnit

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COUNTERS: Final = {
    "messages": "Messages taken in.",
    "accepted": "Events accepted.",
    "duplicates": "Events that were known already.",
    "quarantined": "Events put into quarantine.",
    "opened": "Alerts opened.",
    "resolved": "Alerts resolved.",
    "failed_journeys": "Journeys set aside because of a bug.",
    "units": "Transactions of the writer.",
    "connections": "Connections made to the broker.",
    "dropped_receipts": "Receipts that could not be sent; devices ask again.",
    "webhooks_refused": "Transitions of alerts that a webhook would not take.",
    "http_processor_seconds": "Processor time that the desk has used.",
}
_GAUGES: Final = {
    "backoff_s": ("backoff_seconds", "How long the writer waits for the state store; 0 while it serves."),
    "held": ("inbox_messages", "Messages in memory that the writer has not taken."),
    "online": ("broker_online", "Whether the broker is reached."),
}


class Metrics:
    """Counts requests, and renders all figures. `counts` are the writer's and the line's, by name."""

    def __init__(
        self, counts: Callable[[], Mapping[str, float]], open_alerts: Callable[[DeskUnit], int]
    ) -> None:
        self._registry = CollectorRegistry()
        self._figures = _Figures(counts, open_alerts)
        self._lock = threading.Lock()
        self._registry.register(cast("Collector", self._figures))
        self._requests = Histogram(
            "returns_http_request_seconds",
            "Time to the whole answer, streams aside.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._refused = Counter(
            "returns_http_refused",
            "Requests that were not let in, by status.",
            ("status",),
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer; `route` is the route's template."""
        self._requests.labels(method, route, f"{status // 100}xx").observe(seconds)
        if status in (401, 403, 429):
            self._refused.labels(str(status)).inc()

    def rendered(self, unit: DeskUnit) -> bytes:
        """All figures as text, as the unit has them."""
        with self._lock:
            self._figures.unit = unit
            try:
                return generate_latest(self._registry)
            finally:
                self._figures.unit = None


class _Figures:
    """Figures that are looked up when they are asked for."""

    def __init__(
        self, counts: Callable[[], Mapping[str, float]], open_alerts: Callable[[DeskUnit], int]
    ) -> None:
        self._counts = counts
        self._open_alerts = open_alerts
        self.unit: DeskUnit | None = None

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("returns_build", "What runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        counts = self._counts()
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"returns_{name}", text, value=counts.get(name, 0))
        for name, (shown, text) in _GAUGES.items():
            yield GaugeMetricFamily(f"returns_{shown}", text, value=counts[name])
        if self.unit is not None:
            yield from self._stored(self.unit)

    def _stored(self, unit: DeskUnit) -> Iterator[Metric]:
        yield GaugeMetricFamily("returns_open_alerts", "Alerts that are open.", value=self._open_alerts(unit))
        yield _by("returns_outbox_rows", "What waits to be delivered.", "lane", unit.outbox_size())
        yield _by("returns_quarantine_entries", "Entries held.", "what", _whats(unit.held_counts()))
        journeys: dict[str, float] = {}
        for each in unit.journey_counts():
            journeys[each.status.value] = journeys.get(each.status.value, 0) + each.subjects
        yield _by("returns_journeys", "Journeys under way.", "status", journeys)


def _by(name: str, text: str, label: str, values: Mapping[str, Any]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _whats(topics: Mapping[str, int]) -> Mapping[str, int]:
    """Entries by the last level of their topic, where that is one of ours: a bounded set."""
    counts: dict[str, int] = {}
    for topic, count in topics.items():
        what = topic.rpartition("/")[2]
        what = what if what in ("scan", "position", "status", "announce") else "other"
        counts[what] = counts.get(what, 0) + count
    return counts
