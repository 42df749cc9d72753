"""The figures of a period; counted at most once a minute, for many look at the same ones."""

import threading
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.answers import answer
from gateway.adapters.http.desk import Desk
from gateway.adapters.http.models.told import Time, Told, Zones
from gateway.adapters.http.problems import wrong_field
from gateway.adapters.http.resources.asked import Id, checked, unchanged
from gateway.service.queries.kpis import LONGEST, Group, Span, TooMuch
from gateway.service.queries.kpis import kpis as counted
from gateway.service.queries.zones import zones
from gateway.tracking.instants import DAY, MINUTE, Instant, instant

_DEFAULT: Final = 30 * DAY
_KEPT_S: Final = 60.0
_MOST_KEPT: Final = 32


class KpisAsked(BaseModel):
    """The period, in whole minutes; the last thirty days, if none is given."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[str | None, Field(max_length=64, description="RFC 3339.")] = None
    until: Annotated[str | None, Field(max_length=64, description="RFC 3339, not included.")] = None
    by: Group = Group.ALL
    route: Id | None = None


class ContainerFigures(Told):
    turns: int
    lost: int


class DwellFigures(Told):
    site: str
    stays: int
    p50_s: float | None
    p90_s: float | None
    over_share: float | None


class Figures(Told):
    """The figures of one group; how each is defined is in the documentation."""

    group: str
    ended: int
    completed: int
    lost: int
    cancelled: int
    recovery_rate: float | None
    on_time_share: float | None
    cycle_p50_s: float | None
    cycle_p90_s: float | None
    containers: ContainerFigures
    dwell: list[DwellFigures]


class Kpis(Told):
    since: Time
    until: Time
    by: Group
    groups: list[Figures]
    zones: Zones


def add(router: APIRouter, desk: Desk) -> None:
    """`kpis`."""
    lock = threading.Lock()
    kept: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = {}

    @router.get("/api/v1/kpis", response_model=Kpis, responses=unchanged(), tags=["kpis"])
    def kpis(request: Request, asked: Annotated[KpisAsked, Query()]) -> Response:
        """Tell the figures of a period: what came back, in time, how fast, where it lay."""
        span = span_of(asked.since, asked.until, desk.now())
        key = (*span, asked.by, asked.route)
        with lock:  # the same question twice at once is counted once
            known = kept.get(key)
            if known is None or time.monotonic() - known[0] > _KEPT_S:
                told = _counted(desk, span, asked)
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                known = kept[key] = (time.monotonic(), told)
        return answer(request, known[1])


def _counted(desk: Desk, span: Span, asked: KpisAsked) -> dict[str, Any]:
    network = desk.network
    try:
        told = counted(desk.state, network, span, asked.by, asked.route)
    except TooMuch as wrong:
        raise wrong_field("query", "since", str(wrong)) from None
    return {**told, "zones": zones(told, network)}


def span_of(since: str | None, until: str | None, now: Instant) -> Span:
    """The period that is asked for, cut to minutes.

    Raises:
        Problem: it is none, or too long.
    """
    end: Instant = now if until is None else checked("until", "query", lambda: instant(until))
    end = Instant(end - end % MINUTE + (MINUTE if until is None else 0))
    begin: Instant = (
        Instant(end - _DEFAULT) if since is None else checked("since", "query", lambda: instant(since))
    )
    begin = Instant(begin - begin % MINUTE)
    if not begin < end <= begin + LONGEST:
        raise wrong_field("query", "since", f"is to be before until, by at most {LONGEST // DAY} days")
    return Span(begin, end)
