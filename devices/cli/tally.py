"""What has become of the positions of a track, counted for a line on the screen and a sentence at the end.

Results come from the device's own thread. Knows neither the track nor how it is driven.
"""

from dataclasses import dataclass

from rich.text import Text

from devices.sdk import Result, Tracker


class Tally:
    """The counts of a track of so many positions. `why` is the reason of the first that went wrong, for people."""

    def __init__(self, positions: int) -> None:
        self._positions = positions
        self._saved = 0
        self._unsaved = 0
        self._rejected = 0
        self._why = ""

    def saved(self) -> None:
        """A position is in the spool."""
        self._saved += 1

    def unsaved(self, why: str) -> None:
        """A position could not be taken; the next may be."""
        self._unsaved += 1
        self._why = self._why or why

    def result(self, result: Result) -> None:
        """What the gateway says of a position."""
        if result.result == "quarantined":
            self._rejected += 1
            self._why = self._why or result.message or result.reason or "it says no more"

    @property
    def progress(self) -> str:
        """How far the track has come."""
        return f"{self._saved + self._unsaved:,} of {self._positions:,} positions"

    @property
    def good(self) -> bool:
        """Whether all positions were saved and none was rejected so far."""
        return self._saved == self._positions and not self._rejected

    def sentence(self, waiting: int) -> str:
        """How it ended."""
        if self.good and not waiting:
            return f"{self._positions:,} positions reported"
        parts = [f"{self._saved:,} of {self._positions:,} positions saved"]
        parts += [f"{count:,} {what}" for count, what in self._troubles(waiting) if count]
        return ", ".join(parts) + (f"; the first trouble: {self._why}" if self._why else "")

    def _troubles(self, waiting: int) -> list[tuple[int, str]]:
        return [
            (self._unsaved, "not saved"),
            (self._rejected, "rejected by the gateway"),
            (waiting, "waiting; they are sent when this device is run again"),
        ]


@dataclass(frozen=True)
class Standing:
    """How things stand, each time that it is shown."""

    tally: Tally
    tracker: Tracker

    def __rich__(self) -> Text:
        link = "connected" if self.tracker.connected else f"offline: {self.tracker.trouble or 'connecting'}"
        return Text(f"{self.tally.progress} · {self.tracker.waiting:,} waiting · {link}")
