"""The alerts that were raised, compared with what was true: what was found, missed, wrong, and taken back.

Alerts are read from the lines of the alert log, as `returns-gateway replay` writes them too. Only returns and
containers are compared: what devices suffer is the faults' doing, and true.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from devices.fleet.scenario import Scenario
from devices.fleet.simulation import Late
from devices.fleet.timeline import FOREVER, Subject, Truth
from gateway.tracking.instants import Instant, instant, rfc3339

Key = tuple[Subject, str, int | str | None]


@dataclass
class Alert:
    """One alert from its opening to its end; `reason` is None while it is open."""

    key: Key
    opened: Instant
    since: Instant
    resolved: Instant | None = None
    reason: str | None = None


class Finding(NamedTuple):
    """One line of what is wrong with the alerts."""

    what: str
    key: Key
    at: Instant
    story: str | None

    def line(self) -> str:
        (kind, id_), deviation, mark = self.key
        story = f" ({self.story})" if self.story else ""
        about = "" if mark is None else f" {mark}"
        return f"{self.what}: {deviation}{about} of {kind} {id_} at {rfc3339(self.at)}{story}"


@dataclass
class Score:
    """How the alerts compare. All is well where `missed` and `wrong` are empty.

    `found`: truths that were alerted, by kind. `excused`: what began and ended while the gateway could not know of
    it. `taken_back`: alerts for want of data that were retracted; `overtaken`: those that had ended before the data
    came. `silenced`: those that gave way to another.
    """

    found: Counter[str] = field(default_factory=Counter)
    missed: list[Finding] = field(default_factory=list)
    excused: int = 0
    wrong: list[Finding] = field(default_factory=list)
    taken_back: int = 0
    overtaken: int = 0
    silenced: int = 0

    @property
    def good(self) -> bool:
        return not self.missed and not self.wrong


def alerts(lines: Iterable[Mapping[str, Any]]) -> list[Alert]:
    """The alerts that lines of the alert log tell of, in the order they opened; a line told twice counts once."""
    found: list[Alert] = []
    current: dict[Key, Alert] = {}
    for line in lines:
        subject = (line["subject"]["kind"], line["subject"]["id"])
        key = (subject, line["kind"], line["sensor"] if line["stop"] is None else line["stop"])
        alert = current.get(key)
        if line["transition"] == "opened" and (alert is None or alert.reason is not None):
            current[key] = Alert(key, instant(line["time"]), instant(line["since"]))
            found.append(current[key])
        elif line["transition"] == "resolved" and alert is not None and alert.reason is None:
            alert.resolved, alert.reason = instant(line["time"]), line["reason"]
    return found


def score(
    scenario: Scenario,
    raised: Sequence[Alert],
    late: Mapping[str, Sequence[Late]] | None = None,
    tolerance: int = 0,
) -> Score:
    """Compare, once everything that happened by the scenario's end is known; alerts that opened later don't count.

    `late` is what the gateway came to know late; instants may differ by `tolerance` microseconds.
    """
    late = late or {}
    found = Score()
    by_key: dict[Key, list[Alert]] = {}
    for alert in raised:
        if alert.key[0][0] in ("return", "container") and alert.opened < scenario.until:
            by_key.setdefault(alert.key, []).append(alert)
    true: dict[Key, list[Truth]] = {}
    for truth in scenario.truths:
        if truth.subject[0] in ("return", "container"):
            true.setdefault((truth.subject, truth.kind, truth.mark), []).append(truth)
    evidence = _Evidence(scenario, late, tolerance)
    for key, truths in true.items():
        for truth in truths:
            _look_for(truth, by_key.get(key, ()), evidence, found)
    for key, mine in by_key.items():
        for alert in mine:
            _judge(alert, true.get(key, ()), evidence, found)
    return found


class _Evidence(NamedTuple):
    scenario: Scenario
    late: Mapping[str, Sequence[Late]]
    tolerance: int

    def excuses(self, truth: Truth) -> bool:
        """Whether it began and ended while something about its subject was known too late, or is too short to see."""
        if truth.ends == FOREVER:
            return truth.begins > self.scenario.until - self.tolerance
        short = truth.ends - truth.begins <= self.tolerance
        return short or self.came_late(truth.subject, truth.begins, truth.ends)

    def came_late(self, subject: Subject, after: Instant, until: Instant) -> bool:
        """Whether evidence from before `until` about the subject, its container or its contents came after `after`."""
        about = (subject[1], *self.scenario.within.get(subject[1], ()), *self._contents(subject))
        return any(
            each.at <= until and each.known > after for id_ in about for each in self.late.get(id_, ())
        )

    def _contents(self, subject: Subject) -> list[str]:
        if subject[0] != "container":
            return []
        return [item for item, inside in self.scenario.within.items() if subject[1] in inside]


def _look_for(truth: Truth, raised: Sequence[Alert], evidence: _Evidence, found: Score) -> None:
    if not truth.audible:
        return
    standing = [alert for alert in raised if alert.reason != "retracted" and alert.opened < truth.ends]
    last = evidence.scenario.until if truth.ends == FOREVER else truth.begins
    standing = [a for a in standing if a.resolved is None or a.resolved + evidence.tolerance > last]
    if standing:
        found.found[truth.kind] += 1
    elif evidence.excuses(truth):
        found.excused += 1
    else:
        key = (truth.subject, truth.kind, truth.mark)
        story = evidence.scenario.stories.get(truth.subject[1])
        found.missed.append(Finding("missed", key, truth.begins, story))


def _judge(alert: Alert, truths: Sequence[Truth], evidence: _Evidence, found: Score) -> None:
    slack = evidence.tolerance
    if alert.reason == "retracted":
        found.taken_back += 1
    elif alert.reason == "superseded":
        found.silenced += 1
    elif any(truth.begins - slack <= alert.opened and alert.opened < truth.ends + slack for truth in truths):
        return
    elif alert.resolved is not None and evidence.came_late(alert.key[0], alert.resolved, alert.resolved):
        found.overtaken += 1
    else:
        what = "wrong, and still open" if alert.resolved is None else "wrong, and not taken back"
        story = evidence.scenario.stories.get(alert.key[0][1])
        found.wrong.append(Finding(what, alert.key, alert.opened, story))
