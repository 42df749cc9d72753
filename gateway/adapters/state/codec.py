"""Deviations as compact JSON text and back. A subject without any, which is nearly every one, has none."""

import json
from collections.abc import Sequence
from typing import Any, Final

from gateway.tracking.deviations import Deviation
from gateway.tracking.model import Kind, Severity

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def dump(deviation: Deviation) -> str:
    """One deviation as JSON text: its fields in their order, without the empty ones at the end."""
    return _encode(_trimmed(deviation))


def load(text: str) -> Deviation:
    """What `dump` wrote."""
    return _deviation(json.loads(text))


def dump_all(deviations: Sequence[Deviation]) -> str | None:
    """Deviations as JSON text; None where there are none."""
    return _encode([_trimmed(each) for each in deviations]) if deviations else None


def load_all(text: str | None) -> tuple[Deviation, ...]:
    """What `dump_all` wrote."""
    return tuple(_deviation(each) for each in json.loads(text)) if text is not None else ()


def _trimmed(deviation: Deviation) -> list[object]:
    values: list[object] = list(deviation)
    while len(values) > _REQUIRED and values[-1] in (None, ()):
        values.pop()
    return values


def _deviation(values: list[Any]) -> Deviation:
    kind, since, severity, *rest = values
    rest = [tuple(each) if isinstance(each, list) else each for each in rest]
    return Deviation(Kind(kind), since, Severity(severity), *rest)


_REQUIRED: Final = 3
"""Kind, since and severity have no defaults."""
