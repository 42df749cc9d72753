"""Where a subject was seen: its own scans, its fence visits, and what it inherits from the container it is in."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.tracking.containment import Held, held
from gateway.tracking.evidence import Moment, OwnScan, Visit
from gateway.tracking.instants import Instant
from gateway.tracking.model import LEAVING, Key, Origin
from gateway.tracking.windows import ALWAYS, Window, between, both, holds


class Sighting(NamedTuple):
    """Evidence that a subject was at a site at an instant. `blind`: by a blind all out of its container."""

    at: Instant
    id: str
    device: str
    site: str
    step: str
    origin: Origin
    blind: bool = False

    @property
    def key(self) -> Key:
        return (self.at, self.id, self.device)

    @property
    def leaving(self) -> bool:
        return self.step in LEAVING


class Seen(NamedTuple):
    """All sightings of a subject, in the order of events, and its stays as judged."""

    sightings: Sequence[Sighting]
    stays: Sequence[Held]


def seen(subject: str, moment: Moment) -> Seen:
    """The sightings of a return or container, at most one per event, an own one before an inherited."""
    evidence = moment.evidence
    own = [_of_scan(scan, Origin.SCAN) for scan in evidence.scans(subject)]
    if evidence.is_container(subject):
        own = sorted([*own, *(_of_visit(visit, Origin.FENCE) for visit in evidence.visits(subject))])
    if not evidence.stays(subject):
        return Seen(own, ())
    stays = held(subject, moment)
    found = {(sighting.id, sighting.device): sighting for sighting in own}
    for stay in stays:
        for sighting in _inherited(stay, moment, ALWAYS):
            found.setdefault((sighting.id, sighting.device), sighting)
    return Seen(sorted(found.values()), stays)


def newest_position(subject: str, known: Seen, moment: Moment, later_than: Instant) -> Instant | None:
    """The newest position later than `later_than` of the subject and, while packed, of its containers; or None."""
    found = [_newest_inside(stay, moment, (later_than, None)) for stay in known.stays]
    if moment.evidence.is_container(subject):
        found.append(moment.evidence.newest_position(subject, later_than, None))
    later = [at for at in found if at is not None and at > later_than]
    return max(later, default=None)


def _of_scan(scan: OwnScan, origin: Origin) -> Sighting:
    return Sighting(scan.at, scan.id, scan.device, scan.site, scan.step, origin)


def _of_visit(visit: Visit, origin: Origin) -> Sighting:
    return Sighting(visit.at, visit.id, visit.device, visit.site, visit.step, origin)


class _PassedOn(NamedTuple):
    """A container's own sightings within a window, as its contents inherit them."""

    window: Window
    sightings: Sequence[Sighting]


def _passed_on(container: str, moment: Moment, window: Window) -> Sequence[Sighting]:
    """A container's own sightings within the window, as its contents inherit them.

    They are made once for all that are in it together; of a past that may be long only as much as they ask for.
    """
    known: _PassedOn | None = moment.worked_out.get(("passed on", container))
    if known is None or not holds(known.window, window):
        known = _pass_on(container, moment, window if known is None else both(known.window, window))
        moment.worked_out["passed on", container] = known
    return known.sightings[between(known.sightings, window)]


def _pass_on(container: str, moment: Moment, window: Window) -> _PassedOn:
    recorded = moment.evidence.recorded(container, window)
    visits = moment.evidence.visits(container)
    found = [_of_scan(scan, Origin.CONTAINER) for scan in recorded.scans]
    found += [_of_visit(visit, Origin.CONTAINER) for visit in visits[between(visits, recorded.window)]]
    found.sort()
    return _PassedOn(recorded.window, found)


def _inherited(stay: Held, moment: Moment, window: Window) -> Iterator[Sighting]:
    """What the container of a stay passes on within the window: its own sightings and those it inherits itself."""
    inside = _overlap(stay, window)
    if inside is not None:
        container = stay.stay.container
        yield from _passed_on(container, moment, inside)
        for outer in held(container, moment):
            for sighting in _inherited(outer, moment, inside):
                yield sighting._replace(blind=False)
    leaving, site = stay.stay.until, stay.stay.blind_site
    if site is not None and leaving is not None and stay.until == leaving[0]:
        at, id_, device = leaving
        since, before = window
        if since <= at and (before is None or at < before):
            yield Sighting(at, id_, device, site, "unpacking", Origin.CONTAINER, blind=True)


def _newest_inside(stay: Held, moment: Moment, window: Window) -> Instant | None:
    inside = _overlap(stay, window)
    if inside is None:
        return None
    found = [_newest_inside(outer, moment, inside) for outer in held(stay.stay.container, moment)]
    found.append(moment.evidence.newest_position(stay.stay.container, *inside))
    return max((at for at in found if at is not None), default=None)


def _overlap(stay: Held, window: Window) -> Window | None:
    since = max(stay.stay.since[0], window[0])
    before = (
        window[1] if stay.until is None else stay.until if window[1] is None else min(stay.until, window[1])
    )
    return (since, before) if before is None or since < before else None
