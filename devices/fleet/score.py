"""The alerts that were raised, compared with what was true: what was found, missed, wrong, and taken back.

Alerts are read from the lines of the alert log, as `returns-gateway replay` writes them too. Only returns and
containers are compared: what devices suffer is the faults' doing, and true.

At the end of a scenario everything is known, so the alerts that are open then must be those that are true then, and
no others. Before that the gateway can only say what it knows: an alert may open or end as late as its evidence came,
and that is looked into alert by alert.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from devices.fleet.scenario import Scenario
from devices.fleet.simulation import Late
from devices.fleet.timeline import FOREVER, Subject, Truth
from gateway.tracking.instants import Instant, instant, rfc3339

Key = tuple[Subject, str, int | str | None]

GROUPS: Final = {
    "lost": ("missing",),
    "late": ("not_collected", "overdwell", "delayed", "overdue"),
    "astray": ("misrouted", "backtracked", "skipped"),
    "otherwise wrong": ("unexpected", "seen_after_end", "impossible_travel", "count_mismatch", "excursion"),
}
"""What the kinds are in an operator's words."""


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

    Of what was true, by kind: `true`, and `found`, which was alerted; `excused` is what began and ended while the
    gateway could not know of it. Of the alerts: how many were `raised`; `silenced` are those that gave way to another,
    `taken_back` those for want of data that were retracted, `overtaken` those that had ended before the data came.
    """

    true: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: list[Finding] = field(default_factory=list)
    excused: int = 0
    raised: int = 0
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
    """Compare, once everything that happened by the scenario's end is known, and its deadlines have passed.

    `late` is what the gateway came to know late; before the end, instants may differ by `tolerance` microseconds.
    What came true only after the end is left out of account.
    """
    found = Score()
    by_key: dict[Key, list[Alert]] = {}
    for alert in raised:
        if alert.key[0][0] in ("return", "container"):
            by_key.setdefault(alert.key, []).append(alert)
    true: dict[Key, list[Truth]] = {}
    for truth in scenario.truths:
        if truth.subject[0] in ("return", "container"):
            true.setdefault((truth.subject, truth.kind, truth.mark), []).append(truth)
    evidence = _Evidence(scenario, late or {}, tolerance)
    for key, truths in true.items():
        for truth in truths:
            if truth.audible:
                _look_for(truth, by_key.get(key, ()), evidence, found)
    for key, mine in by_key.items():
        for alert in mine:
            if _is_in_time(alert, scenario.until):
                _judge(alert, true.get(key, ()), evidence, found)
            found.raised += _is_in_time(alert, scenario.until) or key in true
    return found


def _is_in_time(alert: Alert, until: Instant) -> bool:
    """Whether the alert says something of the time before the end; it may be raised a little after it.

    When an item becomes unexpected its alert does not say, so one that was raised after the end is not held to it.
    """
    return alert.opened < until or (alert.since < until and alert.key[1] != "unexpected")


class _Evidence(NamedTuple):
    scenario: Scenario
    late: Mapping[str, Sequence[Late]]
    tolerance: int

    def excuses(self, truth: Truth) -> bool:
        """Whether it began and ended while something about its subject was known too late, or is too short to see."""
        if truth.ends == FOREVER:
            return False
        short = truth.ends - truth.begins <= self.tolerance
        return short or self.came_late(truth.subject, truth.begins, truth.ends)

    def came_late(self, subject: Subject, after: Instant, until: Instant, by: int | None = None) -> bool:
        """Whether evidence from before `until` about the subject, its container or its contents came after `after`.

        It counts if it is known later than it happened `by` so much; by default more than the tolerance.
        """
        about = (subject[1], *self.scenario.within.get(subject[1], ()), *self._contents(subject))
        least = self.tolerance if by is None else by
        return any(
            each.at <= until and each.known > after and each.known - each.at > least
            for id_ in about
            for each in self.late.get(id_, ())
        )

    def _contents(self, subject: Subject) -> list[str]:
        if subject[0] != "container":
            return []
        return [item for item, inside in self.scenario.within.items() if subject[1] in inside]


def _look_for(truth: Truth, raised: Sequence[Alert], evidence: _Evidence, found: Score) -> None:
    found.true[truth.kind] += 1
    if any(_tells_of(alert, truth, evidence) for alert in raised):
        found.found[truth.kind] += 1
    elif evidence.excuses(truth):
        found.excused += 1
    else:
        key = (truth.subject, truth.kind, truth.mark)
        story = evidence.scenario.stories.get(truth.subject[1])
        found.missed.append(Finding("missed", key, truth.begins, story))


def _tells_of(alert: Alert, truth: Truth, evidence: _Evidence) -> bool:
    """Whether it is that truth's alert: to the end, where that is true to the end."""
    if alert.resolved is None:
        return alert.opened < truth.ends
    if alert.reason == "retracted" and alert.since <= alert.opened:
        return False  # else a clock that was a blink ahead made it, and by the rules it is taken back when it ends
    if truth.ends == FOREVER:
        return alert.resolved >= evidence.scenario.until and alert.reason == "superseded"
    return alert.opened < truth.ends and alert.resolved + evidence.tolerance > truth.begins


def _judge(alert: Alert, truths: Sequence[Truth], evidence: _Evidence, found: Score) -> None:
    slack = evidence.tolerance
    subject, opened = alert.key[0], alert.opened
    wrong = None
    if alert.resolved is None:
        if not any(truth.ends == FOREVER and truth.audible for truth in truths):
            wrong = "wrong, and still open"
    elif alert.reason == "retracted":
        if evidence.came_late(subject, opened, opened, by=0):
            found.taken_back += 1
        else:
            wrong = "taken back, though nothing came late"
    elif any(truth.begins - slack <= opened < truth.ends + slack for truth in truths):
        found.silenced += alert.reason == "superseded"
    elif evidence.came_late(subject, alert.resolved, opened, by=0):
        found.overtaken += 1
    else:
        wrong = "wrong, and not taken back"
    if wrong is not None:
        found.wrong.append(Finding(wrong, alert.key, opened, evidence.scenario.stories.get(subject[1])))
