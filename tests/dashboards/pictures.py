"""`python -m tests.dashboards.pictures`: draws each dashboard from a real InfluxDB's answers to its queries.

For the README, so that a reader sees what a dashboard shows: three simulated weeks go into the database, the committed
queries are filled as Grafana fills them, and matplotlib draws what comes back. `--only NAME` draws one.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import pyplot as plt

from gateway.tracking.instants import DAY, Duration
from tests.dashboards.brushes import DRAW, INK, LINE, PALE
from tests.dashboards.filling import View, boards, length
from tests.dashboards.looking import Grafana
from tests.dashboards.week import Week, week
from tests.servers.influxdb import InfluxDB

FOLDER: Final = Path(__file__).parents[2] / "docs" / "dashboards"
CAPTION: Final = (
    "Drawn with matplotlib from what InfluxDB 2.7 answered to this dashboard's queries, of three simulated weeks. "
    "A likeness: Grafana's own fonts, legends and maps differ."
)
MADE_UP: Final = {
    "gateway-health": " Lag, commit time, broker and database are made up: in virtual time there are none."
}
WIDTH, UNIT = 16.0, 0.40
"""Inches: of the picture, and of a row of Grafana's grid."""
HEAD, FOOT = 0.75, 0.35
BEFORE: Final = Duration(14 * DAY)


def draw(grafana: Grafana, name: str, view: View) -> Path:
    """Draws one dashboard."""
    board = grafana.boards[name]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    height = rows * UNIT + HEAD + FOOT
    figure = plt.figure(figsize=(WIDTH, height), dpi=75, facecolor="#f4f5f5")
    figure.text(0.012, 1 - 0.3 / height, board["title"], size=19, weight="bold", color=INK, va="center")
    figure.text(0.012, 1 - 0.58 / height, board["description"], size=10, color=PALE, va="center")
    figure.text(0.012, 0.13 / height, CAPTION + MADE_UP.get(name, ""), size=8, color=PALE, va="center")
    for panel in board["panels"]:
        _panel(figure, grafana, name, panel, (view, height))
    path = FOLDER / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, pil_kwargs={"optimize": True})
    plt.close(figure)
    return path


def _panel(
    figure: Any, grafana: Grafana, name: str, panel: Mapping[str, Any], seen: tuple[View, float]
) -> None:
    view, height = seen
    place = panel["gridPos"]
    gap = 0.06
    left, wide = place["x"] / 24 * WIDTH + gap, place["w"] / 24 * WIDTH - 2 * gap
    top = HEAD + place["y"] * UNIT + gap
    high = place["h"] * UNIT - 2 * gap
    card = figure.add_axes((left / WIDTH, 1 - (top + high) / height, wide / WIDTH, high / height))
    card.set_xticks([])
    card.set_yticks([])
    for side in card.spines.values():
        side.set_color(LINE)
    is_stat = panel["type"] == "stat"
    frames = grafana.looks(name, panel, view)
    if is_stat:
        DRAW["stat"](card, panel, frames)
    card.text(0.1 / wide, 1 - 0.17 / high, panel["title"], size=9.5, weight="bold", va="center",
              color="white" if is_stat else INK, transform=card.transAxes)  # fmt: skip
    if is_stat:
        return
    # Where there are names beside bars they need room, and under courses there are dates and a legend.
    names = max((len(frame.name) for frame in frames), default=0)
    kind = panel["type"]
    beside = {"table": 0.1, "geomap": 0.35}.get(kind, 0.55)
    if kind in ("bargauge", "state-timeline"):
        beside = 0.25 + 0.075 * names
    below = {"table": 0.05, "geomap": 0.22, "bargauge": 0.1}.get(kind, 0.55)
    box = (left + beside, top + 0.38, wide - beside - 0.12, high - 0.38 - below)
    inner = figure.add_axes(
        (box[0] / WIDTH, 1 - (box[1] + box[3]) / height, box[2] / WIDTH, box[3] / height), facecolor="white"
    )
    DRAW[kind](inner, panel, frames)


def _looked_at(board: Mapping[str, Any], lived: Week, item: str) -> View:
    until = lived.end // 1000 + 1
    back = length(str(board["time"]["from"]).removeprefix("now-"))
    return View(until - back, until, {"item": item})


def _storied(lived: Week) -> str:
    """A return of which there is an open alert and as much else to tell as of any."""
    with lived.state.reader() as unit:
        open_ = {row.subject.id for row in unit.list_alerts(resolved=False, after=None, limit=1_000)}
    told: dict[str, int] = {}
    for point in lived.points:
        item = str(point.fields.get("item", point.fields.get("subject")))
        if item in open_ and item.startswith("SN") and point.measurement in ("scan", "leg", "dwell", "alert"):
            told[item] = told.get(item, 0) + 1
    return max(sorted(told), key=lambda each: told[each])


def main(only: str | None) -> None:
    """Draws them all, or one."""
    mpl.use("Agg")
    plt.rcParams["font.family"] = "DejaVu Sans"
    lived = week(before=BEFORE)
    item = _storied(lived)
    with tempfile.TemporaryDirectory() as folder, InfluxDB(Path(folder)) as server:
        grafana = Grafana(server, server.new_bucket())
        grafana.write(lived.points)
        for name, board in boards().items():
            if only in (None, name):
                path = draw(grafana, name, _looked_at(board, lived, item))
                sys.stdout.write(f"{path} {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main(sys.argv[2] if sys.argv[1:2] == ["--only"] else None)
