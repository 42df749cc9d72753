"""The judge is judged: whatever is wrong with the alerts of a gateway, the score must say so."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from devices.fleet.faults import Rates, drawn
from devices.fleet.scenario import Scenario
from devices.fleet.score import GROUPS, Alert, Score, alerts, score
from devices.fleet.simulation import Late
from devices.fleet.timeline import FOREVER
from gateway.tracking.instants import DAY, HOUR, Duration, Instant, instant, rfc3339
from gateway.tracking.model import Kind
from tests.devices.virtual import START, lived, network, told

pytestmark = pytest.mark.slow

Line = Mapping[str, Any]
TOLERANCE = Duration(5 * HOUR + 40 * 60_000_000)
"""As in a demo at its usual speed."""


class Run(NamedTuple):
    scenario: Scenario
    lines: list[Line]
    late: Mapping[str, list[Late]]

    def scored(self, lines: list[Line]) -> Score:
        return score(self.scenario, alerts(lines), self.late, TOLERANCE)


@cache
def lived_through() -> Run:
    """A bad week, and the alert log of the real rules."""
    scenario = told(3, 7, trouble=0.5)
    rates = Rates(outages=0.6, outage=(HOUR, 20 * HOUR), site_outages=0.1)
    simulation, gateway = lived(scenario, drawn(network(), 3, START, scenario.until, rates))
    gateway.until(scenario.until)
    return Run(scenario, gateway.lines, simulation.late)


def of_goods(line: Line) -> bool:
    return line["subject"]["kind"] in ("return", "container")


def identity(line: Line) -> tuple[object, ...]:
    return (*line["subject"].values(), line["kind"], line["stop"], line["sensor"])


def test_the_real_rules_pass() -> None:
    run = lived_through()
    found = run.scored(run.lines)
    assert found.good, [finding.line() for finding in (*found.missed, *found.wrong)]
    assert found.taken_back > 0
    assert sum(found.true.values()) == sum(found.found.values()) + found.excused
    assert found.excused <= 2
    assert sum(found.found.values()) > 20


def test_every_kind_of_goods_belongs_to_one_group() -> None:
    kinds = [kind for group in GROUPS.values() for kind in group]
    devices = {"device_silent", "site_dark", "low_battery", "clock_skew"}
    assert sorted(kinds) == sorted(kind.value for kind in Kind if kind.value not in devices)


def opening_of(run: Run, alert: Alert) -> Line:
    return next(
        line
        for line in run.lines
        if line["transition"] == "opened" and instant(line["time"]) == alert.opened
        and (line["kind"], line["subject"]["id"]) == (alert.key[1], alert.key[0][1])
    )  # fmt: skip


def dropped() -> Iterator[Line]:
    """The openings whose alerts were true and stood, one per key."""
    run = lived_through()
    keys = [alert.key for alert in alerts(run.lines)]
    for alert in alerts(run.lines):
        of_one = alert.key[0][0] in ("return", "container") and keys.count(alert.key) == 1
        if of_one and alert.reason not in ("retracted", "superseded"):
            yield opening_of(run, alert)


def test_a_gateway_that_swallows_any_one_alert_is_caught() -> None:
    run = lived_through()
    caught = tried = 0
    for opening in dropped():
        key = identity(opening)
        found = run.scored([line for line in run.lines if identity(line) != key])
        tried += 1
        caught += bool(found.missed)
    assert tried > 20
    assert tried - caught <= found_by_luck(run), f"{tried - caught} of {tried} were not missed"


def found_by_luck(run: Run) -> int:
    """Alerts of what was too short to be held against anybody: their loss is excused."""
    short = [
        truth
        for truth in run.scenario.truths
        if truth.audible and truth.ends != FOREVER and truth.ends - truth.begins <= 2 * TOLERANCE
    ]
    return len(short)


def test_a_gateway_that_takes_any_one_true_alert_back_is_caught() -> None:
    run = lived_through()
    open_at_end = [
        alert for alert in alerts(run.lines) if alert.reason is None and alert.key[0][0] != "device"
    ]
    goods = [alert for alert in open_at_end if alert.key[0][0] in ("return", "container")]
    assert len(goods) > 8
    for alert in goods:
        opening = opening_of(run, alert)
        for reason in ("retracted", "evidence", "completed"):
            taken = {
                **opening, "transition": "resolved", "reason": reason,
                "time": rfc3339(Instant(alert.opened + HOUR)),
            }  # fmt: skip
            found = run.scored([*run.lines, taken])
            assert found.missed, f"{alert.key} {reason}"


def never_true(lines: list[Line]) -> Iterator[Line]:
    """Openings of alerts about goods with which all was well."""
    run = lived_through()
    troubled = {truth.subject[1] for truth in run.scenario.truths}
    fine = sorted(item for item in run.scenario.stories if item not in troubled)
    for number, item in enumerate(fine[:60]):
        at = Instant(START + DAY + number * HOUR)
        yield {
            "transition": "opened", "kind": ("delayed", "missing", "misrouted")[number % 3],
            "subject": {"kind": "return", "id": item}, "stop": 1 if number % 3 == 0 else None, "sensor": None,
            "time": rfc3339(at), "since": rfc3339(at), "reason": None,
        }  # fmt: skip
    assert lines


@pytest.mark.parametrize(
    ("ends", "slack"),
    [(None, 0), ("evidence", 15), ("completed", 15), ("superseded", 15), ("retracted", 15)],
)
def test_a_gateway_that_invents_an_alert_is_caught_however_it_ends(ends: str | None, slack: int) -> None:
    """Of sixty; one is excused where something about the item did come late, for want of which it may have been."""
    run = lived_through()
    let_pass = 0
    for opening in never_true(run.lines):
        more = [opening]
        if ends is not None:
            later = rfc3339(Instant(instant(opening["time"]) + HOUR))
            more.append({**opening, "transition": "resolved", "reason": ends, "time": later})
        let_pass += not run.scored([*run.lines, *more]).wrong
    assert let_pass <= slack


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:0],
        lambda lines: [line for line in lines if line["kind"] != "missing"],
        lambda lines: [line for line in lines if line["transition"] != "resolved"],
        lambda lines: [{**line, "stop": 0} if line["kind"] == "delayed" else line for line in lines],
    ],
    ids=["silent", "never missing", "never resolves", "about another stop"],
)
def test_a_gateway_that_is_wrong_throughout_is_caught(spoil: Callable[[list[Line]], list[Line]]) -> None:
    run = lived_through()
    assert not run.scored(spoil(run.lines)).good


def test_what_is_true_at_the_end_must_be_open_at_the_end_however_late_it_began() -> None:
    run = lived_through()
    last = max(
        (t for t in run.scenario.truths if t.audible and t.ends == FOREVER and t.subject[0] == "return"),
        key=lambda truth: truth.begins,
    )
    lines = [
        line for line in run.lines
        if (line["subject"]["id"], line["kind"]) != (last.subject[1], last.kind)
    ]  # fmt: skip
    assert [finding.key[0] for finding in run.scored(lines).missed] == [last.subject]


def test_an_alert_that_is_raised_a_little_after_the_end_for_what_was_true_before_it_counts() -> None:
    run = lived_through()
    moved = [
        {**line, "time": rfc3339(Instant(run.scenario.until + 1_000_000))}
        if instant(line["time"]) > run.scenario.until - HOUR else line
        for line in run.lines
    ]  # fmt: skip
    assert run.scored(moved).good
