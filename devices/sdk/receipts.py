"""Receipts as a device reads them: which events the gateway has made durable, and what it says of each.

Tolerant: a gateway may be newer than the device, and a receipt that cannot be read is as good as none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.tracking.instants import Instant, instant


class Onward(NamedTuple):
    """Where an item goes next, and the latest arrival there, if it has one."""

    sites: tuple[str, ...]
    by: Instant | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event: `result` is `accepted`, `duplicate` or `quarantined` (then `reason` says why).

    `verdict` is the worst of a scan's items; `items` has those that are not `ok`, `onward` those or a single one.
    """

    id: str | None
    result: str
    verdict: str | None = None
    reason: str | None = None
    message: str | None = None
    sha256: str | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    onward: Mapping[str, Onward] = field(default_factory=dict)

    def joined(self, more: "Result") -> "Result":
        """This result with what a further part of it tells: one too large for a receipt comes in several."""
        return Result(
            self.id,
            self.result,
            self.verdict,
            self.reason,
            self.message or more.message,
            self.sha256,
            {**self.items, **more.items},
            {**self.onward, **more.onward},
        )


class Receipt(NamedTuple):
    """One receipt: `at` is the gateway's clock."""

    at: Instant
    results: tuple[Result, ...]


def read(payload: bytes) -> Receipt | None:
    """The receipt; None where the bytes are none. A result in it that is none is left out."""
    try:
        said = json.loads(payload)
        at = instant(said["at"])
        results = said["results"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(results, list):
        return None
    return Receipt(at, tuple(result for each in results if (result := _result(each)) is not None))


def _result(said: Any) -> Result | None:
    if not isinstance(said, dict):
        return None
    id_, result, sha256 = _text(said.get("id")), said.get("result"), _text(said.get("sha256"))
    if result not in ("accepted", "duplicate", "quarantined") or (id_ or sha256) is None:
        return None
    return Result(
        id_,
        result,
        _text(said.get("verdict")),
        _text(said.get("reason")),
        _text(said.get("message")),
        sha256,
        {item: verdict for item, verdict in _entries(said.get("items")) if isinstance(verdict, str)},
        {item: onward for item, each in _entries(said.get("next")) if (onward := _onward(each)) is not None},
    )


def _onward(said: Any) -> Onward | None:
    if not isinstance(said, dict) or not isinstance(said.get("sites"), list):
        return None
    sites = tuple(site for site in said["sites"] if isinstance(site, str))
    try:
        return Onward(sites, instant(said["by"]))
    except (ValueError, TypeError, KeyError):
        return Onward(sites)


def _entries(said: Any) -> list[tuple[str, Any]]:
    return list(said.items()) if isinstance(said, dict) else []


def _text(said: Any) -> str | None:
    return said if isinstance(said, str) else None
