"""The rules within a route: which stops have a leg that leads to them, and which may be left out.

Whether the sites of its stops exist is for `references`.
"""

from collections.abc import Iterator

from gateway.network.checked import Checked
from gateway.network.faults import Finding
from gateway.network.schema import RouteEntry


def check(checked: Checked) -> Iterator[Finding]:
    """Every stop with too much or too little for its place in the route."""
    for index, route in checked.routes.entries:
        for number, message, key in _wrong(route):
            yield Finding(("routes", index, "stops", number, *key), message)


def _wrong(route: RouteEntry) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    last = len(route.stops) - 1
    if route.stops[last].optional:
        yield last, "the last stop cannot be optional; the journey ends there", ("optional",)
    for number, stop in enumerate(route.stops):
        if number == 0 and stop.transit is not None:
            yield (
                number,
                "no leg leads to the first stop; move the transit to the stop after it",
                ("transit",),
            )
        if number > 0 and stop.transit is None:
            message = "is missing; every stop but the first needs one, such as transit: {max: 24h}"
            yield number, message, ("transit",)
