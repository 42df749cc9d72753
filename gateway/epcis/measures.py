"""What a query can ask of quantities and of what sensors said: predicates over an event's JSON, as `matching` has them.

Units are not converted, so that parameters which name one (`GE_value_CEL`) are none of these. Nothing here knows
parameters' values as text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from gateway.epcis.classes import canonical_uri
from gateway.epcis.matching import Predicate
from gateway.epcis.mentions import QUANTITIES
from gateway.epcis.words import VOC
from gateway.tracking.instants import Instant, instant

Comparison = Callable[[float, float], bool]

COMPARISONS: Final[Mapping[str, Comparison]] = {"EQ": eq, "GT": gt, "GE": ge, "LT": lt, "LE": le}
"""What a number is compared by, as the names of parameters begin."""
TIMES: Final = ("time", "startTime", "endTime")
"""The times that sensors say."""
WORDS: Final = (
    *("type", "deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules"),
    *("stringValue", "hexBinaryValue", "uriValue"),
)
"""The texts that they say."""


def compared(field: str, comparison: Comparison, values: Iterable[float]) -> Predicate:
    """A `quantity` of a kind of article, or a sensor's `percRank`, compares so with one of these."""
    wanted = tuple(values)
    found = _quantities if field == "quantity" else partial(_said, field)
    return lambda event: any(comparison(each, value) for each in found(event) for value in wanted)


def saying(field: str, values: Iterable[str]) -> Predicate:
    """A sensor says one of these texts in this field, however a key in it is spelt."""
    wanted = frozenset(_bare(value) for value in values)
    return lambda event: any(_bare(found) in wanted for found in _said(field, event))


def saying_whether(value: bool) -> Predicate:  # noqa: FBT001 # it is what the field says
    """A sensor says yes, or no."""
    return lambda event: any(found is value for found in _said("booleanValue", event))


def timed(field: str, least: Instant, before: Instant) -> Predicate:
    """A sensor says a time in this field that is in this span, `before` excluded."""
    return lambda event: any(least <= instant(found) < before for found in _said(field, event))


def sensed(event: Mapping[str, Any]) -> bool:
    """A sensor says anything."""
    return "sensorElementList" in event


def _quantities(event: Mapping[str, Any]) -> Iterator[float]:
    for field in QUANTITIES:
        yield from (each["quantity"] for each in event.get(field, ()) if "quantity" in each)


def _said(field: str, event: Mapping[str, Any]) -> Iterator[Any]:
    for element in event.get("sensorElementList", ()):
        for each in (element.get("sensorMetadata", {}), *element["sensorReport"]):
            if field in each:
                yield each[field]


def _bare(text: str) -> str:
    return canonical_uri(text.removeprefix(VOC).removeprefix("gs1:"))
