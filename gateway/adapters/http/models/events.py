"""What is sent in, and the receipts that answer it; quarantine; sessions; the trail; health."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.adapters.http.models.told import Free, Time, Told
from gateway.tracking.model import Verdict
from gateway.wire.faults import Reason
from gateway.wire.payloads import MOST_ELEMENTS

Topic = Annotated[
    str,
    Field(
        max_length=160,
        pattern=r"^(device/[A-Za-z0-9._:-]{1,64}/(scan|position|status)|source/[A-Za-z0-9._:-]{1,64}/announce)$",
        examples=["device/scan-ber-1/scan"],
    ),
]


class Event(BaseModel):
    """A message as over MQTT: its topic without the root, and its payload, one event or an array of them."""

    model_config = ConfigDict(extra="forbid")

    topic: Topic
    payload: Annotated[
        dict[str, Any] | list[Any], Field(description="As interfaces.md has it for the topic.")
    ]


Events = Annotated[
    list[Event],
    Field(
        min_length=1,
        max_length=MOST_ELEMENTS,
        examples=[
            [
                {
                    "topic": "device/scan-ber-1/scan",
                    "payload": {
                        "id": "01JD8Z5K2M",
                        "at": "2026-11-22T09:14:03.120+01:00",
                        "step": "collecting",
                        "item": "SN-1001",
                    },
                }
            ]
        ],
    ),
]


class Result(BaseModel):
    """What became of one event."""

    model_config = ConfigDict(extra="forbid")

    id: str | None
    result: Literal["accepted", "duplicate", "quarantined"]
    verdict: Verdict | None = None
    reason: Reason | None = None
    items: dict[str, Verdict] | None = None
    message: str | None = None
    next: dict[str, Free] | None = None
    sha256: str | None = None


class Receipt(Told):
    """The receipt of one message; a status has no results."""

    topic: str
    at: Time
    results: list[Result]


class Receipts(Told):
    receipts: Annotated[list[Receipt], Field(description="One for each message, in their order.")]


Announcements = Annotated[
    dict[str, Any] | list[dict[str, Any]],
    Field(
        description="One announcement, or up to 500: the payload of source/<id>/announce. In a single one `id` may be"
        " left out where the request has an Idempotency-Key, and `at` where it is now.",
        examples=[
            {
                "id": "rma-4711-1",
                "at": "2026-11-22T08:00:00Z",
                "item": "SN-1001",
                "route": "cartridge-refill",
                "due_at": "2026-12-02T08:00:00Z",
                "rma": "4711",
            }
        ],
    ),
]


class Entry(Told):
    """What could not be accepted: the payload as it came, and why. In a list long payloads are `cut`."""

    id: str
    status: Literal["held", "accepted", "discarded"]
    reason: Reason
    message: str
    topic: str
    received_at: Time
    event_id: str | None
    field: str | None
    value: str | None
    seen: int
    payload: str
    cut: bool
    trace: str | None


class Correcting(BaseModel):
    """What to put right before it is tried again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"site": "HUB-LEJ"}]})

    site: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = None
    at: Annotated[str | None, Field(max_length=64, description="RFC 3339.")] = None
    why: Annotated[str | None, Field(max_length=500)] = None


class Discarding(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"why": "a test"}]})

    why: Annotated[str | None, Field(max_length=500)] = None


class Retried(Told):
    """What a retry came to: `accepted`, `known` (its event was taken in meanwhile), or `refused` again."""

    id: str
    outcome: Literal["accepted", "known", "refused"]
    reason: Reason | None
    message: str | None


class Discarded(Told):
    id: str
    status: Literal["discarded"]


class LoggingIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"token": "rgw_…"}]})

    token: Annotated[str, Field(min_length=1, max_length=256)]


class SessionView(Told):
    """Who works here. `csrf`: what unsafe requests of a session repeat as X-CSRF-Token; null with a bearer token."""

    name: str
    role: Literal["viewer", "operator", "integrator", "admin"]
    source: str | None
    csrf: str | None
    expires_at: Time | None


class Audited(Told):
    """One action in the trail."""

    seq: int
    at: Time
    who: str
    role: str
    action: str
    target: str
    why: str | None
    details: Free


class Trail(Told):
    items: list[Audited]
    next: str | None


class Alive(Told):
    alive: Literal[True]
    version: str


class PartView(Told):
    ready: bool
    reason: str


class Readiness(Told):
    """Whether it can serve, and which part is not as it should be."""

    ready: bool
    parts: dict[str, PartView]
