"""Devices, one cause one alert, and the alerts that open and resolve, instant by instant (sections 4 and 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.tracking.plan import Network
from tests.properties.oracle.containment import FOREVER
from tests.properties.oracle.deviations import CRITICAL, MAJOR, WARNING, Claim, Eyewitness, Key, View
from tests.properties.oracle.facts import Clerk, World

SHARED = ("overdwell", "delayed", "overdue", "missing", "misrouted", "backtracked", "skipped")
AlertKey = tuple[str, str, str, int | str | None]
"""Subject kind, subject id, kind, stop or sensor."""


class Transition(NamedTuple):
    """One line of the alert log."""

    at: int
    what: str
    key: AlertKey
    since: int | None
    severity: int | None
    reason: str | None


def taken_on(views: Mapping[str, View], dark: frozenset[str]) -> dict[str, dict[Key, Claim]]:
    """What each container says for its contents, innermost first."""
    inside: dict[str, list[str]] = {}
    for view in views.values():
        if view.parent is not None:
            inside.setdefault(view.parent, []).append(view.id)
    taken: dict[str, dict[Key, Claim]] = {}

    def speak(container: str) -> dict[Key, Claim]:
        if container in taken:
            return taken[container]
        said: dict[str, list[list[Claim]]] = {}
        for member in inside.get(container, []):
            claims = [*views[member].true.values(), *speak(member).values()]
            for kind in SHARED:
                mine = [each for each in claims if each.key[0] == kind and not is_muted(each, dark)]
                if mine:
                    said.setdefault(kind, []).append(mine)
        own = {key[0] for key in views[container].true}
        taken[container] = {
            (kind, None): Claim(
                (kind, None),
                min(each.since for mine in members for each in mine),
                max(each.severity for mine in members for each in mine),
                -FOREVER,
            )
            for kind, members in said.items()
            if len(members) >= 2 and kind not in own
        }
        return taken[container]

    for view in views.values():
        speak(view.id)
    return taken


def is_muted(claim: Claim, dark: frozenset[str]) -> bool:
    return (
        claim.key[0] in ("overdwell", "delayed", "device_silent")
        and bool(claim.sites)
        and dark >= set(claim.sites)
    )


@dataclass
class Truth:
    """All that is true at an instant: by subject what holds, and what of it is heard."""

    now: int
    views: dict[str, View]
    dark: frozenset[str]
    held: dict[AlertKey, Claim] = field(default_factory=dict)
    heard: dict[AlertKey, Claim] = field(default_factory=dict)
    ahead: list[int] = field(default_factory=list)


def truth(world: World, now: int, dark: frozenset[str]) -> Truth:
    """What is true of all goods at `now`, these sites being dark."""
    witness = Eyewitness(world, now)
    views = witness.views()
    found = Truth(now, views, dark)
    found.ahead = [*witness.ahead, *(edge for view in views.values() for edge in view.ahead)]
    taken = taken_on(views, dark)
    everything = {id_: {**taken[id_], **view.true} for id_, view in views.items()}
    for view in views.values():
        outer: list[str] = []
        parent = view.parent
        while parent is not None:
            outer.append(parent)
            parent = views[parent].parent
        above = {key[0] for id_ in outer for key in everything[id_]}
        missing = any(key[0] == "missing" for key in everything[view.id])
        for key, claim in everything[view.id].items():
            name: AlertKey = (view.kind, view.id, *key)
            found.held[name] = claim
            if not is_muted(claim, dark) and not _silenced(claim, above, missing):
                found.heard[name] = claim
    return found


def _silenced(claim: Claim, above: set[str], missing: bool) -> bool:
    kind = claim.key[0]
    if kind not in SHARED:
        return False
    if kind in above or (kind in ("delayed", "overdwell") and (missing or "missing" in above)):
        return True
    return missing and kind == "overdue" and claim.severity < CRITICAL


def devices(clerk: Clerk, now: int, known_since: int) -> tuple[dict[AlertKey, Claim], list[int]]:
    """What is true of devices and sites at `now`, by what was heard so far; and when time changes it."""
    network: Network = clerk.world().network
    found: list[tuple[str, str, Claim]] = []
    silent: dict[str, int] = {}
    for device in network.devices.values():
        heard = [each for each in clerk.heard if each.device == device.id]
        if device.silent_after is not None:
            silent[device.id] = max([each.at for each in heard], default=known_since) + device.silent_after
            at_home = (device.site,) if device.site else ()
            claim = Claim(
                ("device_silent", None), silent[device.id], WARNING, silent[device.id], sites=at_home
            )
            found.append(("device", device.id, claim))
        skewed = None
        for each in heard:
            skewed = each.at if each.skewed else None if each.accepted else skewed
        if skewed is not None:
            found.append(("device", device.id, Claim(("clock_skew", None), skewed, WARNING, -FOREVER)))
        power = [each for each in clerk.power() if each.device == device.id]
        full = max([each.at for each in power if each.pct >= 25], default=-FOREVER)
        low = min([each.at for each in power if each.pct < 20 and each.at > full], default=None)
        if low is not None:
            found.append(("device", device.id, Claim(("low_battery", None), low, WARNING, -FOREVER)))
    for site in network.sites:
        home = [
            silent[each.id] for each in network.devices.values() if each.site == site and each.id in silent
        ]
        if home:
            found.append(("site", site, Claim(("site_dark", None), max(home), MAJOR, max(home))))
    true = {(kind, id_, *each.key): each for kind, id_, each in found if each.begins <= now}
    return true, [each.begins for _, _, each in found if each.begins > now]


class Watchman:
    """Keeps the open alerts of a world in virtual time; each call says what changes."""

    def __init__(self, network: Network) -> None:
        self.clerk = Clerk(network)
        self.open: dict[AlertKey, tuple[int, int, int, frozenset[str]]] = {}
        self.truth: Truth | None = None
        self._known_since: int | None = None
        self._memory: dict[tuple[int, frozenset[str]], Truth] = {}
        self._ahead: list[int] = []

    def next_due(self) -> int | None:
        return min(self._ahead, default=None)

    def feed(self, received_at: int, topic: str, payload: object) -> list[Transition]:
        if self._known_since is None:
            self._known_since = received_at
        self.clerk.hear(received_at, topic, payload)
        self._memory.clear()
        return self.look(received_at)

    def look(self, now: int) -> list[Transition]:
        """Reconcile at `now`."""
        true, ahead = devices(self.clerk, now, self._known_since or now)
        dark = frozenset(id_ for kind, id_, what, _ in true if what == "site_dark")
        self.truth = goods = truth(self.clerk.world(), now, dark)
        self._ahead = [*ahead, *goods.ahead]
        held = {**true, **goods.held}
        heard = {key: claim for key, claim in true.items() if not is_muted(claim, dark)} | goods.heard
        done = [
            Transition(now, "resolved", key, None, None, self._reason(key, held, goods))
            for key in list(self.open)
            if key not in heard
        ]
        for each in done:
            del self.open[each.key]
        for key, claim in heard.items():
            opened_at, dark_then = now, dark
            if key in self.open:
                opened_at, dark_then = self.open[key][2], self.open[key][3]
            else:
                done.append(Transition(now, "opened", key, claim.since, claim.severity, None))
            self.open[key] = (claim.since, claim.severity, opened_at, dark_then)
        return done

    def _reason(self, key: AlertKey, held: Mapping[AlertKey, Claim], goods: Truth) -> str:
        view = goods.views.get(key[1])
        status = view.status if view is not None and view.kind == key[0] else None
        of_journey = key[2] in (*SHARED, "not_collected")
        if of_journey and status == "cancelled":
            return "cancelled"
        if key in held:
            return "superseded"
        if (
            key[0] in ("return", "container")
            and key not in self._then(self.open[key][2], self.open[key][3]).held
        ):
            return "retracted"
        if of_journey and status == "completed":
            return "completed"
        return "evidence"

    def _then(self, at: int, dark: frozenset[str]) -> Truth:
        if (at, dark) not in self._memory:
            self._memory[at, dark] = truth(self.clerk.world().upto(at), at, dark)
        return self._memory[at, dark]
