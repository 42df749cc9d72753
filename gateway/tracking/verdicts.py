"""What the worker hears about a scan (tracking.md section 6): a verdict per item, and where it goes next."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from gateway.tracking.assessment import Assessment
from gateway.tracking.deviations import ends_article
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import Instant
from gateway.tracking.journey import Expectation, Placement, Rule, expectation
from gateway.tracking.model import VERDICT_RANK, JourneyStatus, Kind, Verdict
from gateway.tracking.plan import Network
from gateway.tracking.trips import Trip


class Next(NamedTuple):
    """Where a subject goes next, and by when at the latest (None: no telling yet)."""

    sites: tuple[str, ...]
    by: Instant | None = None


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The scan's own verdict: the worst of its items'."""
    return max(verdicts, key=VERDICT_RANK.__getitem__, default=Verdict.OK)


def verdict(scan: OwnScan, scans: Sequence[OwnScan], assessment: Assessment) -> Verdict:
    """The verdict on one subject's scan, among all its own scans in order, by its assessment."""
    found = [Verdict.OK]
    before = scans[: bisect_left(scans, scan)]
    trip = assessment.trip
    if before:
        if (before[-1].step, before[-1].site) == (scan.step, scan.site):
            found.append(Verdict.REPEATED)
        if assessment.subject.kind == "return" and any(
            ends_article(each) and each.site != scan.site for each in before
        ):
            found.append(Verdict.ENDED)
    if trip is not None:
        found.extend(_by_trip(scan, trip))
        if any(each.kind is Kind.OVERDUE for each in assessment.deviations):
            found.append(Verdict.LATE)
    elif assessment.subject.kind == "return":
        found.append(Verdict.UNEXPECTED)
    return worst(found) if len(found) > 1 else Verdict.OK


def _by_trip(scan: OwnScan, trip: Trip) -> list[Verdict]:
    journey = trip.journey
    found: list[Verdict] = []
    placement = _placement(scan, trip)
    if trip.cancelled:
        found.append(Verdict.ENDED)
    elif journey.completed is not None and placement is None:
        after = journey.completed.key < scan.key
        if after and scan.site not in journey.route.stops[-1].sites:
            found.append(Verdict.ENDED)
    if placement is not None:
        if placement.late:
            found.append(Verdict.LATE)
        if placement.skipped:
            found.append(Verdict.SKIPPED_STOP)
        if placement.rule in _ASTRAY:
            found.append(_ASTRAY[placement.rule])
    return found


_ASTRAY = {Rule.BACKTRACKED: Verdict.BACKTRACKED, Rule.MISROUTED: Verdict.MISROUTED}


def _placement(scan: OwnScan, trip: Trip) -> Placement | None:
    for placement in reversed(trip.journey.placements):
        sighting = placement.sighting
        if sighting.id == scan.id and sighting.device == scan.device:
            return placement
    return None


def next_of(assessment: Assessment, network: Network) -> Next | None:
    """Where the subject goes next: its next non-optional stop; None where its journey has none."""
    trip = assessment.trip
    if trip is None or assessment.status in _ENDED or not trip.journey.route.stops:
        return None
    ahead = expectation(trip.journey, network)
    stops = trip.journey.route.stops
    if ahead is None and trip.journey.stop < 0:
        first = next(index for index, stop in enumerate(stops) if not stop.optional)
        ahead = Expectation(first, None)
    return Next(stops[ahead.stop].sites, ahead.by) if ahead else None


_ENDED = frozenset({JourneyStatus.COMPLETED, JourneyStatus.CANCELLED})
