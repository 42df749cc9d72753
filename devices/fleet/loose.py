"""Returns that travel by themselves, each scanned at every stop: one story each, most of them fine."""

from collections.abc import Callable, Mapping
from typing import Final

from devices.fleet.course import MAJOR, WARNING
from devices.fleet.network import Route
from devices.fleet.notebook import Notebook
from devices.fleet.timeline import FOREVER, Sight, Truth
from devices.fleet.walks import Mishap, possible, walk
from gateway.tracking.instants import DAY, HOUR, Instant

_MISHAPS: Final = {
    Mishap.LATE: 5, Mishap.STUCK: 3, Mishap.LOST: 4, Mishap.ASTRAY: 3, Mishap.ASTRAY_FOR_GOOD: 2,
    Mishap.BACK: 2, Mishap.SKIPS: 2,
}  # fmt: skip
"""How often each goes wrong among those that go wrong on the way."""


def tell(notebook: Notebook, route: Route, at: Instant, *, trouble: float) -> None:
    """The story of one return that is promised at `at`; it goes wrong with the probability `trouble`."""
    item = notebook.name("SN")
    if notebook.chance.random() >= trouble:
        _travel(notebook, route, item, at, Mishap.NONE)
        return
    if notebook.chance.random() < 0.3:
        story = notebook.chance.choice(sorted(_ODD))
        notebook.stories[item] = story
        _ODD[story](notebook, route, item, at)
        return
    mishap = notebook.chance.choices(list(_MISHAPS), list(_MISHAPS.values()))[0]
    _travel(notebook, route, item, at, possible(route, notebook.chance.choice, mishap))


def _travel(notebook: Notebook, route: Route, item: str, at: Instant, mishap: Mishap) -> list[Sight]:
    """Promised, handed in, and on its way."""
    notebook.stories.setdefault(item, mishap.value)
    within = route.collect_within or 2 * DAY
    handed_in = Instant(at + notebook.draw(3 * HOUR, max(within * 0.5, 4 * HOUR)))
    due_at = None
    if route.due_within is not None and notebook.chance.random() < 0.2:
        due_at = Instant(handed_in + route.due_within)
    notebook.announce(item, route, at, due_at)
    return _record(notebook, item, walk(notebook, route, handed_in, mishap, "collecting"))


def _record(notebook: Notebook, item: str, sights: list[Sight]) -> list[Sight]:
    for sight in sights:
        if sight.step == "destroying":
            notebook.scan(sight, [item], disposition="destroyed")
        else:
            notebook.scan(sight, [item])
    return sights


def _never_handed_in(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    notebook.announce(item, route, at)


def _handed_in_late(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    notebook.announce(item, route, at)
    late = Instant(at + (route.collect_within or 2 * DAY) + notebook.draw(5 * HOUR, 30 * HOUR))
    _record(notebook, item, walk(notebook, route, late, Mishap.NONE, "collecting"))


def _called_off(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    notebook.announce(item, route, at)
    within = route.collect_within or 2 * DAY
    notebook.cancel(item, Instant(at + notebook.draw(HOUR, within * 1.5)))


def _promised_late(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    """Handed in before the ERP knew of it; or never promised at all."""
    sights = _record(notebook, item, walk(notebook, route, at, Mishap.NONE, "collecting"))
    said = FOREVER
    if notebook.chance.random() < 0.5:
        said = Instant(sights[0].at + notebook.draw(3 * HOUR, 20 * HOUR))
        notebook.announce(item, route, said)
    first = sights[0].at
    begins = Instant(first + notebook.network.defaults.announce_grace)
    subject = ("return", item)
    if first < notebook.until and begins < said:
        notebook.truths.append(Truth(subject, "unexpected", None, first, begins, said, WARNING))


def _ghost(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    """Destroyed, and scanned somewhere else days later: its label lives on."""
    sights = _travel(notebook, route, item, at, Mishap.NONE)
    if sights[-1].step != "destroying":
        notebook.stories[item] = Mishap.NONE.value
        return
    site = notebook.chance.choice(route.stops[0].sites)
    again = Sight(
        notebook.at_work(site, Instant(sights[-1].at + notebook.draw(DAY, 2 * DAY))), site, "collecting"
    )
    notebook.scan(again, [item])
    if again.at < notebook.until:
        notebook.truths.append(
            Truth(("return", item), "seen_after_end", None, again.at, again.at, FOREVER, MAJOR)
        )


def _promised_too_soon(notebook: Notebook, route: Route, item: str, at: Instant) -> None:
    """Due before it can be there."""
    handed_in = Instant(at + notebook.draw(3 * HOUR, DAY))
    notebook.announce(item, route, at, Instant(handed_in + notebook.draw(10 * HOUR, 30 * HOUR)))
    _record(notebook, item, walk(notebook, route, handed_in, Mishap.NONE, "collecting"))


_ODD: Final[Mapping[str, Callable[[Notebook, Route, str, Instant], None]]] = {
    "never handed in": _never_handed_in,
    "handed in late": _handed_in_late,
    "called off": _called_off,
    "promised late or never": _promised_late,
    "scanned after its end": _ghost,
    "due too soon": _promised_too_soon,
}
