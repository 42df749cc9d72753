"""Alert rules of Grafana's own, for what the gateway cannot tell about itself: that it is silent, or cannot deliver.

In the form of Grafana's file provisioning (its documentation, "Provision alerting resources"), which is JSON and so
also YAML. Who is told is left to Grafana's notification policies: every rule has the labels `service` and `severity`.
"""

import json
from typing import Any, Final, NamedTuple

from dashboards.board import FOLDER
from dashboards.influxql import EACH_SAMPLE, Select, call
from dashboards.narrowing import DATASOURCE, DATASOURCE_TYPE
from gateway.points import Field
from gateway.points.schema import GATEWAY, SCAN

_HEAD: Final = (
    "# Written by `make dashboards` from dashboards/rules.py; JSON is YAML too. Who is told is for your contact\n"
    "# points and notification policies to say: match on the labels `service` and `severity`.\n"
)


class Rule(NamedTuple):
    """A rule: where `query` gives more (or less) than `limit`, for so long, somebody should look.

    `query` looks back `within_s` seconds. `silence` is what no answer at all means: `Alerting` or `OK`.
    """

    uid: str
    title: str
    query: Select
    reducer: str
    compares: str
    limit: float
    within_s: int
    lasts: str
    silence: str
    severity: str
    summary: str
    remedy: str


_MINUTES: Final = 60
_LOAD: Final = Select(GATEWAY, {"v": call("max", Field.OUTBOX)}, every=EACH_SAMPLE)
_BEHIND: Final = Select(GATEWAY, {"v": call("max", Field.SERIES_BEHIND_S)}, every=EACH_SAMPLE)
_ALIVE: Final = Select(GATEWAY, {"v": call("count", Field.OUTBOX)})
_HEARD: Final = Select(SCAN, {"v": call("count", Field.EVENT_ID)})

RULES: Final = (
    Rule(
        "returns-silent",
        "Gateway silent",
        _ALIVE,
        "last",
        "lt",
        1,
        5 * _MINUTES,
        "1m",
        "Alerting",
        "critical",
        "The gateway has not reported for five minutes.",
        "Is it running, and can it reach InfluxDB? See its log; what devices send meanwhile waits with them.",
    ),
    Rule(
        "returns-outbox",
        "Outbox growing",
        _LOAD,
        "min",
        "gt",
        10_000,
        15 * _MINUTES,
        "5m",
        "OK",
        "major",
        "More than 10,000 things have been waiting to be delivered for a quarter of an hour.",
        "Look at the Gateway dashboard and at the log: which channel, broker or store does not take them?",
    ),
    Rule(
        "returns-behind",
        "Series behind",
        _BEHIND,
        "min",
        "gt",
        900,
        15 * _MINUTES,
        "5m",
        "OK",
        "warning",
        "What the dashboards show has been more than a quarter of an hour old for as long.",
        "Is InfluxDB slow, or its disk full? Nothing is lost; it is written as soon as it is taken.",
    ),
    Rule(
        "returns-no-events",
        "No events in working hours",
        _HEARD,
        "last",
        "lt",
        1,
        120 * _MINUTES,
        "5m",
        "Alerting",
        "major",
        "Nothing was scanned anywhere for two hours of a working day.",
        "Is the broker up, the Wi-Fi, the VPN? Set your hours by the mute timing `returns-outside-working-hours`.",
    ),
)


def rules() -> str:
    """The file of the rules."""
    group = {
        "orgId": 1,
        "name": "returns-gateway",
        "folder": FOLDER,
        "interval": "1m",
        "rules": [_rule(each) for each in RULES],
    }
    return _HEAD + json.dumps({"apiVersion": 1, "groups": [group]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    labels = {"service": "returns-gateway", "severity": rule.severity}
    if rule.uid == "returns-no-events":
        labels["when"] = "working-hours"
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "data": [_asked(rule), _reduced(rule), _compared(rule)],
        "noDataState": rule.silence,
        "execErrState": "Error",
        "for": rule.lasts,
        "annotations": {"summary": rule.summary, "description": rule.remedy},
        "labels": labels,
        "isPaused": False,
    }


def _asked(rule: Rule) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": rule.within_s, "to": 0},
        "datasourceUid": DATASOURCE,
        "model": {
            "refId": "A",
            "datasource": {"type": DATASOURCE_TYPE, "uid": DATASOURCE},
            "rawQuery": True,
            "query": str(rule.query),
            "resultFormat": "time_series",
            "intervalMs": 60_000,
            "maxDataPoints": 1_000,
        },
    }


def _expression(ref: str, what: str, of: str, **said: Any) -> dict[str, Any]:
    uid = "__expr__"
    model = {"refId": ref, "type": what, "expression": of, "datasource": {"type": uid, "uid": uid}, **said}
    return {"refId": ref, "relativeTimeRange": {"from": 0, "to": 0}, "datasourceUid": uid, "model": model}


def _reduced(rule: Rule) -> dict[str, Any]:
    return _expression("B", "reduce", "A", reducer=rule.reducer)


def _compared(rule: Rule) -> dict[str, Any]:
    condition = {"evaluator": {"type": rule.compares, "params": [rule.limit]}}
    return _expression("C", "threshold", "B", conditions=[condition])
