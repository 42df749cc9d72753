"""Instants as people at a site read them: its wall clock, to the minute, with the zone's name beside it."""

from zoneinfo import ZoneInfo

from gateway.tracking.instants import DAY, instant, to_datetime
from gateway.tracking.plan import Network

_FIRST = instant("0001-01-01T00:00:00Z") + DAY
_LAST = instant("9999-12-31T00:00:00Z") - DAY
"""A day within what a datetime can say, so that every zone can say it."""


def at_site(at: int, site: str | None, network: Network) -> str:
    """`2026-11-22 18:00 CET` by the clock of the site; by UTC where it is unknown or there is none.

    An instant beyond the calendar is written as its last or first day.
    """
    known = network.sites.get(site) if site is not None else None
    zone = ZoneInfo(known.timezone if known else "UTC")
    local = to_datetime(min(max(at, _FIRST), _LAST)).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
