"""How far a run falls behind its clock: what a machine that is too slow for it makes of instants and verdicts.

A gateway answers each event with a result, those of one sender in their order, and as many in one receipt as it likes.
Seconds are those of the caller's stopwatch. Knows nothing of what events say.
"""

from collections import deque


class Lag:
    """`worst_s` is the most by which something came late."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._asked: dict[str, deque[tuple[float, int]]] = {}
        """For each sender when messages went out, and how many of their events are not answered."""

    def behind(self, by_s: float) -> None:
        """The devices do now what was due so long ago."""
        self.worst_s = max(self.worst_s, by_s)

    def sent(self, sender: str, events: int, now_s: float) -> None:
        """A message of so many events went out."""
        if events:
            self._asked.setdefault(sender, deque()).append((now_s, events))

    def answered(self, sender: str, results: int, now_s: float) -> None:
        """A receipt with so many results came."""
        asked = self._asked.get(sender)
        while asked and results:
            sent_s, events = asked.popleft()
            self.worst_s = max(self.worst_s, now_s - sent_s)
            if events > results:
                asked.appendleft((sent_s, events - results))
            results -= min(events, results)

    def waits(self, now_s: float) -> None:
        """Whatever is not answered yet has come late by so much already."""
        oldest = min((asked[0][0] for asked in self._asked.values() if asked), default=now_s)
        self.worst_s = max(self.worst_s, now_s - oldest)

    def cut(self) -> None:
        """A connection is gone, and what was under way with it."""
        self._asked.clear()
