"""The gateway itself: what it takes in, how far it is behind, what waits, what it could not accept, what serves it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from grafana_foundation_sdk.models import dashboard as model

from dashboards import open_now
from dashboards.board import Title, assembled
from dashboards.influxql import INTERVAL, Select, call
from dashboards.looks import Step, arranged, fewer_is_better, measured_in, more_is_better, serving, yes_or_no
from dashboards.narrowing import Narrowing
from dashboards.panels import (
    COUNT,
    SECONDS,
    SHARE,
    Ask,
    Panels,
    Says,
    Size,
    course,
    listing,
    number,
    rows,
    stages,
)
from gateway.points import Field, Tag
from gateway.points.schema import DEVICE, GATEWAY, QUARANTINE

TITLE: Final = Title(
    "returns-gateway",
    "Gateway",
    "Whether the gateway itself is well: events, lag, commits, outbox, quarantine, receipts, broker and database.",
    look_back="now-6h",
)
NARROWED: Final = Narrowing()
_SMALL = Size(3, 5)
_PER_S: Final = "reqps"
_MS: Final = "ms"
_UNKNOWN: Final = "Not known"


def gateway_health() -> model.Dashboard:
    """The dashboard."""
    return assembled(TITLE, NARROWED, [*_figures(), *_courses(), *_waiting(), *_instances()])


def _all_instances(function: str, field: str) -> Select:
    return Select(GATEWAY, {"now": call(function, field)}, every="1m")


class _Figure(NamedTuple):
    """A figure of all instances together. `nothing`: instead of it, where no instance tells it."""

    title: str
    description: str
    unit: str
    query: Select
    steps: tuple[Step, ...]
    nothing: str = open_now.SILENT


def _shown() -> Iterator[_Figure]:
    calm: tuple[Step, ...] = ((None, "blue"),)
    of = _all_instances
    yield _Figure(
        "Instances", "Gateways that report.", COUNT, of("count", Field.OUTBOX), more_is_better(1, 1)
    )
    events = of("sum", Field.EVENTS_PER_S)
    yield _Figure("Events", "Events accepted, a second, by all instances.", _PER_S, events, calm, _UNKNOWN)
    lag, slow = fewer_is_better(5, 60), fewer_is_better(100, 1000)
    sent = "How long ago what is taken in now was sent; the worst."
    yield _Figure("Lag", sent, SECONDS, of("max", Field.LAG_S), lag, _UNKNOWN)
    commit = "How long the newest commit took; the worst."
    yield _Figure("Commit", commit, _MS, of("max", Field.COMMIT_MS), slow, _UNKNOWN)
    waits = fewer_is_better(1000, 10_000)
    yield _Figure("Outbox", "What waits to be delivered.", COUNT, of("max", Field.OUTBOX), waits)
    old = "How old what is written to this store next is."
    behind = of("max", Field.SERIES_BEHIND_S)
    yield _Figure("Series behind", old, SECONDS, behind, fewer_is_better(120, 900))
    held = "Payloads that could not be accepted and wait for someone."
    yield _Figure("Quarantine", held, COUNT, of("max", Field.QUARANTINE), fewer_is_better(1, 100))
    bugs = "Journeys whose evaluation failed since the start: bugs, please report."
    yield _Figure("Set aside", bugs, COUNT, of("sum", Field.FAILED_JOURNEYS), fewer_is_better(1, 1))


def _figures() -> Panels:
    for each in _shown():
        says = Says(each.title, each.description, each.unit, each.nothing)
        panel = number(says, _SMALL, Ask(each.query, each.title), steps=each.steps)
        yield panel.time_from(open_now.RECENT)


def _through(field: str, function: str = "max") -> Select:
    return Select(GATEWAY, {"v": call(function, field)}, by=(Tag.INSTANCE,), every=INTERVAL)


def _courses() -> Panels:
    events = Says("Events and receipts", "Events accepted and receipts sent, a second.", _PER_S)
    lag = Says("Lag", "How long ago what is taken in was sent, and how far the series are behind.", SECONDS)
    commit = Says("Commit time", "How long commits took; the worst of each stretch of time.", _MS, _UNKNOWN)
    yield course(
        events,
        Size(8, 8),
        Ask(_through(Field.EVENTS_PER_S), "$tag_instance: events"),
        Ask(_through(Field.RECEIPTS_PER_S), "$tag_instance: receipts"),
    )
    yield course(
        lag,
        Size(8, 8),
        Ask(_through(Field.LAG_S), "$tag_instance: intake"),
        Ask(_through(Field.SERIES_BEHIND_S), "$tag_instance: series"),
    )
    yield course(commit, Size(8, 8), Ask(_through(Field.COMMIT_MS), "$tag_instance"))


def _waiting() -> Panels:
    outbox = Says("Outbox", "What waits to be delivered; it must come down by itself.")
    yield course(outbox, Size(8, 8), Ask(_through(Field.OUTBOX), "$tag_instance"))
    held = Says(
        "Quarantine by reason",
        "Payloads that wait for someone, by why they could not be accepted.",
        COUNT,
        "Empty",
    )
    by_reason = Select(QUARANTINE, {"v": call("last", Field.COUNT)}, by=(Tag.REASON,), every=INTERVAL)
    yield course(held, Size(8, 8), Ask(by_reason, "$tag_reason"))
    health = Says(
        "Broker and database",
        "Whether the broker and the state store served each instance.",
        "bool",
        _UNKNOWN,
    )
    yield serving(
        stages(
            health,
            Size(8, 8),
            Ask(_through(Field.BROKER, "min"), "$tag_instance: broker"),
            Ask(_through(Field.DATABASE, "min"), "$tag_instance: database"),
        )
    )


def _instances() -> Panels:
    table = Says("Instances", "Each gateway at its newest sample.", COUNT, open_now.SILENT)
    shown = {
        "Events/s": call("last", Field.EVENTS_PER_S),
        "Receipts/s": call("last", Field.RECEIPTS_PER_S),
        "Lag": call("last", Field.LAG_S),
        "Commit": call("last", Field.COMMIT_MS),
        "Outbox": call("last", Field.OUTBOX),
        "Behind": call("last", Field.SERIES_BEHIND_S),
        "Broker": call("last", Field.BROKER),
        "Database": call("last", Field.DATABASE),
    }
    by = {Tag.INSTANCE: "Instance"}
    newest = Select(GATEWAY, shown, by=tuple(by))
    yield (
        listing(table, Size(14, 7), rows(newest))
        .time_from(open_now.LATEST)
        .transformations([arranged({**by, **{each: each for each in shown}})])
        .override_by_name("Lag", measured_in(SECONDS))
        .override_by_name("Behind", measured_in(SECONDS))
        .override_by_name("Commit", measured_in(_MS))
        .override_by_name("Broker", yes_or_no("serves", "away"))
        .override_by_name("Database", yes_or_no("serves", "away"))
    )
    devices = Says(
        "Devices heard", "The share of the declared devices that were heard.", SHARE, open_now.SILENT
    )
    heard = Select(DEVICE, {"v": call("mean", Field.ONLINE)}, by=(Tag.KIND,), every=INTERVAL)
    yield course(devices, Size(10, 7), Ask(heard, "$tag_kind")).max(1)
