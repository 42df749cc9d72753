"""Figures of what is open or under way now: of the newest sample, which is a minute old at most.

A series that counts nothing any more has no points, so its last one says nothing about now. What is asked for is the
sum of each sample, and of these the newest; in each sample there is a point that counts 0, so that none is 0 and only
a gateway that does not report shows no data.
"""

from typing import Final

from dashboards.influxql import EACH_SAMPLE, INTERVAL, Select, among, call, differs, name, or_none
from dashboards.narrowing import Narrowing
from gateway.points import NONE, Field, Measurement, Tag
from gateway.points.schema import JOURNEYS, OPEN_ALERT, OPEN_ALERTS, STOCK

RECENT: Final = "10m"
"""How far back a total of now is looked for."""
LATEST: Final = "2m"
"""How far back lists of what is now are: one sample, or two."""
SILENT: Final = "No report"
"""Instead of a figure where there was no sample."""
NEVER: Final = "Nothing open"


def open_alerts(narrowed: Narrowing, *conditions: str) -> Select:
    """How many alerts are open, at each sample."""
    where = narrowed(OPEN_ALERTS, *conditions)
    return _each_sample(OPEN_ALERTS, or_none(Tag.KIND, *where))


def of_kinds(narrowed: Narrowing, kinds: tuple[str, ...]) -> Select:
    """How many alerts of these kinds are open, at each sample."""
    return open_alerts(narrowed, among(Tag.KIND, kinds))


def oldest(narrowed: Narrowing) -> Select:
    """How long the oldest alert has been open, at each sample, in seconds."""
    where = or_none(Tag.KIND, *narrowed(OPEN_ALERTS, differs(Tag.KIND, NONE)))
    return Select(OPEN_ALERTS, {"now": call("max", Field.OLDEST_S)}, (where,), every=EACH_SAMPLE)


def journeys(narrowed: Narrowing, *conditions: str) -> Select:
    """How many journeys are under way, at each sample."""
    return _each_sample(JOURNEYS, or_none(Tag.STATUS, *narrowed(JOURNEYS, *conditions)))


def stock(narrowed: Narrowing, of: str) -> Select:
    """How much waits at sites, at each sample: all of it, or what should have left."""
    where = or_none(Tag.ROUTE, *narrowed(STOCK, differs(Tag.ROUTE, NONE)))
    return Select(STOCK, {"now": call("sum", of)}, (where,), every=EACH_SAMPLE)


def through_time(samples: Select) -> Select:
    """How many there were on average in each stretch of time; in one pass, however many samples it has."""
    average = f"{call('sum', Field.COUNT)} / {call('sum', Field.SAMPLES)}"
    return Select(samples.source, {"now": average}, samples.where, every=INTERVAL)


def newest(samples: Select, by: tuple[str, ...]) -> Select:
    """The newest sample of each."""
    return Select(samples, {"now": call("last", "now")}, by=by)


def grouped(of: Measurement, by: tuple[str, ...], *where: str) -> Select:
    """Counts of each sample by tags; only of those that have them."""
    has = tuple(differs(tag, "") for tag in by)
    return Select(of, {"now": call("sum", Field.COUNT)}, (*has, *where), by=by, every=EACH_SAMPLE)


def one_by_one(narrowed: Narrowing, columns: dict[str, str], *conditions: str) -> Select:
    """The open alerts one by one, the worst first; twice, where two samples are in the time."""
    shown = {title: name(of) for title, of in columns.items()}
    return Select(OPEN_ALERT, shown, narrowed(OPEN_ALERT, *conditions))


def _each_sample(of: Measurement, *where: str) -> Select:
    return Select(of, {"now": call("sum", Field.COUNT)}, where, every=EACH_SAMPLE)
