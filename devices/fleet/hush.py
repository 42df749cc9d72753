"""One cause, one alert: which truths are heard, and which another one speaks for (tracking.md section 4).

Works on spans of time. Containers here are not packed into one another. A site without its devices mutes nothing
here, for honest devices are always heard.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from devices.fleet.course import CRITICAL
from devices.fleet.timeline import FOREVER, Subject, Truth
from gateway.tracking.instants import Instant

SHARED: Final = ("overdwell", "delayed", "overdue", "missing", "misrouted", "backtracked", "skipped")
"""The kinds that a container says for its contents."""

Span = tuple[Instant, Instant]


class Stay(NamedTuple):
    """An item is in a container from `begins` to `ends` (not included), as is known meanwhile."""

    item: str
    container: str
    begins: Instant
    ends: Instant


def heard(truths: Iterable[Truth], stays: Sequence[Stay]) -> list[Truth]:
    """All truths, what containers take on among them, cut into spans in which they are audible or not."""
    by_subject: dict[Subject, list[Truth]] = {}
    for truth in truths:
        by_subject.setdefault(truth.subject, []).append(truth)
    inside: dict[str, list[Stay]] = {}
    for stay in stays:
        inside.setdefault(stay.container, []).append(stay)
    for container, members in inside.items():
        subject = ("container", container)
        own = by_subject.setdefault(subject, [])
        own += _taken_on(subject, own, members, by_subject)
    within: dict[str, list[Stay]] = {}
    for stay in stays:
        within.setdefault(stay.item, []).append(stay)
    return [
        part
        for subject, own in by_subject.items()
        for truth in own
        for part in _parts(truth, _silent(truth, own, within.get(subject[1], ()), by_subject))
    ]


def _taken_on(
    subject: Subject,
    own: Sequence[Truth],
    members: Sequence[Stay],
    by_subject: Mapping[Subject, Sequence[Truth]],
) -> list[Truth]:
    """Each kind that two or more of the members have at one time, where the container has it not of itself."""
    found = []
    for kind in SHARED:
        held = [
            (truth, span)
            for stay in members
            for truth in by_subject.get(("return", stay.item), ())
            if truth.kind == kind
            for span in _both([(truth.begins, truth.ends)], [(stay.begins, stay.ends)])
        ]
        spoken = [(truth.begins, truth.ends) for truth in own if truth.kind == kind]
        for span in _without(_twice([(truth.subject, span) for truth, span in held]), spoken):
            there = [truth for truth, (begins, ends) in held if begins <= span[0] < ends]
            found.append(
                Truth(
                    subject,
                    kind,
                    None,
                    min(truth.since for truth in there),
                    *span,
                    max(truth.severity for truth in there),
                )
            )
    return found


def _silent(
    truth: Truth,
    own: Sequence[Truth],
    stays: Sequence[Stay],
    by_subject: Mapping[Subject, Sequence[Truth]],
) -> list[Span]:
    """When somebody else speaks for the truth."""
    if truth.kind not in SHARED:
        return []
    spans: list[Span] = []
    follows = truth.kind in ("delayed", "overdwell")
    if follows or (truth.kind == "overdue" and truth.severity < CRITICAL):
        spans += [(each.begins, each.ends) for each in own if each.kind == "missing"]
    kinds = {truth.kind, "missing"} if follows else {truth.kind}
    for stay in stays:
        outer = [
            (each.begins, each.ends)
            for each in by_subject.get(("container", stay.container), ())
            if each.kind in kinds
        ]
        spans += _both(outer, [(stay.begins, stay.ends)])
    return spans


def _parts(truth: Truth, silent: Sequence[Span]) -> list[Truth]:
    whole = [(truth.begins, truth.ends)]
    audible = [truth._replace(begins=begins, ends=ends) for begins, ends in _without(whole, silent)]
    muted = [
        truth._replace(begins=begins, ends=ends, audible=False)
        for begins, ends in _joined(_both(whole, silent))
    ]
    return audible + muted


def _both(left: Iterable[Span], right: Sequence[Span]) -> list[Span]:
    """The time that is in a span of each."""
    met = ((max(a, c), min(b, d)) for a, b in left for c, d in right)
    return [(begins, ends) for begins, ends in met if begins < ends]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that neither overlap nor touch, in order."""
    joined: list[Span] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return joined


def _without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The time of the spans that is not in a taken one."""
    left = _joined(spans)
    for begins, ends in _joined(taken):
        left = [
            part
            for start, end in left
            for part in ((start, min(end, begins)), (max(start, ends), end))
            if part[0] < part[1]
        ]
    return left


def _twice(spans: Iterable[tuple[Subject, Span]]) -> list[Span]:
    """The time in which two or more subjects have a span."""
    by_subject: dict[Subject, list[Span]] = {}
    for subject, span in spans:
        by_subject.setdefault(subject, []).append(span)
    edges = sorted(
        edge
        for mine in by_subject.values()
        for begins, ends in _joined(mine)
        for edge in ((begins, 1), (ends, -1))
    )
    found: list[Span] = []
    count, since = 0, FOREVER
    for at, change in edges:
        if count >= 2 and at > since:
            found.append((since, at))
        count += change
        since = at
    return _joined(found)
