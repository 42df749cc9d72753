"""Receipts: what became of each event, as the JSON that devices and sources get.

A result is rendered once, when it is durable, so that a duplicate can be answered with what was said then. A
receipt is at most 64 KiB; what is left comes in further ones. Who gets them, and when, is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from pydantic_core import from_json, to_json

from gateway.tracking.instants import Instant, rfc3339
from gateway.tracking.model import Verdict
from gateway.wire.faults import Reason, Rejection

LARGEST: Final = 65_536
_PARTS: Final = 40
"""Items of a result too large for one receipt go into results of so many."""
