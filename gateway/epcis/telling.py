"""A scan or position that was taken in → the EPCIS event that it is.

An event that came as EPCIS is told as it came, where what was kept of it is still valid and still about this event:
whoever can send scans could have put anything beside one. Packing and unpacking are AggregationEvents, and so are
items seen with their container; everything else is an ObjectEvent. Captured again, an event says what it said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from gateway.epcis.documents import Placed
from gateway.epcis.extensions import AS_CONTAINER, for_position, for_scan
from gateway.epcis.names import (
    EventName,
    declaration_id,
    device_uri,
    event_id,
    event_uri,
    item_uri,
    our_event,
)
from gateway.epcis.places import Places, Spot, geo_uri
from gateway.epcis.sensors import reports
from gateway.epcis.validation import event_problems
from gateway.tracking.instants import Instant, instant, rfc3339
from gateway.tracking.model import LEAVING, Position, Scan

KEPT: Final = "epcis"
"""The field of a payload that keeps the event as it came: `event`, and `context` where it needs more than ours."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ACTIONS: Final = {"commissioning": "ADD", "decommissioning": "DELETE", "destroying": "DELETE"}
_CONTAINMENT: Final = {"packing": "ADD", "unpacking": "DELETE"}


class Retraction(NamedTuple):
    """That an event was a mistake: when it was said, by which event, and whether that says what is right.

    `declaration` is the errorDeclaration itself, where it came as EPCIS.
    """

    at: Instant
    by: EventName
    corrects: bool
    declaration: Mapping[str, Any] | None = None


def scan_event(scan: Scan, places: Places, zone: str) -> dict[str, Any] | None:
    """The event of a scan whose site is resolved; `zone` is the site's. None: it only takes others back."""
    if scan.step is None or scan.site is None:
        return None
    found = {**_head(scan, "ObjectEvent", zone), **_what(scan)}
    found["bizStep"] = scan.step
    if scan.disposition is not None:
        found["disposition"] = scan.disposition
    site = {"id": places.uri(scan.site)}
    found["readPoint"] = site
    if scan.step not in LEAVING:
        found["bizLocation"] = site
    return {**found, **for_scan(scan._asdict())}


def _what(scan: Scan) -> dict[str, Any]:
    """What it names, and as which type of event."""
    items = [item_uri(item) for item in scan.items]
    if scan.container is None:
        return {"action": _ACTIONS.get(scan.step or "", "OBSERVE"), "epcList": items}
    parent = item_uri(scan.container)
    if not items and scan.step != "unpacking":
        # An aggregation that is observed needs children.
        return {"action": "OBSERVE", "epcList": [parent], AS_CONTAINER: True}
    found: dict[str, Any] = {"type": "AggregationEvent", "parentID": parent}
    if items:
        found["childEPCs"] = items
    return {**found, "action": _CONTAINMENT.get(scan.step or "", "OBSERVE")}


def position_event(position: Position) -> dict[str, Any]:
    """The event of a position whose container is resolved."""
    where = Spot(position.lat, position.lon, position.altitude_m, position.accuracy_m)
    values = {**position._asdict(), **dict(position.sensors)}
    found = {
        **_head(position, "ObjectEvent", "UTC"),
        "action": "OBSERVE",
        "bizStep": "sensor_reporting",
        "epcList": [item_uri(position.container)] if position.container is not None else [],
        "readPoint": {"id": geo_uri(where)},
        AS_CONTAINER: True,
    }
    told = reports(values)
    if told:
        metadata = {"time": rfc3339(position.at), "deviceID": device_uri(position.device)}
        found["sensorElementList"] = [{"sensorMetadata": metadata, "sensorReport": told}]
    return {**found, **for_position(values)}


def _head(fact: Scan | Position, kind: str, zone: str) -> dict[str, Any]:
    local = (_EPOCH + timedelta(microseconds=fact.at)).astimezone(ZoneInfo(zone))
    offset = local.isoformat()[-6:]
    if local.microsecond % 1000:
        time = local.isoformat(timespec="microseconds")
    else:
        time = local.isoformat(timespec="milliseconds")
    return {
        "type": kind,
        "eventID": event_uri(EventName(fact.device, fact.id)),
        "eventTime": time,
        "eventTimeZoneOffset": offset,
    }


class AsItCame(NamedTuple):
    """An event as it was captured; `context` is what its document declared besides the standard's."""

    event: dict[str, Any]
    context: Any


def as_it_came(payload: Mapping[str, Any], name: EventName) -> AsItCame | None:
    """The captured event that a payload keeps; None: it keeps none, or none that is valid and this one."""
    kept = payload.get(KEPT)
    event = kept.get("event") if isinstance(kept, dict) else None
    if not isinstance(kept, dict) or not isinstance(event, dict) or not isinstance(event.get("eventID"), str):
        return None
    if event_problems(Placed(0, "", event), alone=False):
        return None
    id_ = (our_event(event["eventID"]) or EventName(name.device, event_id(event["eventID"]))).id
    if name.id != (declaration_id(id_) if "errorDeclaration" in event else id_):
        return None
    return AsItCame(event, kept.get("context"))


def retracted(event: dict[str, Any], retraction: Retraction) -> dict[str, Any]:
    """The event, declared an error."""
    if "errorDeclaration" in event:
        return event
    if retraction.declaration is not None:
        return {**event, "errorDeclaration": dict(retraction.declaration)}
    declaration: dict[str, Any] = {"declarationTime": rfc3339(retraction.at)}
    if retraction.corrects:
        declaration["correctiveEventIDs"] = [event_uri(retraction.by)]
    return {**event, "errorDeclaration": declaration}


def recorded(event: dict[str, Any], received_at: Instant) -> dict[str, Any]:
    """The event with the time at which it was taken in."""
    return {**event, "recordTime": rfc3339(received_at)}


def time_of(event: Mapping[str, Any]) -> Instant:
    """When an event happened."""
    return instant(event["eventTime"])
