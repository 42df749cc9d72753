"""The ways in which a return or container differs from its plan (tracking.md section 4).

Evaluation yields `Condition`s: facts with the span of time in which they hold. What is true at `now` is then a
look at the clock, and the next instant at which anything can change is the nearest end of a span. Devices and
sites, which go by the gateway's own clock, are in `devices`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from gateway.tracking.containment import held
from gateway.tracking.evidence import Moment, OwnScan, Unpacking
from gateway.tracking.fences import distance_m
from gateway.tracking.instants import HOUR, Instant
from gateway.tracking.journey import dwell_deadline, expectation
from gateway.tracking.model import ENDING_DISPOSITIONS, Kind, Severity
from gateway.tracking.plan import Network
from gateway.tracking.receipts import end_of, recent
from gateway.tracking.sightings import Seen, Sighting, newest_position
from gateway.tracking.trips import Trip


class Deviation(NamedTuple):
    """A condition that holds now. `stop` or `sensor` tell apart several of a kind; `expected` are sites."""

    kind: Kind
    since: Instant
    severity: Severity
    stop: int | None = None
    sensor: str | None = None
    site: str | None = None
    expected: tuple[str, ...] = ()
    by: Instant | None = None
    items: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Kind, int | str | None]:
        """What tells the deviations of one subject apart."""
        return (self.kind, self.sensor if self.stop is None else self.stop)


class Condition(NamedTuple):
    """A deviation and when it holds: from `begins` (included) to `ends` (excluded; None: no end)."""

    deviation: Deviation
    begins: Instant
    ends: Instant | None = None


def true_at(conditions: Iterable[Condition], now: Instant) -> list[Deviation]:
    """The deviations that hold at `now`; of one key the earliest."""
    found: dict[tuple[Kind, int | str | None], Deviation] = {}
    for deviation, begins, ends in conditions:
        if begins <= now and (ends is None or now < ends):
            known = found.get(deviation.key)
            if known is None or deviation.since < known.since:
                found[deviation.key] = deviation
    return list(found.values())


def next_change(conditions: Iterable[Condition], now: Instant) -> Instant | None:
    """The first instant after `now` at which a condition begins or ends."""
    ahead = [
        edge
        for condition in conditions
        for edge in (condition.begins, condition.ends)
        if edge is not None and edge > now
    ]
    return min(ahead, default=None)


def _deadline(deviation: Deviation) -> Condition:
    return Condition(deviation, deviation.since)


def of_trip(subject: str, trip: Trip, seen: Seen, moment: Moment) -> Iterator[Condition]:
    """The conditions of a journey: not_collected, overdwell, delayed, overdue, missing, off plan, skipped."""
    journey = trip.journey
    route = journey.route
    if trip.cancelled or journey.completed is not None or not route.stops:
        return
    first, newest = journey.first, journey.newest
    if first is None and trip.announced_at is not None and route.collect_within is not None:
        due = Instant(trip.announced_at + route.collect_within)
        yield _deadline(
            Deviation(Kind.NOT_COLLECTED, due, Severity.MINOR, expected=route.stops[0].sites, by=due)
        )
    yield from _overdue(trip)
    yield from _short(trip, seen, moment.network)
    if newest is None:
        return
    yield from _at_stop(trip, moment.network)
    yield from _delayed(trip, newest, moment.network)
    yield from _missing(subject, trip, newest, seen, moment)
    if journey.off_plan is not None:
        kind, since, site = journey.off_plan
        severity = Severity.MAJOR if kind is Kind.MISROUTED else Severity.MINOR
        ahead = expectation(journey, moment.network)
        expected = route.stops[ahead.stop if ahead else max(journey.stop, 0)].sites
        yield _deadline(Deviation(kind, since, severity, site=site, expected=expected))
    for stop, at in journey.skipped.items():
        yield _deadline(
            Deviation(Kind.SKIPPED, at, Severity.MINOR, stop=stop, expected=route.stops[stop].sites)
        )


def _overdue(trip: Trip) -> Iterator[Condition]:
    route, first = trip.journey.route, trip.journey.first
    due = trip.due_at
    if due is None and first is not None and route.due_within is not None:
        due = Instant(first.at + route.due_within)
    if due is not None:
        severity = Severity.CRITICAL if route.due_kind == "legal" else Severity.MAJOR
        yield _deadline(Deviation(Kind.OVERDUE, due, severity, expected=route.stops[-1].sites, by=due))


def _short(trip: Trip, seen: Seen, network: Network) -> Iterator[Condition]:
    for stay in seen.stays:
        short = stay.short
        if short is not None and (trip.begin is None or short.begin[0] >= trip.begin):
            yield _deadline(_found_short(short, network))


def _found_short(short: Unpacking, network: Network) -> Deviation:
    return Deviation(
        Kind.MISSING, end_of(short, network), Severity.CRITICAL, site=short.site, items=(short.container,)
    )


def _at_stop(trip: Trip, network: Network) -> Iterator[Condition]:
    journey = trip.journey
    if journey.stop < 0 or journey.off_plan is not None or journey.stop in journey.departed:
        return
    leave = dwell_deadline(journey, network)
    if leave is not None:
        site = journey.arrived[journey.stop].site
        yield _deadline(
            Deviation(Kind.OVERDWELL, leave, Severity.WARNING, stop=journey.stop, site=site, by=leave)
        )


def _delayed(trip: Trip, newest: Sighting, network: Network) -> Iterator[Condition]:
    ahead = expectation(trip.journey, network)
    if ahead is not None and ahead.by is not None:
        yield _deadline(
            Deviation(
                Kind.DELAYED,
                ahead.by,
                Severity.MAJOR,
                stop=ahead.stop,
                site=newest.site,
                expected=trip.journey.route.stops[ahead.stop].sites,
                by=ahead.by,
            )
        )


def _missing(subject: str, trip: Trip, newest: Sighting, seen: Seen, moment: Moment) -> Iterator[Condition]:
    """When nothing has been heard for long, but not before the latest arrival."""
    journey = trip.journey
    ahead = expectation(journey, moment.network)
    if journey.route.missing_after is None or (ahead is not None and ahead.by is None):
        return
    position = newest_position(subject, seen, moment, newest.at)
    gone = Instant((newest.at if position is None else position) + journey.route.missing_after)
    if ahead is not None and ahead.by is not None:
        gone = max(gone, ahead.by)
    expected = journey.route.stops[ahead.stop].sites if ahead else ()
    yield _deadline(
        Deviation(Kind.MISSING, gone, Severity.CRITICAL, site=newest.site, expected=expected, by=gone)
    )


def of_return(scans: Sequence[OwnScan], *, announced: bool, network: Network) -> Iterator[Condition]:
    """The conditions of a return that need no route: unexpected, seen_after_end, impossible_travel."""
    if not scans:
        return
    if not announced:
        begins = Instant(scans[0].at + network.defaults.announce_grace)
        ends = Instant(scans[-1].at + network.defaults.forget_after)
        yield Condition(
            Deviation(Kind.UNEXPECTED, scans[0].at, Severity.WARNING, site=scans[-1].site), begins, ends
        )
    ghost = seen_after_end(scans)
    if ghost is not None:
        yield _deadline(Deviation(Kind.SEEN_AFTER_END, ghost.at, Severity.MAJOR, site=ghost.site))
    if len(scans) > 1 and _impossible(scans[-2], scans[-1], network):
        yield _deadline(
            Deviation(Kind.IMPOSSIBLE_TRAVEL, scans[-1].at, Severity.WARNING, site=scans[-1].site)
        )


def ends_article(scan: OwnScan) -> bool:
    """Whether a scan says that the article is no more."""
    return scan.step == "destroying" or scan.disposition in ENDING_DISPOSITIONS


def seen_after_end(scans: Iterable[OwnScan]) -> OwnScan | None:
    """The first scan at another site than an earlier one that destroyed or disposed of the article."""
    ended_at: set[str] = set()
    for scan in scans:
        if ended_at and (len(ended_at) > 1 or scan.site not in ended_at):
            return scan
        if ends_article(scan):
            ended_at.add(scan.site)
    return None


def _impossible(before: OwnScan, after: OwnScan, network: Network) -> bool:
    here, there = network.sites[before.site], network.sites[after.site]
    km = distance_m(here.lat, here.lon, there.lat, there.lon) / 1000
    if km <= _NEAR_KM:
        return False
    elapsed = after.at - before.at
    return elapsed <= 0 or km / (elapsed / HOUR) > network.defaults.max_speed_kmh


_NEAR_KM = 10.0
_BEGINNING = Instant(-(2**62))


def of_container(container: str, moment: Moment) -> Iterator[Condition]:
    """The conditions of a container that need no route: count_mismatch, excursion."""
    yield from _count_mismatch(container, moment)
    evidence = moment.evidence
    inspected = next(
        (scan.at for scan in reversed(evidence.scans(container)) if scan.step == "inspecting"), _BEGINNING
    )
    for sensor in moment.network.limits_of(container):
        since = evidence.first_excursion(container, sensor, inspected)
        if since is not None:
            yield _deadline(Deviation(Kind.EXCURSION, since, Severity.MAJOR, sensor=sensor))


def short_container(seen: Seen, network: Network) -> Iterator[Condition]:
    """`missing` of a container that has no journey: only that its own container was unpacked without it."""
    for stay in seen.stays:
        if stay.short is not None:
            yield _deadline(_found_short(stay.short, network))


def _count_mismatch(container: str, moment: Moment) -> Iterator[Condition]:
    evidence = moment.evidence
    unpackings = recent(evidence.unpackings(container), moment.network, moment.now)
    ended = [(end, each) for end, each in unpackings if end <= moment.now]
    if not ended:
        return
    end, latest = ended[-1]
    last = latest.all_out or latest.scans[-1]
    later = takewhile(lambda scan: scan.key > last, reversed(evidence.scans(container)))
    if any(scan.step == "packing" and scan.container == container for scan in later):
        return
    packed = dict.fromkeys(stay.item for stay in evidence.contents(container, latest.begin[0]))
    short = [item for item in packed if any(stay.short == latest for stay in held(item, moment))]
    items = (*short, *(over.item for over in latest.over))
    if items:
        yield _deadline(
            Deviation(Kind.COUNT_MISMATCH, end, Severity.MAJOR, site=latest.site, items=tuple(items))
        )


def unpackings_ahead(container: str, moment: Moment) -> list[Instant]:
    """When the unpackings of a container that are under way now end."""
    unpackings = recent(moment.evidence.unpackings(container), moment.network, moment.now)
    return [end for end, _ in unpackings if end > moment.now]
