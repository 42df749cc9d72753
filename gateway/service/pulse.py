"""Is the gateway alive and able to serve? What it last showed of itself, and what to make of that.

Pure: who calls says what the stopwatch reads, in seconds since some moment that all processes of a machine share.
Who shows a pulse, who feels it, and what is done about one that is weak is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Ailment(StrEnum):
    """What can be wrong; the first is why one looks at all, the last mends itself or not at all."""

    SILENT = "silent"
    """The process shows no pulse any more: it is gone, stopped, or stuck as a whole."""
    STARTING = "starting"
    """Its writer has not turned once: the state store is migrated or read."""
    STANDS_STILL = "stands_still"
    """The writer neither looked for messages nor committed any unit."""
    STATE_FAILING = "state_failing"
    BROKER_AWAY = "broker_away"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the gateway showed of itself at `at_s`; the other times are when the trouble began, None: there is none."""

    at_s: float
    moved_s: float
    """When the writer last moved."""
    started: bool
    state_failing_s: float | None
    broker_away_s: float | None
    broker: str = ""
    """Why the broker is away, in the words of who tried."""


class Vital(NamedTuple):
    """What there is to see at one moment: the writer's counts, and the line's state in a word."""

    turns: int
    units: int
    state_serves: bool
    online: bool
    reason: str


class Finding(NamedTuple):
    """One thing that is wrong: `for_s` seconds long so far, told in a sentence that says what to do."""

    ailment: Ailment
    for_s: float
    says: str


class Limits(NamedTuple):
    """How many seconds each trouble may last before the gateway counts as unwell.

    A broker restarts and a database fails over within a minute or two, and the gateway mends itself then; a unit of
    the writer takes milliseconds, and seconds after a long outage.
    """

    silent_s: float = 30.0
    still_s: float = 60.0
    state_s: float = 60.0
    broker_s: float = 120.0


LIMITS: Final = Limits()


class Observer:
    """Keeps since when things are as they are. Ask it every few seconds, always from one thread."""

    def __init__(self, now_s: float) -> None:
        self._seen = (0, 0)
        self._moved_s = now_s
        self._state_failing_s: float | None = None
        self._broker_away_s: float | None = now_s

    def observe(self, vital: Vital, now_s: float) -> Pulse:
        """The pulse at this moment. The writer moves when it turns, and, in a long turn, when it commits."""
        seen = (vital.turns, vital.units)
        if seen != self._seen:
            self._seen, self._moved_s = seen, now_s
        self._state_failing_s = _since(self._state_failing_s, now_s, well=vital.state_serves)
        self._broker_away_s = _since(self._broker_away_s, now_s, well=vital.online)
        return Pulse(
            now_s, self._moved_s, vital.turns > 0, self._state_failing_s, self._broker_away_s, vital.reason
        )


def _since(before: float | None, now_s: float, *, well: bool) -> float | None:
    if well:
        return None
    return now_s if before is None else before


def moves(pulse: Pulse, limits: Limits = LIMITS) -> Finding | None:
    """Whether the writer stands still, of which only a restart cures; None: it moves, or has yet to start."""
    still_s = pulse.at_s - pulse.moved_s
    if not pulse.started or still_s <= limits.still_s:
        return None
    return Finding(
        Ailment.STANDS_STILL,
        still_s,
        f"the writer has not moved for {still_s:.0f} s; restart the gateway, and keep its log for us",
    )


def examine(pulse: Pulse, now_s: float, limits: Limits = LIMITS) -> Sequence[Finding]:
    """All that is wrong; nothing: the gateway is well. What a silent pulse said is of the past and not judged."""
    silent_s = now_s - pulse.at_s
    if not 0 <= silent_s <= limits.silent_s:
        says = f"the gateway has shown no sign of life for {silent_s:.0f} s; see its log, and restart it"
        return [Finding(Ailment.SILENT, silent_s, says)]
    if not pulse.started:
        for_s = now_s - pulse.moved_s
        return [
            Finding(
                Ailment.STARTING, for_s, f"it has been starting for {for_s:.0f} s; its log says with what"
            )
        ]
    found = [still] if (still := moves(pulse, limits)) else []
    if (for_s := _for(pulse.state_failing_s, now_s)) > limits.state_s:
        says = f"the state store has not served for {for_s:.0f} s; the gateway's log says why"
        found.append(Finding(Ailment.STATE_FAILING, for_s, says))
    if (for_s := _for(pulse.broker_away_s, now_s)) > limits.broker_s:
        says = f"without the broker for {for_s:.0f} s: {pulse.broker or 'it does not answer'}"
        found.append(Finding(Ailment.BROKER_AWAY, for_s, says))
    return found


def _for(since_s: float | None, now_s: float) -> float:
    return 0.0 if since_s is None else now_s - since_s
