"""The ground truth of one journey: which deviations are true of it when, by the rules of tracking.md sections 3 and 4.

Worked out from the rules' text and not from the gateway's code, so that each checks the other: with everything
known at once, between two sightings only deadlines change what is true. Containers speaking for their contents are
`devices.fleet.hush`. Instants and durations are microseconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from devices.fleet.hours import next_open, working_end
from devices.fleet.network import Network, Route
from devices.fleet.timeline import FOREVER, Sight, Subject, Truth
from gateway.tracking.instants import Instant

_LEAVING: Final = frozenset({"departing", "shipping", "transporting"})
_PREPARING: Final = frozenset({"loading", "staging_outbound"})
MINOR, WARNING, MAJOR, CRITICAL = range(1, 5)


@dataclass
class Course:
    """One trip: its sightings in order, and other signs of life. It is judged from `begins` to `ends`.

    `begins` is the announcement, for a container its first sighting; `ends` is a cancellation, or the next trip.
    """

    subject: Subject
    route: Route
    sights: Sequence[Sight]
    begins: Instant
    announced_at: Instant | None = None
    due_at: Instant | None = None
    ends: Instant = FOREVER
    signs: Sequence[Instant] = ()


@dataclass
class _Piece:
    kind: str
    mark: int | None
    since: Instant
    severity: int


@dataclass
class _State:
    """What the sightings so far make of the route; a cursor as in the rules."""

    route: Route
    network: Network
    stop: int = -1
    arrived: dict[int, Sight] = field(default_factory=dict)
    departed: dict[int, Instant] = field(default_factory=dict)
    skipped: dict[int, Instant] = field(default_factory=dict)
    first: Sight | None = None
    newest: Sight | None = None
    at_stop: Sight | None = None
    astray: _Piece | None = None
    completed: bool = False

    def order(self, sight: Sight) -> tuple[int, bool]:
        """Where a sighting belongs among those of its instant: first those at this stop, then those ahead."""
        here = self.stop >= 0 and sight.site in self.route.stops[self.stop].sites
        return (
            -1 if here else min(self._ahead(sight), default=len(self.route.stops))
        ), sight.step in _LEAVING

    def take(self, sight: Sight) -> None:
        if self.completed:
            return
        self.first = self.first or sight
        self.newest = sight
        stops = self.route.stops
        if self.stop >= 0 and sight.site in stops[self.stop].sites:
            self._stay(sight)
        else:
            ahead = self._ahead(sight)
            if not ahead:
                self._stray(sight)
                return
            self._arrive(sight, ahead[0])
        last = stops[-1]
        self.completed = (
            self.stop == len(stops) - 1
            and (not last.steps or sight.step in last.steps)
            and (not last.unpack or sight.own)
        )

    def _ahead(self, sight: Sight) -> list[int]:
        stops = self.route.stops
        return [index for index in range(self.stop + 1, len(stops)) if sight.site in stops[index].sites]

    def _stay(self, sight: Sight) -> None:
        self.astray, self.at_stop = None, sight
        if sight.step in _LEAVING:
            self.departed[self.stop] = sight.at
        elif sight.step not in _PREPARING:
            self.departed.pop(self.stop, None)

    def _arrive(self, sight: Sight, stop: int) -> None:
        for passed in range(self.stop + 1, stop):
            if not self.route.stops[passed].optional:
                self.skipped[passed] = sight.at
        self.stop, self.astray, self.at_stop = stop, None, sight
        self.arrived[stop] = sight
        if sight.step in _LEAVING:
            self.departed[stop] = sight.at

    def _stray(self, sight: Sight) -> None:
        earlier = any(sight.site in stop.sites for stop in self.route.stops[: max(self.stop, 0)])
        kind, severity = ("backtracked", MINOR) if earlier else ("misrouted", MAJOR)
        if self.astray is None or self.astray.kind != kind:
            self.astray = _Piece(kind, None, sight.at, severity)

    def leave_by(self) -> Instant | None:
        stop = self.route.stops[self.stop]
        if stop.dwell is None:
            return None
        arrival = self.arrived[self.stop]
        if stop.working:
            return working_end(self.network.sites[arrival.site], arrival.at, stop.dwell)
        return Instant(arrival.at + stop.dwell)

    def ahead(self) -> tuple[int, Instant | None] | None:
        """The next stop that is not optional and the latest arrival there."""
        stops = self.route.stops
        if not 0 <= self.stop < len(stops) - 1 or self.at_stop is None:
            return None
        by: Instant | None
        if self.stop in self.departed:
            by = self.departed[self.stop]
        else:
            by = self.at_stop.at if stops[self.stop].dwell is None else self.leave_by()
        for index in range(self.stop + 1, len(stops)):
            stop = stops[index]
            by = None if by is None else Instant(by + (stop.transit or 0))
            if not stop.optional:
                return index, self._in_hours(index, by)
            by = None if by is None else Instant(by + (stop.dwell or 0))
        return None

    def _in_hours(self, stop: int, by: Instant | None) -> Instant | None:
        if by is None:
            return None
        openings = [next_open(self.network.sites[site], by) for site in self.route.stops[stop].sites]
        known = [each for each in openings if each is not None]
        if by in known:
            return by
        return Instant(min(known) + self.network.defaults.opening_grace) if known else None


def truths(course: Course, network: Network) -> list[Truth]:
    """The deviations of the journey, each from when it is true to when it is no more."""
    found: dict[tuple[str, int | None], list[Truth]] = {}
    for piece, begins, ends in _pieces(course, network):
        spans = found.setdefault((piece.kind, piece.mark), [])
        if spans and spans[-1].ends == begins:
            spans[-1] = spans[-1]._replace(ends=ends)
        else:
            spans.append(
                Truth(course.subject, piece.kind, piece.mark, piece.since, begins, ends, piece.severity)
            )
    return [truth for spans in found.values() for truth in spans]


def merged(found: Iterable[Truth]) -> list[Truth]:
    """Truths of one key that hold at one time made one: it has the earlier `since`."""
    joined: dict[tuple[Subject, str, object], list[Truth]] = {}
    for truth in sorted(found, key=lambda truth: truth.begins):
        spans = joined.setdefault((truth.subject, truth.kind, truth.mark), [])
        if spans and truth.begins <= spans[-1].ends:
            spans[-1] = spans[-1]._replace(ends=max(spans[-1].ends, truth.ends))
        else:
            spans.append(truth)
    return [truth for spans in joined.values() for truth in spans]


def _pieces(course: Course, network: Network) -> Iterator[tuple[_Piece, Instant, Instant]]:
    """Each deviation between two sightings, from its deadline on; pieces of one kind follow in time."""
    state = _State(course.route, network)
    edges = [*(sight.at for sight in course.sights), course.ends]
    yield from _within(_always(course, state), course.begins, min(edges[0], course.ends))
    for number, sight in enumerate(_in_order(course.sights, state)):
        state.take(sight)
        begins, ends = max(sight.at, course.begins), min(edges[number + 1], course.ends)
        if state.completed or begins >= ends:
            continue
        yield from _within([*_always(course, state), *_at_stop(state)], begins, ends)
        yield from _missing(course, state, begins, ends)


def _in_order(sights: Sequence[Sight], state: _State) -> Iterator[Sight]:
    """The sightings, those of one instant in the order of the route as it stood before that instant."""
    for _, group in groupby(sights, key=lambda sight: sight.at):
        yield from sorted(group, key=state.order)


def _within(
    pieces: Sequence[_Piece], begins: Instant, ends: Instant
) -> Iterator[tuple[_Piece, Instant, Instant]]:
    for piece in pieces:
        if piece.since < ends:
            yield piece, max(piece.since, begins), ends


def _always(course: Course, state: _State) -> list[_Piece]:
    """What holds whether or not the subject has been seen."""
    route, first = course.route, state.first
    pieces = []
    if first is None and course.announced_at is not None and route.collect_within is not None:
        since = Instant(course.announced_at + route.collect_within)
        pieces.append(_Piece("not_collected", None, since, MINOR))
    due = course.due_at
    if due is None and first is not None and route.due_within is not None:
        due = Instant(first.at + route.due_within)
    if due is not None:
        pieces.append(_Piece("overdue", None, due, CRITICAL if route.legal else MAJOR))
    return pieces


def _at_stop(state: _State) -> list[_Piece]:
    pieces = [_Piece("skipped", stop, at, MINOR) for stop, at in state.skipped.items()]
    if state.astray is not None:
        pieces.append(state.astray)
    elif state.stop >= 0 and state.stop not in state.departed:
        leave_by = state.leave_by()
        if leave_by is not None:
            pieces.append(_Piece("overdwell", state.stop, leave_by, WARNING))
    ahead = state.ahead()
    if ahead is not None and ahead[1] is not None:
        pieces.append(_Piece("delayed", ahead[0], ahead[1], MAJOR))
    return pieces


def _missing(
    course: Course, state: _State, begins: Instant, ends: Instant
) -> Iterator[tuple[_Piece, Instant, Instant]]:
    """Nothing heard for `missing_after` and past the latest arrival; each sign of life begins anew."""
    after, ahead = course.route.missing_after, state.ahead()
    if after is None or state.newest is None or (ahead is not None and ahead[1] is None):
        return
    latest = ahead[1] if ahead is not None and ahead[1] is not None else Instant(0)
    signs = [at for at in course.signs if state.newest.at < at < ends]
    heard = state.newest.at
    for sign in [*signs, ends]:
        since = max(Instant(heard + after), latest)
        if since < sign:
            yield (
                _Piece("missing", None, since, CRITICAL),
                max(since, begins, heard),
                sign,
            )
        heard = sign


def trips(subject: Subject, route: Route, sights: Sequence[Sight], network: Network) -> list[Course]:
    """A container's sightings, parted into its trips; what lies between two belongs to neither."""
    found: list[Course] = []
    rest = list(sights)
    while rest:
        state = _State(route, network)
        count = 0
        for sight in _in_order(rest, state):
            state.take(sight)
            count += 1
            if state.completed:
                break
        course = Course(subject, route, rest[:count], rest[0].at)
        found.append(course)
        rest = rest[count:] if state.completed else []
        starts = (number for number, sight in enumerate(rest) if _starts(route, sight))
        rest = rest[next(starts, len(rest)) :]
        if rest:
            course.ends = rest[0].at
    return found


def _starts(route: Route, sight: Sight) -> bool:
    if sight.site not in route.stops[0].sites:
        return False
    return sight.site not in route.stops[-1].sites or sight.step in _LEAVING or sight.step == "packing"
