"""MQTT messages from outside: which channel a topic is, what topics are called, how large a message may be.

An id becomes a topic level only here, and only if it is one: no `/`, no wildcard. Nothing here knows payloads.
"""

import re
from typing import Final, Literal, NamedTuple, cast

ID_PATTERN: Final = "[A-Za-z0-9._:-]{1,64}"
"""Ids of devices, sources, sites, routes and events; ids of items and containers are freer (`gateway.identity`)."""
ID_SAYS: Final = "1 to 64 of A-Z a-z 0-9 . _ : -"
is_id: Final = re.compile(ID_PATTERN).fullmatch

_CHANNEL = re.compile(rf"device/({ID_PATTERN})/(scan|position|status)|source/({ID_PATTERN})/announce")

LARGEST: Final = 65_536
"""Bytes of a message, in either direction."""

What = Literal["scan", "position", "status", "announce"]


class Channel(NamedTuple):
    """Where a device or source publishes: who it is and what it says there. The id is the broker's word."""

    kind: Literal["device", "source"]
    id: str
    what: What


def parse_channel(path: str) -> Channel | None:
    """The channel of a topic without its root, such as `device/scan-1/scan`; None if it is none."""
    match = _CHANNEL.fullmatch(path)
    if match is None:
        return None
    if match[1] is None:
        return Channel("source", match[3], "announce")
    return Channel("device", match[1], cast(What, match[2]))


def parse_topic(root: str, topic: str) -> Channel | None:
    """The channel of a topic below the root (`returns/v1`); None if devices and sources do not publish there."""
    if not topic.startswith(root + "/"):
        return None
    return parse_channel(topic[len(root) + 1 :])


def subscriptions(root: str) -> tuple[str, ...]:
    """The filters under which a gateway hears all devices and sources."""
    return tuple(
        f"{root}/{path}"
        for path in ("device/+/scan", "device/+/position", "device/+/status", "source/+/announce")
    )


def channel_topic(root: str, channel: Channel) -> str:
    """Where the device or source publishes."""
    return f"{root}/{channel.kind}/{_level(channel.id)}/{channel.what}"


def receipt_topic(root: str, channel: Channel) -> str:
    """Where the device or source of the channel hears what became of its events."""
    return f"{root}/{channel.kind}/{_level(channel.id)}/receipt"


def alert_topic(root: str, alert_id: str) -> str:
    """The retained alert while it is open."""
    return f"{root}/alert/{_level(alert_id)}"


def alert_filter(root: str) -> str:
    """The filter for all retained alerts."""
    return f"{root}/alert/+"


def alert_log_topic(root: str) -> str:
    """Each transition of an alert."""
    return f"{root}/alert-log"


def gateway_topic(root: str, instance_id: str) -> str:
    """A gateway's own retained status and last will."""
    return f"{root}/gateway/{_level(instance_id)}/status"


def _level(id_: str) -> str:
    if is_id(id_) is None:
        raise ValueError(f"{id_!r} cannot be a level of a topic; ids are {ID_SAYS}")
    return id_
