"""What Grafana puts in for the variables and macros of a query before it sends it to InfluxDB.

After Grafana's sources: the formats of variables (`packages/grafana-data`, format `regex`; a value of its own for
"All" stands as it is), the macros of the InfluxQL data source (`pkg/tsdb/influxdb/models/query.go`: `$timeFilter`,
`$__interval`, `$__interval_ms`), the length of intervals (`rangeutil.ts`), and a panel's own time (`timeFrom`).
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "dashboards" / "json"
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
"""Milliseconds, which is what Grafana counts in."""
PIXELS: Final = 900
"""So wide a panel is, and so many stretches of time are asked for at most."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__|timeFilter)(\w+)")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
_UNITS: Final = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "M": 30 * DAY}
# Grafana's stretches of time, each taken from the one length on that is given here.
_FROM: Final = (
    0, 10, 15, 35, 75, 150, 350, 750, 1_500, 3_500, 7_500, 12_500, 17_500, 25_000, 45_000, 90_000, 210_000,
    450_000, 750_000, 1_050_000, 1_500_000, 2_700_000, 5_400_000, 9_000_000, 16_200_000, 32_400_000,
    86_400_000, 604_800_000,
)  # fmt: skip
_LENGTHS: Final = (
    1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, MINUTE, 2 * MINUTE,
    5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR,
    12 * HOUR, DAY, 7 * DAY,
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """What somebody looks at: from when to when (milliseconds), and the values chosen, one text or several."""

    start: int
    end: int
    chosen: Mapping[str, str | list[str]] = field(default_factory=dict)

    def of(self, panel: Mapping[str, Any]) -> "View":
        """The same, with the panel's own time. It has any only where the end is now, which is assumed here."""
        lasts = panel.get("timeFrom")
        return self if lasts is None else replace(self, start=self.end - length(lasts))


def length(text: str) -> int:
    """A length of time, `10m`, in milliseconds."""
    found = re.fullmatch(r"(\d+)(ms|[smhdwM])", text)
    assert found is not None, f"{text!r} is no length of time"
    return int(found[1]) * _UNITS[found[2]]


def interval(view: View, least: str) -> int:
    """How long the stretches of time are, in milliseconds, so that about as many fit as a panel has pixels."""
    asked = (view.end - view.start) / PIXELS
    return max(_LENGTHS[bisect_right(_FROM, asked) - 1], length(least))


def written(milliseconds: int) -> str:
    """A length of time as Grafana's backend writes it: in the largest unit that leaves no rest."""
    for unit in ("d", "h", "m", "s"):
        if milliseconds % _UNITS[unit] == 0:
            return f"{milliseconds // _UNITS[unit]}{unit}"
    return f"{milliseconds}ms"


def formatted(value: str | list[str], form: str | None) -> str:
    """A variable's value in a format."""
    if form is None or form == "raw":
        return value if isinstance(value, str) else ",".join(value)
    assert form == "regex", f"what Grafana makes of format {form!r} is not known here"
    escaped = [_SPECIAL.sub(r"\\\g<0>", each) for each in ([value] if isinstance(value, str) else value)]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def variables(board: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The variables of a dashboard by name."""
    return {each["name"]: each for each in board["templating"]["list"]}


def filled(board: Mapping[str, Any], query: str, view: View, least: str = "1m") -> str:
    """A query as it is sent."""
    known = variables(board)

    def value_of(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        assert name in known, f"there is no variable {name!r}"
        said = view.chosen.get(name, known[name].get("current", {}).get("value", ""))
        if said in ("$__all", ["$__all"]):
            return str(known[name]["allValue"])
        return formatted(said, found[2])

    lasts = interval(view, least)
    text = _VARIABLE.sub(value_of, query)
    text = text.replace("$timeFilter", f"time >= {view.start}ms and time <= {view.end}ms")
    return text.replace("$__interval_ms", str(lasts)).replace("$__interval", written(lasts))


def boards() -> dict[str, dict[str, Any]]:
    """The dashboards as they are committed, by the names of their files."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def asked(board: Mapping[str, Any], view: View) -> Iterator[tuple[str, str]]:
    """All queries of a dashboard, each with what it is for."""
    for panel in board["panels"]:
        for target in panel["targets"]:
            name = f"{panel['title']} / {target['refId']}"
            yield name, filled(board, target["query"], view.of(panel), panel.get("interval") or "1m")
    for each in board["annotations"]["list"]:
        yield f"annotation {each['name']}", filled(board, each["target"]["query"], view)
    for each in board["templating"]["list"]:
        if each["type"] == "query":
            yield f"variable {each['name']}", filled(board, each["query"], view)
