"""The ways in which a return or container differs from its plan (tracking.md section 4).

`Findings` collects what is true at `now` and the nearest deadline after it. Where the table says "now ≥" there is a
deadline; all else is true as soon as it is known, be its event dated in the future. Devices and sites, which go by the
gateway's own clock, are in `devices`.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from gateway.tracking.containment import held
from gateway.tracking.evidence import Moment, OwnScan, Unpacking
from gateway.tracking.fences import distance_m
from gateway.tracking.instants import HOUR, Instant
from gateway.tracking.journey import Expectation, Journey, dwell_deadline, expectation
from gateway.tracking.model import ENDING_DISPOSITIONS, Kind, Severity
from gateway.tracking.plan import Network
from gateway.tracking.receipts import end_of, recent
from gateway.tracking.sightings import Seen, newest_position
from gateway.tracking.trips import Trip
from gateway.tracking.windows import BEGINNING


class Deviation(NamedTuple):
    """A difference that is true now. `stop` or `sensor` tell apart several of a kind; `expected` are sites."""

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


class Findings:
    """What is true of one subject at `now`, and the next instant at which time alone can change it.

    A deviation is only made once its deadline has passed: of nearly every subject nothing is true.
    """

    __slots__ = ("_ahead", "_now", "_true")

    def __init__(self, now: Instant) -> None:
        self._now = now
        self._ahead: Instant | None = None
        self._true: dict[tuple[Kind, int | str | None], Deviation] = {}

    def due(self, deadline: Instant) -> bool:
        """Whether a deadline has passed; one that has not is remembered."""
        if deadline <= self._now:
            return True
        if self._ahead is None or deadline < self._ahead:
            self._ahead = deadline
        return False

    def add(self, deviation: Deviation) -> None:
        """A deviation that is true now; of one key the earliest counts."""
        known = self._true.get(deviation.key)
        if known is None or deviation.since < known.since:
            self._true[deviation.key] = deviation

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """What is true."""
        return tuple(self._true.values()) if self._true else ()

    @property
    def ahead(self) -> Instant | None:
        """The nearest deadline after `now`; None where there is none."""
        return self._ahead


def of_trip(subject: str, trip: Trip, seen: Seen, moment: Moment, found: Findings) -> None:
    """The deviations of a journey: not_collected, overdwell, delayed, overdue, missing, off plan, skipped."""
    journey, network = trip.journey, moment.network
    if trip.cancelled_at is not None or journey.completed is not None or not journey.route.stops:
        return
    if not journey.placements:
        _not_collected(trip, found)
    _overdue(trip, found)
    if seen.stays:
        _short(trip, seen, network, found)
    newest = journey.newest
    if newest is None:
        return
    ahead = expectation(journey, network)
    _at_stop(journey, network, found)
    if ahead is not None and ahead.by is not None and found.due(ahead.by):
        expected = journey.route.stops[ahead.stop].sites
        found.add(
            Deviation(
                Kind.DELAYED, ahead.by, Severity.MAJOR, ahead.stop, None, newest.site, expected, ahead.by
            )
        )
    _missing(subject, journey, seen, moment, found)
    _strayed(journey, ahead, found)


def _not_collected(trip: Trip, found: Findings) -> None:
    route = trip.journey.route
    if trip.announced_at is not None and route.collect_within is not None:
        due = Instant(trip.announced_at + route.collect_within)
        if found.due(due):
            found.add(
                Deviation(Kind.NOT_COLLECTED, due, Severity.MINOR, expected=route.stops[0].sites, by=due)
            )


def _overdue(trip: Trip, found: Findings) -> None:
    route, first = trip.journey.route, trip.journey.first
    due = trip.due_at
    if due is None and first is not None and route.due_within is not None:
        due = Instant(first.at + route.due_within)
    if due is not None and found.due(due):
        severity = Severity.CRITICAL if route.due_kind == "legal" else Severity.MAJOR
        found.add(Deviation(Kind.OVERDUE, due, severity, expected=route.stops[-1].sites, by=due))


def _short(trip: Trip, seen: Seen, network: Network, found: Findings) -> None:
    for stay in seen.stays:
        short = stay.short
        if short is not None and (trip.begin is None or short.begin[0] >= trip.begin):
            _add_short(short, network, found)


def _add_short(short: Unpacking, network: Network, found: Findings) -> None:
    end = end_of(short, network)
    if found.due(end):
        found.add(Deviation(Kind.MISSING, end, Severity.CRITICAL, site=short.site, items=(short.container,)))


def _at_stop(journey: Journey, network: Network, found: Findings) -> None:
    stop = journey.stop
    if stop < 0 or journey.off_plan is not None or stop in journey.departed:
        return
    leave = dwell_deadline(journey, network)
    if leave is not None and found.due(leave):
        site = journey.arrived[stop].site
        found.add(Deviation(Kind.OVERDWELL, leave, Severity.WARNING, stop=stop, site=site, by=leave))


def _missing(subject: str, journey: Journey, seen: Seen, moment: Moment, found: Findings) -> None:
    """When nothing has been heard for long, but not before the latest arrival."""
    route, newest = journey.route, journey.placements[-1].sighting
    ahead = expectation(journey, moment.network)
    if route.missing_after is None or (ahead is not None and ahead.by is None):
        return
    position = newest_position(subject, seen, moment, newest.at)
    gone = Instant((newest.at if position is None else position) + route.missing_after)
    if ahead is not None and ahead.by is not None and ahead.by > gone:
        gone = ahead.by
    if found.due(gone):
        expected = route.stops[ahead.stop].sites if ahead else ()
        found.add(
            Deviation(Kind.MISSING, gone, Severity.CRITICAL, site=newest.site, expected=expected, by=gone)
        )


def _strayed(journey: Journey, ahead: Expectation | None, found: Findings) -> None:
    """Being off plan, and having passed over stops: true as soon as it is known."""
    stops = journey.route.stops
    if journey.off_plan is not None:
        kind, since, site = journey.off_plan
        severity = Severity.MAJOR if kind is Kind.MISROUTED else Severity.MINOR
        expected = stops[ahead.stop if ahead else max(journey.stop, 0)].sites
        found.add(Deviation(kind, since, severity, site=site, expected=expected))
    for stop, at in journey.skipped.items():
        found.add(Deviation(Kind.SKIPPED, at, Severity.MINOR, stop=stop, expected=stops[stop].sites))


def of_return(scans: Sequence[OwnScan], network: Network, found: Findings, *, announced: bool) -> None:
    """The deviations of a return that need no route: unexpected, seen_after_end, impossible_travel."""
    if not scans:
        return
    newest = scans[-1]
    if not announced:
        begins = Instant(scans[0].at + network.defaults.announce_grace)
        ends = Instant(newest.at + network.defaults.forget_after)
        if found.due(begins) and not found.due(ends):
            found.add(Deviation(Kind.UNEXPECTED, scans[0].at, Severity.WARNING, site=newest.site))
    if len(scans) > 1:
        ghost = seen_after_end(scans)
        if ghost is not None:
            found.add(Deviation(Kind.SEEN_AFTER_END, ghost.at, Severity.MAJOR, site=ghost.site))
        if scans[-2].site != newest.site and _impossible(scans[-2], newest, network):
            found.add(Deviation(Kind.IMPOSSIBLE_TRAVEL, newest.at, Severity.WARNING, site=newest.site))


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


def of_container(container: str, moment: Moment, found: Findings) -> None:
    """The deviations of a container that need no route: count_mismatch, excursion."""
    _count_mismatch(container, moment, found)
    evidence = moment.evidence
    inspected = next(
        (scan.at for scan in reversed(evidence.scans(container)) if scan.step == "inspecting"), BEGINNING
    )
    for sensor in moment.network.limits_of(container):
        since = evidence.first_excursion(container, sensor, inspected)
        if since is not None:
            found.add(Deviation(Kind.EXCURSION, since, Severity.MAJOR, sensor=sensor))


def short_container(seen: Seen, network: Network, found: Findings) -> None:
    """`missing` of a container that has no journey: only that its own container was unpacked without it."""
    for stay in seen.stays:
        if stay.short is not None:
            _add_short(stay.short, network, found)


def _count_mismatch(container: str, moment: Moment, found: Findings) -> None:
    evidence = moment.evidence
    unpackings = recent(evidence.unpackings(container), moment.network, moment.now)
    ended = [(end, each) for end, each in unpackings if found.due(end)]
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
        found.add(Deviation(Kind.COUNT_MISMATCH, end, Severity.MAJOR, site=latest.site, items=tuple(items)))
