"""Alerts, and what operators say of them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.models.told import Counted, Free, SeverityWord, Time, Told, Zones
from gateway.tracking.model import Kind

_LONGEST = 2_000


class AlertSubject(Told):
    kind: Literal["return", "container", "device", "site"]
    id: str


class Alert(Told):
    """An alert as on its topic. `version` grows with each change; `details` depend on its kind."""

    id: str
    version: int
    kind: Kind
    subject: AlertSubject
    stop: int | None
    sensor: str | None
    site: str | None
    route: str | None
    since: Time
    opened_at: Time
    severity: SeverityWord
    state: Literal["open", "acknowledged", "snoozed", "resolved"]
    acknowledged_by: str | None
    snoozed_until: Time | None
    summary: str
    details: Free


class Comment(Told):
    at: Time
    by: str
    text: str


class AlertListed(Alert):
    """An alert with what operators did to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01KAQ3V8ZKJ4M4E8S4H3C6B0QW",
                    "version": 2,
                    "kind": "delayed",
                    "subject": {"kind": "return", "id": "SN-1002"},
                    "stop": 2,
                    "sensor": None,
                    "site": "HUB-LEJ",
                    "route": "cartridge-refill",
                    "since": "2026-11-22T18:00:00Z",
                    "opened_at": "2026-11-22T18:00:00Z",
                    "severity": "major",
                    "state": "acknowledged",
                    "acknowledged_by": "anna",
                    "snoozed_until": None,
                    "summary": "SN-1002 should have reached SORT-2 by 18:00",
                    "details": {"expected_sites": ["SORT-2"], "contents": []},
                    "container": None,
                    "acknowledged_at": "2026-11-22T18:04:10Z",
                    "resolved_at": None,
                    "reason": None,
                    "shelved": False,
                    "notified_at": "2026-11-22T18:01:00Z",
                    "comments": [{"at": "2026-11-22T18:05:00Z", "by": "anna", "text": "on the next van"}],
                }
            ]
        }
    )

    container: str | None
    acknowledged_at: Time | None
    resolved_at: Time | None
    reason: str | None
    shelved: bool
    notified_at: Time | None
    comments: list[Comment]


class AlertPage(Counted[AlertListed]):
    """A page of alerts, and how many match: of those open always, of those resolved where one page has them all."""

    severities: Annotated[
        dict[SeverityWord, int] | None,
        Field(
            description="How many open alerts of each severity match all that is asked for but `severity`; null of"
            " resolved ones.",
            examples=[{"critical": 2, "major": 31, "warning": 9, "minor": 0}],
        ),
    ]


class AlertWhole(AlertListed):
    """An alert with its history: each transition, and what operators did, oldest first."""

    model_config = ConfigDict(json_schema_extra={})

    history: list[Free]
    zones: Zones


class Saying(BaseModel):
    """What an operator may say with an action."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "on it"}]})

    comment: Annotated[str | None, Field(min_length=1, max_length=_LONGEST)] = None


class Snoozing(Saying):
    """How long to be quiet: until a time, or for a span; one of them."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"for": "4h"}, {"until": "2026-11-23T08:00:00Z"}]}
    )

    until: Annotated[str | None, Field(max_length=64, description="RFC 3339.")] = None
    span: Annotated[
        str | None, Field(alias="for", max_length=64, description="A duration: 90m, 4h, 1d12h.")
    ] = None


class Commenting(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "found it"}]})

    text: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
