"""What works as written and is probably meant otherwise: warned of, and no fault."""

import pytest

from gateway.network import Doubt, examine
from gateway.network.faults import REPORTED
from tests.unit.test_network import EXAMPLE


def _doubts(text: str) -> tuple[Doubt, ...]:
    examined = examine(text, "network.yaml")
    assert examined.faults == ()
    assert examined.network is not None
    return examined.warnings


def _example(old: str, new: str) -> tuple[Doubt, ...]:
    assert old in EXAMPLE
    return _doubts(EXAMPLE.replace(old, new, 1))


_POLYGON = "[[51.43, 12.22], [51.43, 12.25], [51.41, 12.25], [51.41, 12.22]]"
_FIRST = "    - {match: {kind: low_battery}, notify: []}\n"


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        pytest.param(
            _POLYGON,
            "[[12.22, 51.43], [12.25, 51.43], [12.25, 51.41], [12.22, 51.41]]",
            "sites[2].fence.polygon",
            "its corners seem to have the longitude first",
            id="corners longitude first",
        ),
        pytest.param(
            _POLYGON,
            "[[12.32, 51.43], [12.35, 51.43], [12.35, 51.41], [12.32, 51.41]]",
            "sites[2].fence.polygon",
            "its corners seem to have the longitude first",
            id="corners longitude first and not quite around the site",
        ),
        pytest.param(
            _POLYGON,
            "[[51.53, 12.22], [51.53, 12.25], [51.51, 12.25], [51.51, 12.22]]",
            "sites[2].fence.polygon",
            "the site's own position is outside of its fence",
            id="a site beside its fence",
        ),
        pytest.param(
            _POLYGON,
            "[[51.43, 112.22], [51.43, 112.25], [51.41, 112.25], [51.41, 112.22]]",
            "sites[2].fence.polygon",
            "the site's own position is outside of its fence",
            id="a fence on another continent",
        ),
        pytest.param(
            "lat: 53.5, lon: 10.0}",
            "lat: 52.501, lon: 13.4, fence: {radius_m: 100}}",
            "sites[1].fence",
            "overlaps the fence of SHOP-1; a fix in both counts for the smaller, SHOP-2",
            id="overlapping fences",
        ),
        pytest.param(
            '{open: {mon-fri: ["08:00-18:00"], sat: ["09:00-13:00"]}, closed',
            "{closed",
            "calendars.weekdays",
            "has no opening hours, so its sites never open",
            id="a calendar without hours",
        ),
        pytest.param(
            "dwell: {max: 24h, hours: working}",
            "unpack: false",
            "routes[0].stops[0]",
            "has no dwell before a leg",
            id="a stop without dwell before a leg",
        ),
        pytest.param(
            "typical: 8h",
            "typical: 25h",
            "routes[0].stops[1].transit.typical",
            "is longer than the leg's max",
            id="a usual transit that is late",
        ),
        pytest.param(
            "container_types:",
            "  - {id: here, stops: [{sites: [HUB-1]}]}\ncontainer_types:",
            "routes[2]",
            "has no deadline of any kind",
            id="a route without any deadline",
        ),
        pytest.param(
            _FIRST,
            "    - {notify: [ops-chat]}\n" + _FIRST,
            "alerting.policies[1]",
            "can never match: alerting.policies[0] takes all that it would",
            id="a policy after one that takes everything",
        ),
    ],
)
def test_a_doubt(old: str, new: str, where: str, message: str) -> None:
    found = _example(old, new)
    assert any(message in doubt.message for doubt in found if doubt.path == where), found


def test_a_doubt_has_its_place() -> None:
    (doubt,) = _example("typical: 8h", "typical: 25h")
    assert str(doubt).startswith("network.yaml:22:61: routes[0].stops[1].transit.typical: is longer")


@pytest.mark.parametrize(
    ("first", "second", "never"),
    [
        ("{}", "{}", True),
        ("{kind: delayed}", "{kind: delayed}", True),
        ("{kind: [delayed, missing]}", "{kind: delayed, route: refill}", True),
        ("{severity: [major, minor], site: HUB-1}", "{severity: minor, site: HUB-1, kind: delayed}", True),
        ("{subject: [return, container]}", "{subject: return}", True),
        ("{kind: delayed}", "{}", False),
        ("{kind: delayed}", "{kind: [delayed, missing]}", False),
        ("{kind: delayed, route: refill}", "{kind: delayed}", False),
        ("{site: HUB-1}", "{site: SHOP-1}", False),
        ("{subject: return}", "{kind: delayed}", False),
    ],
)
def test_a_policy_never_matches_when_one_before_takes_all_of_it(first: str, second: str, never: bool) -> None:
    policies = (
        f"    - {{match: {first}, notify: [ops-chat]}}\n    - {{match: {second}, notify: [ops-chat]}}\n"
    )
    text = EXAMPLE[: EXAMPLE.index("    - {match: {kind: low")] + policies + "    - {notify: [ops-chat]}\n"
    found = {doubt.path for doubt in _doubts(text) if "can never match" in doubt.message}
    assert ("alerting.policies[1]" in found) is never


@pytest.mark.parametrize(
    ("policies", "silent"),
    [
        pytest.param("[{notify: [c]}]", "", id="a policy for everything"),
        pytest.param("[]", "", id="nobody is ever notified, which is told by nothing in the plan"),
        pytest.param("[{notify: []}]", "", id="as before, in so many words"),
        pytest.param("[{match: {route: r}, notify: [c]}]", "s", id="another route is forgotten"),
        pytest.param("[{match: {route: [r, s]}, notify: [c]}]", "", id="both are named"),
        pytest.param("[{match: {route: r}, notify: []}, {notify: [c]}]", "r", id="a route is silenced"),
        pytest.param(
            "[{match: {route: r}, notify: [], escalate: [{after: 1h, notify: [c]}]}, {notify: [c]}]",
            "",
            id="a route tells somebody later",
        ),
        pytest.param(
            "[{match: {route: r, site: a}, notify: []}, {notify: [c]}]", "", id="silenced at one site only"
        ),
        pytest.param(
            "[{match: {route: r, subject: return}, notify: []}, {notify: [c]}]",
            "",
            id="not for its containers",
        ),
        pytest.param(
            "[{match: {route: r, subject: [return, container]}, notify: []}, {notify: [c]}]",
            "r",
            id="silenced for all that travels",
        ),
        pytest.param(
            "[{match: {severity: [major, minor, critical]}, notify: []}, {notify: [c]}]",
            "s",
            id="only overdwell is left, and one route has no dwell",
        ),
        pytest.param(
            "[{match: {kind: not_collected}, notify: [c]}]", "r s", id="a kind that needs a collect_within"
        ),
        pytest.param("[{match: {kind: low_battery}, notify: [c]}]", "r s", id="a kind that is about devices"),
        pytest.param("[{match: {subject: device}, notify: [c]}]", "r s", id="subjects that do not travel"),
        pytest.param(
            "[{match: {kind: overdue, severity: critical}, notify: [c]}]", "s", id="only legal is critical"
        ),
    ],
)
def test_a_route_of_which_nobody_hears_can_never_alert(policies: str, silent: str) -> None:
    text = f"""\
version: 1
sites: [{{id: a, lat: 1, lon: 1}}, {{id: b, lat: 2, lon: 2}}]
routes:
- {{id: r, due_kind: legal, stops: [{{sites: [a], dwell: {{max: 1h}}}}, {{sites: [b], transit: {{max: 1h}}}}]}}
- {{id: s, stops: [{{sites: [a]}}, {{sites: [b], transit: {{max: 1h}}}}]}}
alerting: {{channels: {{c: slack://x}}, policies: {policies}}}
"""
    found = [doubt.path for doubt in _doubts(text) if "can never alert: no policy" in doubt.message]
    assert found == [{"r": "routes[0]", "s": "routes[1]"}[route] for route in silent.split()]


def test_many_slight_doubts_do_not_hide_a_grave_one() -> None:
    stops = "[{sites: [a]}, {sites: [b], transit: {max: 1h}}]"
    routes = "".join(f"- {{id: r{i}, stops: {stops}}}\n" for i in range(REPORTED + 50))
    sites = "- {id: a, lat: 1, lon: 1}\n- {id: b, lat: 2, lon: 2}\n"
    policies = "alerting:\n  policies:\n  - {notify: []}\n  - {notify: []}\n"
    found = _doubts(f"version: 1\nsites:\n{sites}routes:\n{routes}{policies}")
    assert found[-2].path == "alerting.policies[1]"
    assert found[-1].message == "and 51 more, here and elsewhere"


def test_fences_that_all_overlap_are_told_of_in_bounds() -> None:
    sites = "".join(f"- {{id: s{i}, lat: 1, lon: 1, fence: {{radius_m: 100}}}}\n" for i in range(100))
    found = _doubts(f"version: 1\nsites:\n{sites}")
    assert len(found) == REPORTED + 1
