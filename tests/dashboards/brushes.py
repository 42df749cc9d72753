"""How each kind of panel is drawn with matplotlib, by what its JSON says: units, colours, thresholds, words.

A likeness, not Grafana: fonts, legends and the ground of maps are others.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.patches import Rectangle
from matplotlib.ticker import MultipleLocator

from tests.dashboards.answers import Frame

COLORS: Final = {
    "green": "#4c9f43", "red": "#d92d3f", "orange": "#f2780c", "yellow": "#e8b90c", "blue": "#3274d9",
    "purple": "#9a4fc0", "dark-purple": "#6c2a93", "light-orange": "#f9a45c", "super-light-green": "#a9d49f",
    "text": "#8a8f98",
}  # fmt: skip
PALETTE: Final = (
    "#3274d9",
    "#f2780c",
    "#4c9f43",
    "#9a4fc0",
    "#d92d3f",
    "#17a2a2",
    "#b8860b",
    "#e377c2",
    "#6b7280",
)
INK, PALE, LINE = "#24292e", "#6b7280", "#e3e5e8"
_MANY: Final = 9
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_DAY_MS: Final = 86_400_000
"""Matplotlib counts in days."""
_STEPS: Final = (
    1,
    5,
    15,
    60,
    300,
    900,
    1_800,
    3_600,
    7_200,
    21_600,
    43_200,
    _DAY,
    2 * _DAY,
    7 * _DAY,
    30 * _DAY,
)


def shown(value: Any, unit: str) -> str:
    """A value in its unit, about as Grafana writes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if unit == "s":
        for name, seconds in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
            if value >= seconds:
                return f"{value / seconds:.1f} {name}".replace(".0 ", " ")
        return f"{value:.2g} s"
    if unit == "percentunit":
        return f"{value:.1%}".replace("100.0%", "100%")
    ends = {"percent": " %", "humidity": " %", "celsius": " °C", "accG": " g", "ms": " ms", "reqps": "/s"}
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:.3g}"
    return number + ends.get(unit, "")


def color_of(value: Any, thresholds: Mapping[str, Any] | None) -> str:
    """The colour that thresholds give a value."""
    steps = (thresholds or {}).get("steps", [{"value": None, "color": "green"}])
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return COLORS[reached[-1]]


def overridden(panel: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the overrides say of a series or column."""
    found: dict[str, Any] = {}
    for each in panel["fieldConfig"]["overrides"]:
        matcher = each["matcher"]
        pattern = matcher["options"].strip("/")
        if matcher["options"] == name or (matcher["id"] == "byRegexp" and re.search(pattern, name)):
            found.update({said["id"]: said["value"] for said in each["properties"]})
    return found


def draw_stat(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """A figure on its colour."""
    defaults = panel["fieldConfig"]["defaults"]
    wanted = (panel["options"]["reduceOptions"].get("fields") or "").strip("/^$")
    values = [
        value
        for frame in frames
        for name, column in frame.columns.items()
        if name != "Time" and (not wanted or name == wanted)
        for value in column
        if value is not None
    ]
    value = values[-1] if values else None
    text = shown(value, defaults["unit"]) if values else defaults["noValue"]
    number = value if isinstance(value, int | float) else 0
    axes.set_facecolor(color_of(number, defaults.get("thresholds")) if values else "#9aa0a8")
    box = axes.get_window_extent()
    size = min(box.height * 0.36, box.width / max(len(text), 2) * 1.05)
    axes.text(0.5, 0.42, text, size=size, weight="bold", color="white", ha="center", va="center",
              transform=axes.transAxes)  # fmt: skip


def draw_bars(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """A bar for each series, its value beside it."""
    defaults = panel["fieldConfig"]["defaults"]
    values = {frame.name: frame.columns["Value"][-1] for frame in frames}
    if not values:
        nothing(axes, defaults["noValue"])
        return
    most = defaults.get("max") or max(values.values()) or 1
    for index, value in enumerate(reversed(values.values())):
        axes.barh(index, most, color="#f0f1f3", height=0.7)
        axes.barh(index, value, color=color_of(value, defaults.get("thresholds")), height=0.7)
        axes.text(most * 1.02, index, shown(value, defaults["unit"]), size=8, va="center", color=INK)
    axes.set_yticks(range(len(values)), list(reversed(values)), size=8, color=INK)
    axes.set_xlim(0, most * 1.18)
    _bare(axes)


def draw_course(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """Lines or stacked bars over time."""
    defaults = panel["fieldConfig"]["defaults"]
    if not frames:
        nothing(axes, defaults["noValue"])
        return
    custom = defaults["custom"]
    base: dict[Any, float] = {}
    for index, frame in enumerate(frames):
        said = overridden(panel, frame.name)
        color = COLORS.get(said.get("color", {}).get("fixedColor", ""), PALETTE[index % len(PALETTE)])
        points = [(t, v) for t, v in zip(*frame.columns.values(), strict=True) if v is not None]
        times = [t / _DAY_MS for t, _ in points]
        values = [v for _, v in points]
        label = frame.name if index < _MANY else None
        if custom["drawStyle"] == "bars":
            bottom = [base.get(t, 0.0) for t, _ in points]
            axes.bar(
                times, values, width=frame.lasts * 0.9, bottom=bottom, color=color, label=label, align="edge"
            )
            base.update({t: base.get(t, 0.0) + v for t, v in points})
            continue
        stepped = "steps-post" if custom.get("lineInterpolation") == "stepAfter" else "default"
        style = "--" if "custom.lineStyle" in said else "-"
        dots = "o" if custom.get("showPoints") == "always" else ""
        axes.plot(
            times, values, color=color, label=label, drawstyle=stepped, linestyle=style, marker=dots, lw=1.4
        )
    _timed(axes, defaults["unit"], defaults.get("min"))


def draw_stages(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """A strip for each series, coloured by its state."""
    options = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    for index, frame in enumerate(reversed(frames)):
        times = [t / _DAY_MS for t in frame.columns["Time"]]
        colors = [COLORS[options[str(int(value))]["color"]] for value in frame.columns["Value"]]
        for begin, end, color in zip(times, [*times[1:], times[-1]], colors, strict=True):
            axes.barh(index, end - begin, 0.7, left=begin, color=color)
    names = [frame.name for frame in reversed(frames)]
    axes.set_yticks(range(len(names)), names, size=8, color=INK)
    words = {COLORS[each["color"]]: each["text"] for each in options.values()}
    axes.legend([Rectangle((0, 0), 1, 1, color=color) for color in words], list(words.values()), fontsize=7,
                frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.12))  # fmt: skip
    _bare(axes, keep=True)


def draw_table(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """Rows as many as there is room for."""
    defaults = panel["fieldConfig"]["defaults"]
    if not frames or not frames[0].rows:
        nothing(axes, defaults["noValue"])
        return
    (frame,) = frames
    order = list(range(frame.rows))
    for by in panel["options"].get("sortBy", ()):
        column = frame.columns[by["displayName"]]
        order.sort(key=[-1 if each is None else each for each in column].__getitem__, reverse=True)
    room = int(axes.get_window_extent().height / 21) - 1
    widths = [_wide(name, values) for name, values in frame.columns.items()]
    total = sum(widths)
    step = 1 / (room + 1)
    x = 0.0
    for (name, values), width in zip(frame.columns.items(), widths, strict=True):
        axes.text(x + 0.004, 1 - step / 2, name, size=8, weight="bold", color=PALE, va="center",
                  transform=axes.transAxes, clip_on=True)  # fmt: skip
        for row, index in enumerate(order[:room], 1):
            _cell(axes, panel, name, values[index], (x, 1 - step * (row + 1), width / total, step))
        x += width / total
    _bare(axes)


def _cell(axes: Axes, panel: Mapping[str, Any], name: str, value: Any, at: tuple[float, ...]) -> None:
    said = overridden(panel, name)
    unit = said.get("unit", panel["fieldConfig"]["defaults"]["unit"])
    words = {} if "mappings" not in said else said["mappings"][0]["options"]
    word = words.get(str(value), {})
    is_time = name in ("Time", "When")
    text = _moment(value) if is_time else word.get("text") or shown(value, unit)
    x, y, width, height = at
    color = INK
    if "color" in word and said.get("custom.cellOptions", {}).get("type") == "color-background":
        axes.add_patch(Rectangle((x, y + 0.08 * height), width * 0.96, height * 0.84, color=COLORS[word["color"]],
                                 transform=axes.transAxes))  # fmt: skip
        color = "white"
    elif "color" in word:
        color = COLORS[word["color"]]
    elif "thresholds" in said and value is not None:
        color = color_of(value, said["thresholds"])
    axes.text(x + 0.004, y + height / 2, text, size=8, color=color, va="center", transform=axes.transAxes,
              clip_on=True)  # fmt: skip


def draw_map(axes: Axes, panel: Mapping[str, Any], frames: Sequence[Frame]) -> None:
    """Spots where they are, on bare ground."""
    if not frames:
        nothing(axes, panel["fieldConfig"]["defaults"]["noValue"])
        return
    columns = frames[0].columns
    (layer,) = panel["options"]["layers"]
    style = layer["config"]["style"]
    place = layer["location"]
    words = {}
    if "field" in style["color"]:
        words = overridden(panel, style["color"]["field"])["mappings"][0]["options"]
    for index in range(frames[0].rows):
        lat, lon = columns[place["latitude"]][index], columns[place["longitude"]][index]
        if lat is None:
            continue
        state = columns[style["color"]["field"]][index] if words else ""
        color = COLORS[words[state]["color"]] if words else COLORS["blue"]
        axes.plot(lon, lat, "o", color=color, ms=style["size"]["fixed"], alpha=0.85, mec="white", mew=0.5)
        if "text" in style:
            axes.annotate(columns[style["text"]["field"]][index], (lon, lat), (0, -12 - 9 * (index % 3)), size=7,
                          textcoords="offset points", ha="center", color=INK)  # fmt: skip
    axes.set_facecolor("#eef2f5")
    axes.grid(color="white", lw=1)
    axes.margins(0.12)
    axes.set_aspect(1.55, adjustable="datalim")
    axes.tick_params(labelsize=7, colors=PALE, length=0)


def nothing(axes: Axes, text: str) -> None:
    """The words that a panel has instead of figures."""
    axes.text(0.5, 0.5, text, size=11, color=PALE, ha="center", va="center", transform=axes.transAxes)
    _bare(axes)


DRAW: Final = {
    "stat": draw_stat,
    "bargauge": draw_bars,
    "timeseries": draw_course,
    "state-timeline": draw_stages,
    "table": draw_table,
    "geomap": draw_map,
}


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%a %d %b %H:%M")


def _wide(name: str, values: Sequence[Any]) -> float:
    longest = max((len(str(value)) for value in values if isinstance(value, str)), default=0)
    return min(26, max(len(name), longest, 8 if name not in ("Time", "When") else 17)) + 1


def _bare(axes: Axes, *, keep: bool = False) -> None:
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    if keep:
        _dates(axes)
    else:
        axes.set_xticks([])
        if not axes.get_yticklabels() or axes.get_yticklabels()[0].get_text() in ("", "0.0"):
            axes.set_yticks([])


def _dates(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call] # matplotlib has no types for dates
    form = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call] # likewise
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(form)
    axes.tick_params(labelsize=7, colors=PALE)


def _timed(axes: Axes, unit: str, least: float | None) -> None:
    _bare(axes, keep=True)
    if least is not None:
        axes.set_ylim(bottom=least)
    if unit == "s":
        step = next((each for each in _STEPS if axes.get_ylim()[1] <= 6 * each), _STEPS[-1])
        axes.yaxis.set_major_locator(MultipleLocator(step))
    axes.yaxis.set_major_formatter(lambda value, _: shown(round(value, 6), unit))
    axes.grid(color=LINE, lw=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=7, frameon=False, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.1))
