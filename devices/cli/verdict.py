"""What a fleet says at its end of the gateway's alerts: for people on the screen, for programs in a report.

Words and figures only; what is true and what is wrong has been decided by `devices.fleet.score`.
"""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devices.fleet.scenario import Scenario
from devices.fleet.score import GROUPS, Score
from gateway.tracking.instants import SECOND, Duration, rfc3339


@dataclass(frozen=True)
class Home:
    """Whether the fleet came home: how many reports no receipt has named, and whether all alerts were heard of.

    `behind_s` is by how much devices or the gateway's answers lagged at the most while it was out, in real seconds.
    """

    waiting: int
    heard_out: bool
    behind_s: float = 0.0

    @property
    def all(self) -> bool:
        return not self.waiting and self.heard_out

    def sentence(self) -> str:
        """What did not come home, for people; nothing where all did."""
        if self.waiting:
            return f"{self.waiting:,} reports did not come home in time: what is said of the alerts may be unjust"
        return "" if self.heard_out else "the gateway did not tell of its last alerts in time"


def grouped(found: Score) -> dict[str, dict[str, int]]:
    """How many were truly lost, late, astray and otherwise wrong, and of those alerted, missed and excused."""
    lines = {}
    for group, kinds in GROUPS.items():
        true, alerted = (sum(counter[kind] for kind in kinds) for counter in (found.true, found.found))
        missed = sum(finding.key[1] in kinds for finding in found.missed)
        lines[group] = {
            "true": true, "alerted": alerted, "missed": missed, "over_before_known": true - alerted - missed,
        }  # fmt: skip
    return lines


def report(found: Score, home: Home, seed: int, told: Scenario, tolerance: Duration) -> dict[str, Any]:
    """The comparison as JSON. `tolerance_s` is the slack in comparing instants, in the scenario's seconds."""
    return {
        "seed": seed,
        "from": rfc3339(told.start),
        "to": rfc3339(told.until),
        "reports": len(told.timeline),
        "waiting": home.waiting,
        "heard_out": home.heard_out,
        "behind_s": round(home.behind_s, 1),
        "tolerance_s": tolerance // SECOND,
        "truth": grouped(found),
        "found": dict(found.found),
        "missed": [finding.line() for finding in found.missed],
        "excused": found.excused,
        "raised": found.raised,
        "wrong": [finding.line() for finding in found.wrong],
        "taken_back": found.taken_back,
        "overtaken": found.overtaken,
        "silenced": found.silenced,
        "good": found.good and home.all,
    }


def tell(console: Console, found: Score, home: Home) -> None:
    """The comparison on the screen: what was missed or wrong by name, then the figures."""
    for finding in [*found.missed, *found.wrong]:
        console.print(finding.line(), style="red", highlight=False, markup=False)
    table = Table("", "truly", "alerted", "missed", "over before it could be known", box=None, padding=(0, 2))
    for group, line in grouped(found).items():
        table.add_row(group, *(Text(str(figure), justify="right") for figure in line.values()))
    console.print(table)
    console.print(
        f"alerts raised: {found.raised}; not so: {len(found.wrong)}; for want of data, and taken back:"
        f" {found.taken_back}; over before the data came: {found.overtaken}; given way to another: {found.silenced}",
        style="green" if found.good and home.all else "bold red",
        highlight=False,
    )
    if not home.all:
        console.print(home.sentence(), style="bold red", highlight=False)
