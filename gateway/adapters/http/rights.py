"""Who may do what: one table of routes and actions, one of actions and roles. What is in neither is denied.

A route that is added without a line here answers 403 to everybody, and a test says so.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a token is for."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Looks, and acts on alerts and quarantine."""
    INTEGRATOR = "integrator"
    """A system: announces for its source, captures events, reads where goods are."""
    ADMIN = "admin"


class Action(StrEnum):
    PROBE = "probe"
    DESCRIBE = "describe"
    MEASURE = "measure"
    LOG_IN = "log_in"
    SESSION = "session"
    READ_GOODS = "read_goods"
    READ_NETWORK = "read_network"
    READ_ALERTS = "read_alerts"
    READ_DEVICES = "read_devices"
    READ_QUARANTINE = "read_quarantine"
    READ_AUDIT = "read_audit"
    FOLLOW = "follow"
    ACT_ON_ALERTS = "act_on_alerts"
    ACT_ON_QUARANTINE = "act_on_quarantine"
    ANNOUNCE = "announce"
    SEND_EVENTS = "send_events"
    """Within their source only, if they are bound to one."""
    CAPTURE_EPCIS = "capture_epcis"
    READ_EPCIS = "read_epcis"


_EVERYONE: Final = frozenset(Role)
_DESK: Final = frozenset({Role.VIEWER, Role.OPERATOR, Role.ADMIN})
_OPERATORS: Final = frozenset({Role.OPERATOR, Role.ADMIN})
_SYSTEMS: Final = frozenset({Role.INTEGRATOR, Role.ADMIN})

PUBLIC: Final = frozenset({Action.PROBE, Action.DESCRIBE, Action.LOG_IN})
"""Needs no token: says nothing of goods, or is how one is shown."""

RIGHTS: Final[Mapping[Action, frozenset[Role]]] = {
    Action.MEASURE: _DESK,
    Action.SESSION: _EVERYONE,
    Action.READ_GOODS: _EVERYONE,
    Action.READ_NETWORK: _EVERYONE,
    Action.READ_ALERTS: _DESK,
    Action.READ_DEVICES: _DESK,
    Action.READ_QUARANTINE: _OPERATORS,
    Action.READ_AUDIT: frozenset({Role.ADMIN}),
    Action.FOLLOW: _DESK,
    Action.ACT_ON_ALERTS: _OPERATORS,
    Action.ACT_ON_QUARANTINE: _OPERATORS,
    Action.ANNOUNCE: _SYSTEMS,
    Action.SEND_EVENTS: _SYSTEMS,
    Action.CAPTURE_EPCIS: _SYSTEMS,
    Action.READ_EPCIS: _EVERYONE,
}

ROUTES: Final[Mapping[tuple[str, str], Action]] = {
    ("GET", "/healthz"): Action.PROBE,
    ("GET", "/readyz"): Action.PROBE,
    ("GET", "/metrics"): Action.MEASURE,
    ("GET", "/api/openapi.json"): Action.DESCRIBE,
    ("POST", "/api/v1/session"): Action.LOG_IN,
    ("GET", "/api/v1/session"): Action.SESSION,
    ("DELETE", "/api/v1/session"): Action.SESSION,
    ("POST", "/api/v1/events"): Action.SEND_EVENTS,
    ("POST", "/api/v1/returns"): Action.ANNOUNCE,
    ("GET", "/api/v1/returns"): Action.READ_GOODS,
    ("GET", "/api/v1/return"): Action.READ_GOODS,
    ("GET", "/api/v1/containers"): Action.READ_GOODS,
    ("GET", "/api/v1/container"): Action.READ_GOODS,
    ("GET", "/api/v1/container/positions"): Action.READ_GOODS,
    ("GET", "/api/v1/devices"): Action.READ_DEVICES,
    ("GET", "/api/v1/alerts"): Action.READ_ALERTS,
    ("GET", "/api/v1/alerts/{alert_id}"): Action.READ_ALERTS,
    ("POST", "/api/v1/alerts/{alert_id}/acknowledge"): Action.ACT_ON_ALERTS,
    ("POST", "/api/v1/alerts/{alert_id}/resolve"): Action.ACT_ON_ALERTS,
    ("POST", "/api/v1/alerts/{alert_id}/snooze"): Action.ACT_ON_ALERTS,
    ("POST", "/api/v1/alerts/{alert_id}/comment"): Action.ACT_ON_ALERTS,
    ("GET", "/api/v1/sites"): Action.READ_NETWORK,
    ("GET", "/api/v1/routes"): Action.READ_NETWORK,
    ("GET", "/api/v1/kpis"): Action.READ_NETWORK,
    ("GET", "/api/v1/quarantine"): Action.READ_QUARANTINE,
    ("GET", "/api/v1/quarantine/{entry_id}"): Action.READ_QUARANTINE,
    ("POST", "/api/v1/quarantine/{entry_id}/retry"): Action.ACT_ON_QUARANTINE,
    ("POST", "/api/v1/quarantine/{entry_id}/discard"): Action.ACT_ON_QUARANTINE,
    ("GET", "/api/v1/audit"): Action.READ_AUDIT,
    ("GET", "/api/v1/stream"): Action.FOLLOW,
    ("POST", "/epcis/v2/capture"): Action.CAPTURE_EPCIS,
    ("GET", "/epcis/v2/capture"): Action.CAPTURE_EPCIS,
    ("GET", "/epcis/v2/capture/{capture_id}"): Action.CAPTURE_EPCIS,
    ("OPTIONS", "/epcis/v2/capture"): Action.CAPTURE_EPCIS,
    ("POST", "/epcis/v2/events"): Action.CAPTURE_EPCIS,
    ("OPTIONS", "/epcis/v2/events"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/events"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/events/{event_id}"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/queries"): Action.READ_EPCIS,
    ("GET", "/epcis/v2"): Action.READ_EPCIS,
    ("OPTIONS", "/epcis/v2"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/{resource}"): Action.READ_EPCIS,
    ("OPTIONS", "/epcis/v2/{resource}"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/{resource}/{member}"): Action.READ_EPCIS,
    ("OPTIONS", "/epcis/v2/{resource}/{member}"): Action.READ_EPCIS,
    ("GET", "/epcis/v2/{resource}/{member}/events"): Action.READ_EPCIS,
    ("OPTIONS", "/epcis/v2/{resource}/{member}/events"): Action.READ_EPCIS,
}


def may(role: Role, action: Action) -> bool:
    """Whether a role may do something that is not public."""
    return role in RIGHTS.get(action, frozenset())
