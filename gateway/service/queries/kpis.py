"""Figures of a period: how much came back, in time, how long it took, where it lay; by purpose, route or period.

They are made of milestones: what journeys told as they went, each at its own event time, those taken back left out.

- `ended`: trips that were completed or lost in the period. A trip is lost while it is `missing`.
- `recovery_rate`: completed / ended. Cancelled trips are in neither.
- `on_time_share`: of the trips ended that had a due time, those completed before it.
- `cycle_p50_s`, `cycle_p90_s`: of the trips completed, from the first sighting to the completion.
- `dwell`: of the stays that ended in the period, by site: how many, median and 90th percentile, and the share that
  was longer than its stop allows.
- `containers`: `turns` are trips that containers completed, `lost` those of which they went missing.

Percentiles are the nearest-rank kind: always a time that was measured. A share of nothing is null.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from gateway.points.schema import DWELL, JOURNEY_END
from gateway.ports.desk import DeskState, Passed
from gateway.tracking.instants import DAY, Duration, Instant, rfc3339, to_datetime
from gateway.tracking.model import is_container_key
from gateway.tracking.plan import Network

LONGEST: Final = Duration(400 * DAY)
MOST: Final = 2_000_000
"""Milestones of a period; more are told to be too many."""
_PAGE: Final = 2_000


class Group(StrEnum):
    """What figures are told apart by."""

    ALL = "all"
    PURPOSE = "purpose"
    ROUTE = "route"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Span(NamedTuple):
    """The period: with since <= at < until. Days, weeks and months within it are of UTC."""

    since: Instant
    until: Instant


@dataclass(slots=True)
class _Stays:
    lengths: list[float] = field(default_factory=list)
    over: int = 0


@dataclass(slots=True)
class _Sums:
    completed: int = 0
    lost: int = 0
    cancelled: int = 0
    on_time: int = 0
    due: int = 0
    turns: int = 0
    containers_lost: int = 0
    cycles: list[float] = field(default_factory=list)
    stays: dict[str, _Stays] = field(default_factory=dict)


class TooMuch(ValueError):
    """The period has more in it than is counted at once."""


def kpis(
    state: DeskState, network: Network, span: Span, by: Group, route: str | None = None
) -> dict[str, Any]:
    """The figures of a period, ready for JSON; of one route, if it is named. Reads page by page.

    Raises:
        TooMuch: the period is too long for what happened in it.
        Unavailable: the state store cannot be read.
    """
    groups: dict[str, _Sums] = {}
    for each in _passed(state, JOURNEY_END.name, span):
        tags: dict[str, str] = from_json(each.tags)
        if route in (None, tags.get("route")):
            sums = groups.setdefault(_group(by, tags, each.at), _Sums())
            _add_end(sums, tags, from_json(each.fields), is_container(each.subject, network))
    for each in _passed(state, DWELL.name, span):
        tags = from_json(each.tags)
        if route in (None, tags.get("route")):
            sums = groups.setdefault(_group(by, tags, each.at), _Sums())
            _add_stay(sums.stays.setdefault(tags.get("site", ""), _Stays()), from_json(each.fields))
    return {
        "since": rfc3339(span.since),
        "until": rfc3339(span.until),
        "by": by.value,
        "groups": [{"group": name, **_told(groups[name])} for name in sorted(groups)],
    }


def is_container(subject: str, network: Network) -> bool:
    """Whether a subject is a container by what is declared of it, or by its key."""
    return subject in network.containers or is_container_key(subject)


def _passed(state: DeskState, measurement: str, span: Span) -> Iterator[Passed]:
    """A reader for each page, for a long one would keep the store from tidying up."""
    since = (Instant(span.since - 1), 2**62)
    for _ in range(MOST // _PAGE):
        with state.reader() as unit:
            page: Sequence[Passed] = unit.passed(measurement, since, span.until, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        since = (page[-1].at, page[-1].seq)
    raise TooMuch("has too much in it to count at once; ask for a shorter period")


def _group(by: Group, tags: dict[str, str], at: Instant) -> str:
    match by:
        case Group.ALL:
            return "all"
        case Group.PURPOSE | Group.ROUTE:
            return tags.get(by.value, "")
        case Group.DAY:
            return f"{to_datetime(at):%Y-%m-%d}"
        case Group.WEEK:
            return f"{to_datetime(at):%G-W%V}"
        case Group.MONTH:
            return f"{to_datetime(at):%Y-%m}"


def _add_end(sums: _Sums, tags: dict[str, str], fields: dict[str, Any], container: bool) -> None:  # noqa: FBT001 # two kinds of goods
    outcome = tags.get("outcome")
    if container:
        sums.turns += outcome == "completed"
        sums.containers_lost += outcome == "lost"
        return
    sums.completed += outcome == "completed"
    sums.lost += outcome == "lost"
    sums.cancelled += outcome == "cancelled"
    if outcome == "completed" and fields.get("cycle_s") is not None:
        sums.cycles.append(float(fields["cycle_s"]))
    if outcome != "cancelled" and fields.get("on_time") is not None:
        sums.due += 1
        sums.on_time += fields["on_time"]


def _add_stay(stays: _Stays, fields: dict[str, Any]) -> None:
    if fields.get("dwell_s") is not None:
        stays.lengths.append(float(fields["dwell_s"]))
        stays.over += (fields.get("over_s") or 0) > 0


def _told(sums: _Sums) -> dict[str, Any]:
    ended = sums.completed + sums.lost
    return {
        "ended": ended,
        "completed": sums.completed,
        "lost": sums.lost,
        "cancelled": sums.cancelled,
        "recovery_rate": share(sums.completed, ended),
        "on_time_share": share(sums.on_time, sums.due),
        "cycle_p50_s": percentile(sums.cycles, 50),
        "cycle_p90_s": percentile(sums.cycles, 90),
        "containers": {"turns": sums.turns, "lost": sums.containers_lost},
        "dwell": [
            {
                "site": site,
                "stays": len(stays.lengths),
                "p50_s": percentile(stays.lengths, 50),
                "p90_s": percentile(stays.lengths, 90),
                "over_share": share(stays.over, len(stays.lengths)),
            }
            for site, stays in sorted(sums.stays.items())
        ],
    }


def share(part: int, whole: int) -> float | None:
    """A share, to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def percentile(values: Sequence[float], rank: int) -> float | None:
    """The nearest-rank percentile: the least value that so many percent are not greater than."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(len(values) * rank / 100) - 1)]
