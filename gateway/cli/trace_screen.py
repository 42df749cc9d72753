"""A trace on the screen: what matters first, one line for each thing that happened. Only looks, no facts."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gateway.cli.showing import STATUS_STYLE, ago, plain, severity, span, when
from gateway.service.stops import Progress, StopView
from gateway.service.trace import Trace
from gateway.service.trace_document import ended_at, outcome
from gateway.tracking.journey import Rule
from gateway.tracking.model import Origin
from gateway.tracking.plan import Network
from gateway.tracking.sightings import Sighting

_CONTENTS_SHOWN = 20
_SIGHTINGS_SHOWN = 12
_MARKS = {
    Progress.PASSED: Text("●", "green"),
    Progress.HERE: Text("◉", "bold green"),
    Progress.SKIPPED: Text("✗", "yellow"),
    Progress.NEXT: Text("▶", "bold"),
    Progress.AHEAD: Text("○", "dim"),
}


def screen(trace: Trace, network: Network) -> Iterator[RenderableType]:
    """The parts of the screen, from top to bottom."""
    yield _head(trace)
    yield from _alerts(trace)
    yield from _next(trace, network)
    yield from _stops(trace, network)
    yield from _off_route(trace)
    if not trace.stops:
        yield from _sightings(trace)
    yield from _containment(trace)
    yield from _contents(trace)
    yield from _position(trace)
    yield from _earlier(trace)


def _head(trace: Trace) -> Text:
    status = trace.status
    line = Text.assemble(plain(trace.subject.id, "bold"), f"  {trace.subject.kind}  ")
    line.append(
        status.replace("_", " ") if status else "no journey",
        STATUS_STYLE.get(status, "bold") if status else "",
    )
    trip = trace.trip
    if trip is not None:
        route = trip.journey.route
        line.append_text(
            Text.assemble("  on ", plain(route.id), f" ({route.purpose})" if route.purpose else "")
        )
        if trip.announced_at is not None:
            line.append(f"  announced {when(trip.announced_at)}")
        if trip.number > 1:
            line.append(f"  trip {trip.number}")
        if ended_at(trip) is None and trace.due_at is not None:
            late = trace.due_at <= trace.now
            line.append(f"  due {when(trace.due_at)} ({ago(trace.due_at, trace.now)})", "red" if late else "")
    return line


def _alerts(trace: Trace) -> Iterator[RenderableType]:
    for alert in trace.alerts:
        said = Text.assemble("! ", severity(alert.deviation.severity), " ", plain(alert.deviation.kind), ": ")
        yield said.append_text(plain(alert.summary))
    told = {alert.deviation.kind for alert in trace.alerts}
    for deviation in trace.deviations:
        if deviation.kind not in told:
            since = f" since {when(deviation.since)}, without an alert of its own"
            yield Text.assemble("- ", severity(deviation.severity), " ", plain(deviation.kind), since)


def _next(trace: Trace, network: Network) -> Iterator[RenderableType]:
    if trace.ahead is None:
        return
    line = Text.assemble(("next  ", "bold"), _sites(trace.ahead.sites, network))
    if trace.ahead.by is not None:
        late = trace.ahead.by <= trace.now
        line.append(f" by {when(trace.ahead.by)} ({ago(trace.ahead.by, trace.now)})", "red" if late else "")
    if trace.ahead.expected is not None:
        line.append(f", usually {when(trace.ahead.expected)}")
    yield line


def _stops(trace: Trace, network: Network) -> Iterator[RenderableType]:
    for view in trace.stops:
        line = Text.assemble(_MARKS[view.progress], " ", _sites(view.stop.sites, network))
        if view.stop.optional:
            line.append(" (optional)", "dim")
        if view.window.expected is not None:
            line.append(f"  usually {when(view.window.expected)}", "dim")
        if view.window.latest is not None:
            line.append(f"  at the latest {when(view.window.latest)}", "dim")
        yield line
        for happened in _happened(view, trace):
            yield Padding(happened, (0, 0, 0, 4), expand=False)


def _happened(view: StopView, trace: Trace) -> Iterator[Text]:
    if view.arrived is None:
        if view.progress is Progress.SKIPPED:
            yield Text("passed over", "yellow")
        elif view.late is not None:
            yield Text(f"{span(view.late)} late so far", "red")
        return
    yield _seen(view.arrived, view.arrived.step, late=view.late)
    if view.departed is not None and view.departed != view.arrived:
        yield _seen(view.departed, view.departed.step)
    if view.over is not None:
        stayed = "too long" if view.departed else "too long so far"
        yield Text(f"stayed {span(view.over)} {stayed}", "red")
    elif view.progress is Progress.HERE and view.leave_by is not None and trace.now < view.leave_by:
        yield Text(f"should leave by {when(view.leave_by)}", "dim")


def _seen(sighting: Sighting, said: str, *, late: int | None = None) -> Text:
    line = Text.assemble(f"{when(sighting.at)} ", plain(said), " ", plain(sighting.site))
    if late is not None:
        line.append(f" {span(late)} late", "red")
    return line.append_text(plain(f" by {_source(sighting)}", "dim"))


def _source(sighting: Sighting) -> str:
    """By whom it is known; a fence visit's id says which fix made it, which tells a person nothing."""
    if sighting.origin is Origin.FENCE:
        return f"the fence, {sighting.device}"
    own = f"{sighting.device}, {sighting.id}"
    return own if sighting.origin is Origin.SCAN else f"its container, {own}"


def _off_route(trace: Trace) -> Iterator[RenderableType]:
    if trace.strays:
        yield Text("off its route", "bold")
        for placement in trace.strays[-_SIGHTINGS_SHOWN:]:
            what = "back at" if placement.rule is Rule.BACKTRACKED else "not on the route:"
            yield Padding(
                _seen(placement.sighting, f"{placement.sighting.step}, {what}"), (0, 0, 0, 2), expand=False
            )


def _sightings(trace: Trace) -> Iterator[RenderableType]:
    """What was seen of something without a journey, newest last."""
    left_out = len(trace.sightings) - _SIGHTINGS_SHOWN
    yield Text("seen" if trace.sightings else "never seen", "bold")
    if left_out > 0:
        yield Text(f"  {left_out:,} sightings before", "dim")
    for sighting in trace.sightings[-_SIGHTINGS_SHOWN:]:
        yield Padding(_seen(sighting, sighting.step), (0, 0, 0, 2), expand=False)


def _containment(trace: Trace) -> Iterator[RenderableType]:
    if trace.inside:
        yield Text.assemble(("in  ", "bold"), Text(" in ").join(map(plain, trace.inside)))
    if not trace.stays:
        return
    yield Text("containers", "bold")
    for held in trace.stays:
        until = "until now" if held.until is None or held.until > trace.now else f"until {when(held.until)}"
        line = Text.assemble("  ", plain(held.stay.container), f" from {when(held.stay.since[0])} {until}")
        if held.short is not None:
            line.append(f", found short at {held.short.site}", "red")
        yield line


def _contents(trace: Trace) -> Iterator[RenderableType]:
    if not trace.contents:
        return
    shown = Text(", ").join(plain(row.id) for row in trace.contents[:_CONTENTS_SHOWN])
    more = len(trace.contents) - _CONTENTS_SHOWN
    yield Text.assemble(
        (f"holds {len(trace.contents):,}  ", "bold"), shown, f" and {more:,} more" if more > 0 else ""
    )


def _position(trace: Trace) -> Iterator[RenderableType]:
    place = trace.position
    if place is not None:
        at = f"{place.lat:.5f}, {place.lon:.5f} at {when(place.at)} ({ago(place.at, trace.now)})"
        line = Text.assemble(("position  ", "bold"), at, " within the fence of " if place.site else "")
        yield line.append_text(plain(place.site or ""))


def _earlier(trace: Trace) -> Iterator[RenderableType]:
    if trace.earlier:
        yield Text("earlier trips", "bold")
    for trip in reversed(trace.earlier):
        ended = ended_at(trip)
        began = trip.announced_at if trip.announced_at is not None else trip.begin
        line = Text.assemble(f"  {trip.number}  ", plain(trip.journey.route.id), f"  {outcome(trip)}")
        line.append(f" {when(ended)}" if ended is not None else "")
        yield line.append(f", begun {when(began)}" if began is not None else "")


def _sites(sites: Iterable[str], network: Network) -> Text:
    named = []
    for site in sites:
        known = network.sites.get(site)
        text = plain(site)
        named.append(text.append_text(plain(f" ({known.name})", "dim")) if known and known.name else text)
    return Text(" or ").join(named)
