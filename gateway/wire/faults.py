"""Why an event is not taken in: the reasons of the interface, and for each a sentence with field, value and remedy.

A fault is found while decoding (`malformed` and its like) or by admission, which knows the network and the clock;
either way it becomes a `Rejection`, which quarantine keeps. Nothing here decides; the words are here, so that
receipts, quarantine and tests use the same. Instants and durations are microseconds.
"""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from gateway.tracking.instants import DAY, HOUR, MINUTE, SECOND, rfc3339
from gateway.wire.topics import is_id

_LONGEST_SHOWN: Final = 80


class Reason(StrEnum):
    """Why an event is in quarantine; the first that applies, in this order."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    NOT_AN_INSTANCE = "not_an_instance"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_SOURCE = "unknown_source"
    NOT_ALLOWED = "not_allowed"
    FUTURE_TIME = "future_time"
    TOO_OLD = "too_old"
    NO_SITE = "no_site"
    UNKNOWN_SITE = "unknown_site"
    NO_CONTAINER = "no_container"
    UNKNOWN_ROUTE = "unknown_route"
    INTERNAL = "internal"


class Rejection(NamedTuple):
    """An element that is not taken in, with all that quarantine keeps of it."""

    reason: Reason
    message: str
    field: str | None
    """Dotted path of the field, indexes from 0: `items.3`."""
    value: str | None
    """What the field had, fit to show."""
    id: str | None
    """The event's id, if one could be read."""
    raw: bytes
    """The element as it came: the whole payload, or its part of an array."""

    @property
    def sha256(self) -> str:
        """Names the bytes where there is no id: the same bytes again are the same quarantine entry."""
        return sha256(self.raw).hexdigest()


class Fault(NamedTuple):
    """What is wrong, before it is said of which event."""

    reason: Reason
    message: str
    field: str | None = None
    value: str | None = None

    def on(self, id_: str | None, raw: bytes) -> Rejection:
        """The rejection of the event with this id and these bytes for this fault."""
        return Rejection(*self, id=id_, raw=raw)


def shown(value: object) -> str:
    """A value for a message: an id as it is, anything else as Python writes it, at most 80 characters of it."""
    if isinstance(value, str):
        if is_id(value):
            return value
        written = repr(value[: _LONGEST_SHOWN + 1])
        return written if len(written) <= _LONGEST_SHOWN + 2 else f"{written[:_LONGEST_SHOWN]}…'"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return "a huge number"
    return str(value)


def malformed(message: str, field: str | None = None, value: object = ...) -> Fault:
    """The value breaks the format; the message names it and the remedy."""
    return Fault(Reason.MALFORMED, message, field, None if value is ... else shown(value))


def unknown_device(device: str) -> Fault:
    """No device of this id is declared."""
    return Fault(
        Reason.UNKNOWN_DEVICE,
        f"no device {shown(device)} in the network; declare it under devices, or correct the device's client id",
        "device",
        shown(device),
    )


def unknown_source(source: str) -> Fault:
    """No source of this id is declared."""
    return Fault(
        Reason.UNKNOWN_SOURCE,
        f"no source {shown(source)} in the network; declare it under sources, or correct the sender's id",
        "source",
        shown(source),
    )


def scanning_tracker(device: str) -> Fault:
    """A tracker sent a scan."""
    return Fault(
        Reason.NOT_ALLOWED,
        f"device {shown(device)} is a tracker, and trackers do not scan; declare it as a scanner if it is one",
        "device",
        shown(device),
    )


def site_not_granted(device: str, site: str, granted: Iterable[str]) -> Fault:
    """The scanner is not granted the site, only `granted`."""
    return Fault(
        Reason.NOT_ALLOWED,
        f"device {shown(device)} may not scan at site {shown(site)}, only at {_some(granted)};"
        " correct the site, or grant it under the device's sites",
        "site",
        shown(site),
    )


def other_container(device: str, container: str, bound: str) -> Fault:
    """A tracker that is bound speaks for another container."""
    return Fault(
        Reason.NOT_ALLOWED,
        f"tracker {shown(device)} is bound to container {shown(bound)} and cannot speak for {shown(container)};"
        " leave container out, or bind the tracker anew",
        "container",
        shown(container),
    )


def future_time(at: int, received_at: int, max_future: int) -> Fault:
    """The event's time is too far after its receipt."""
    return Fault(
        Reason.FUTURE_TIME,
        f"at is {rfc3339(at)}, more than {_length(max_future)} after its receipt at {rfc3339(received_at)};"
        " set the device's clock",
        "at",
        rfc3339(at),
    )


def too_old(at: int, received_at: int, max_age: int) -> Fault:
    """The event's time is too long before its receipt."""
    return Fault(
        Reason.TOO_OLD,
        f"at is {rfc3339(at)}, more than {_length(max_age)} before its receipt at {rfc3339(received_at)};"
        " set the device's clock, or retry it if it is true",
        "at",
        rfc3339(at),
    )


def no_site(device: str) -> Fault:
    """A scan without site, by a device without home."""
    return Fault(
        Reason.NO_SITE,
        f"the scan names no site and device {shown(device)} has no home site;"
        " send site, or declare the device's home",
        "site",
    )


def unknown_site(site: str, nearest: str | None = None, field: str = "site") -> Fault:
    """No such site; `field` is `origin_site` in an announcement."""
    return Fault(Reason.UNKNOWN_SITE, _unknown("site", site, nearest, "sites"), field, shown(site))


def no_container(device: str) -> Fault:
    """A position that is of no container."""
    return Fault(
        Reason.NO_CONTAINER,
        f"the position names no container and device {shown(device)} is bound to none;"
        " send container, or bind the tracker",
        "container",
    )


def unknown_route(route: str, nearest: str | None = None) -> Fault:
    """No such route."""
    return Fault(Reason.UNKNOWN_ROUTE, _unknown("route", route, nearest, "routes"), "route", shown(route))


def internal(error: Exception) -> Fault:
    """A bug of ours; its traceback is quarantine's to keep."""
    return Fault(
        Reason.INTERNAL,
        f"the gateway failed on it ({type(error).__name__}); it is kept whole, retry it after an upgrade",
    )


def _unknown(what: str, name: str, nearest: str | None, where: str) -> str:
    remedy = f"declare it under {where}" if nearest is None else f"did you mean {nearest}?"
    return f"no {what} {shown(name)}; {remedy}"


def _some(names: Iterable[str]) -> str:
    known = sorted(names)
    listed = ", ".join(known[:5]) or "none"
    return listed if len(known) <= 5 else f"{listed} and {len(known) - 5} more"


def _length(duration: int) -> str:
    """As network.yaml spells it: `5m`, `1d12h`."""
    parts = []
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")):
        count, duration = divmod(duration, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"
