"""Grafana's own alert rules: their queries are answered, and each fires when it should and only then."""

from collections.abc import Callable
from operator import gt, lt
from typing import Any, Final

import pytest
import yaml

from gateway.points import Point
from gateway.points.schema import GATEWAY, SCAN, made
from gateway.tracking.instants import MINUTE, Instant, instant
from tests.dashboards.filling import SECOND, View, filled
from tests.dashboards.looking import Grafana
from tests.dashboards.test_written import PROVISIONING

FILE: Final = PROVISIONING / "alerting" / "rules.yaml"
RULES: Final[dict[str, dict[str, Any]]] = {
    rule["uid"]: rule
    for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
NOW: Final = instant("2026-11-20T15:00:00Z")
_REDUCERS: Final[dict[str, Callable[[list[float]], float]]] = {"last": lambda values: values[-1], "min": min}
_COMPARES: Final = {"lt": lt, "gt": gt}
NOBODY: Final[dict[str, Any]] = {"templating": {"list": []}}


def fires(grafana: Grafana, uid: str, now: Instant = NOW) -> bool:
    """Whether a rule's condition holds, as Grafana evaluates it: query, reduce, threshold."""
    rule = RULES[uid]
    query, reduced, compared = (each["model"] for each in rule["data"])
    until = now // 1000
    view = View(until - rule["data"][0]["relativeTimeRange"]["from"] * SECOND, until)
    series = grafana.answers(filled(NOBODY, query["query"], view))
    values = [row[1] for each in series for row in each["values"] if row[1] is not None]
    if not values:
        return bool(rule["noDataState"] == "Alerting")
    (condition,) = compared["conditions"]
    of = condition["evaluator"]
    return bool(_COMPARES[of["type"]](_REDUCERS[reduced["reducer"]](values), of["params"][0]))


def reports(minutes: range, **fields: float) -> list[Point]:
    """A gateway's samples, so many minutes ago each."""
    said = {"outbox": 0, "series_behind_s": 0.0, **fields}
    return [made(GATEWAY, Instant(NOW - each * MINUTE), 0, {"instance": "gw-1"}, said) for each in minutes]


def scans(minutes_ago: int) -> list[Point]:
    at = Instant(NOW - minutes_ago * MINUTE)
    return [made(SCAN, at, 1, {"site": "HUB", "step": "arriving"}, {"event_id": "e1", "item": "A"})]


HOUR_LONG: Final = range(60)


@pytest.mark.parametrize(
    ("uid", "points", "expected"),
    [
        ("returns-silent", [], True),
        ("returns-silent", reports(range(6, 60)), True),
        ("returns-silent", reports(HOUR_LONG), False),
        ("returns-silent", reports(range(4, 60)), False),
        ("returns-outbox", reports(HOUR_LONG, outbox=20_000), True),
        ("returns-outbox", reports(HOUR_LONG, outbox=9_000), False),
        ("returns-outbox", [*reports(HOUR_LONG, outbox=20_000), *reports(range(3, 4), outbox=10)], False),
        ("returns-outbox", [], False),
        ("returns-behind", reports(HOUR_LONG, series_behind_s=1_000.0), True),
        ("returns-behind", reports(HOUR_LONG, series_behind_s=30.0), False),
        ("returns-behind", [], False),
        ("returns-no-events", [], True),
        ("returns-no-events", scans(121), True),
        ("returns-no-events", scans(119), False),
    ],
)
def test_a_rule_fires_when_it_should(fresh: Grafana, uid: str, points: list[Point], expected: bool) -> None:
    fresh.write(points)
    assert fires(fresh, uid) is expected


def test_none_fires_at_the_end_of_the_week(grafana: Grafana) -> None:
    assert [uid for uid in RULES if fires(grafana, uid)] == []


@pytest.mark.parametrize("uid", RULES)
def test_a_rule_says_what_is_wrong_what_to_do_and_whom_it_concerns(uid: str) -> None:
    rule = RULES[uid]
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["description"]
    assert rule["labels"]["service"] == "returns-gateway"
    assert rule["labels"]["severity"] in ("critical", "major", "warning", "minor")
    assert [each["refId"] for each in rule["data"]] == ["A", "B", "C"]
    assert rule["condition"] == "C"
    assert [each["datasourceUid"] for each in rule["data"]] == ["returns-influxdb", "__expr__", "__expr__"]
    assert "contactPoint" not in str(rule)


def test_outside_working_hours_nobody_is_told_that_nothing_is_scanned() -> None:
    assert RULES["returns-no-events"]["labels"]["when"] == "working-hours"
    timings = yaml.safe_load((PROVISIONING / "alerting" / "mute-timings.yaml").read_text(encoding="utf-8"))
    (timing,) = timings["muteTimes"]
    assert timing["name"] in RULES["returns-no-events"]["annotations"]["description"]
