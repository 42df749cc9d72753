"""The demo's end: how the alerts compare with what truly happened, from the fleet's report.

A machine that is too slow for the demo's clock makes no alert wrong at the end, but raises many for want of data before
that; where it was, that is said.
"""

import json
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from gateway.cli.failures import FAILED, Failure
from gateway.cli.showing import console

_SLOW_S: Final = 2.0
"""What devices and answers may be behind the clock: the comparison allows for so much anyhow."""


def conclude(report: Path, output: str) -> None:
    """Tell the comparison; `output` is what the fleet printed.

    Raises:
        Failure: an alert was missed or wrong, or the fleet did not come home.
    """
    if not report.is_file():
        raise Failure("the fleet did not come home:", *output.strip().splitlines()[-5:], status=FAILED)
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    screen = console()
    screen.print()
    screen.print(_table(told["truth"]))
    screen.print(
        Text.assemble(
            f"Of {told['raised']} alerts ",
            (f"{len(told['wrong'])} were not so", "bold red" if told["wrong"] else "bold green"),
            f"; {told['taken_back']} were raised for want of data and taken back, {told['overtaken']} were over"
            f" before the data came, {told['silenced']} gave way to another.",
        )
    )
    if told["behind_s"] > _SLOW_S:
        screen.print(
            Text(
                f"This machine could not keep up: devices or answers were up to {told['behind_s']:.0f} s behind the"
                " clock, so alerts came late or for want of data; leave it less to do, or try a lower --speed.",
                style="bold yellow",
            )
        )
    faults = [*told["missed"][:10], *told["wrong"][:10]]
    if told["waiting"] or not told["heard_out"]:
        faults.append(
            f"the comparison is not whole: {told['waiting']} reports did not come home in time; try a lower --speed"
        )
    if faults:
        raise Failure(*faults, status=FAILED)


def _table(truth: dict[str, dict[str, int]]) -> Table:
    table = Table("returns and containers", "truly", "alerted", "missed", "over before known", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for group, line in truth.items():
        missed = Text(str(line["missed"]), style="bold red" if line["missed"] else "green")
        table.add_row(group, str(line["true"]), str(line["alerted"]), missed, str(line["over_before_known"]))
    return table
