"""The event hash id: what an event that came without an id is known by (CBV 2.0, section 8.9).

The same event has the same hash however it is spelt: its fields are put in the standard's order, times in UTC with
milliseconds, numbers without zeros to spare, keys as canonical Digital Links, CBV terms as web URIs, and the text so
made is hashed with SHA-256. What says nothing about the event itself (its id, when it was recorded, that it was an
error) is left out, so that a declaration of an error finds the event that it is about. Where the text of the standard
and the hashes published with it differ (the order of sources and destinations), it is as the published hashes are.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from gateway.epcis.classes import canonical_uri
from gateway.epcis.words import CBV, DISPOSITION, PARTIES, STEPS, TRANSACTIONS, VOC, Vocabulary
from gateway.tracking.instants import instant

_Context = Mapping[str, str]

_IGNORED: Final = frozenset(
    {
        "@context",
        "type",
        "eventID",
        "recordTime",
        "errorDeclaration",
        "rdfs:comment",
        "comment",
    }
)
_SCALARS: Final = ("eventTime", "eventTimeZoneOffset", "certificationInfo", "parentID")
_EPCS: Final = ("epcList", "inputEPCList", "childEPCs")
_QUANTITIES: Final = ("quantityList", "childQuantityList", "inputQuantityList")
_AFTER: Final = ("action", "transformationID", "bizStep", "disposition")
_TYPED: Final = {
    "bizTransactionList": "bizTransaction",
    "destinationList": "destination",
    "sourceList": "source",
}
_METADATA: Final = (
    *("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"),
    "bizRules",
)
_REPORT: Final = (
    *("type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time"),
    *("microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue"),
    *("hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"),
    *("uom", "coordinateReferenceSystem"),
)
_TERMS: Final[Mapping[str, Vocabulary]] = {
    "bizStep": STEPS,
    "disposition": DISPOSITION,
    "set": DISPOSITION,
    "unset": DISPOSITION,
    "bizTransactionList": TRANSACTIONS,
    "sourceList": PARTIES,
    "destinationList": PARTIES,
}
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII).fullmatch
_DEFAULT: Final = {"gs1": VOC, "epcis": "https://ref.gs1.org/epcis/", "cbv": CBV}


def event_hash(event: Mapping[str, Any], context: Any) -> str:
    """The `ni` URI (RFC 6920) of an event in JSON; `context` is what its @context, or its document's, says.

    Its CBV terms are by their short names (`words.bare`), and it is valid.
    """
    return f"ni:///sha-256;{sha256(prehash(event, context).encode()).hexdigest()}?ver=CBV2.0"


def prehash(event: Mapping[str, Any], context: Any) -> str:
    """The text that is hashed."""
    namespaces = {**_DEFAULT, **prefixes(context), **prefixes(event.get("@context"))}
    return "eventType=" + str(event["type"]) + "".join(_parts(event, namespaces))


def prefixes(context: Any) -> dict[str, str]:
    """The prefixes that a JSON-LD context declares, and what they stand for."""
    found: dict[str, str] = {}
    for each in context if isinstance(context, list) else [context]:
        if isinstance(each, dict):
            found.update({name: uri for name, uri in each.items() if isinstance(uri, str)})
    return found


def _parts(event: Mapping[str, Any], context: _Context) -> Iterator[str]:
    for name in _SCALARS:
        yield _all(name, event.get(name), context)
    for name in _EPCS:
        yield _epcs(name, event.get(name), context)
    for name in _QUANTITIES:
        yield _quantities(name, event.get(name), context)
    yield _epcs("outputEPCList", event.get("outputEPCList"), context)
    yield _quantities("outputQuantityList", event.get("outputQuantityList"), context)
    for name in _AFTER:
        yield _all(name, event.get(name), context)
    lasting = event.get("persistentDisposition", {})
    yield _headed(
        "persistentDisposition", [_all(each, lasting.get(each), context) for each in ("set", "unset")]
    )
    for name in ("readPoint", "bizLocation"):
        yield _headed(name, [_fields(event.get(name, {}), ("id",), context)])
    elements = [_sensor_element(each, context) for each in event.get("sensorElementList", [])]
    yield _headed("sensorElementList", sorted(elements))
    yield _headed("bizTransactionList", _typed("bizTransactionList", event, context))
    yield _headed("destinationList", _typed("destinationList", event, context))
    yield _headed("ilmd", [_extensions(event.get("ilmd", {}), (), context)])
    yield _headed("sourceList", _typed("sourceList", event, context))
    yield _extensions(event, _KNOWN, context)


_KNOWN: Final = (
    *_IGNORED,
    *_SCALARS,
    *_EPCS,
    *_QUANTITIES,
    *_AFTER,
    *_TYPED,
    *("outputEPCList", "outputQuantityList", "persistentDisposition", "readPoint", "bizLocation"),
    *("sensorElementList", "ilmd"),
)


def _headed(name: str, parts: list[str]) -> str:
    text = "".join(parts)
    return name + text if text else ""


def _epcs(name: str, epcs: Any, context: _Context) -> str:
    return _headed(name, sorted(f"epc={_value('epc', each, context)}" for each in epcs or ()))


def _quantities(name: str, elements: Any, context: _Context) -> str:
    names = ("epcClass", "quantity", "uom")
    return _headed(name, sorted("quantityElement" + _fields(each, names, context) for each in elements or ()))


def _typed(name: str, event: Mapping[str, Any], context: _Context) -> list[str]:
    what, vocabulary = _TYPED[name], _TERMS[name]
    found = []
    for each in event.get(name, ()):
        kind = f"type={_expanded(vocabulary.uri(each['type']), context)}" if "type" in each else ""
        found.append(f"{kind}{what}={_value(what, each[what], context)}")
    return sorted(found)


def _sensor_element(element: Mapping[str, Any], context: _Context) -> str:
    metadata = _headed("sensorMetadata", [_fields(element.get("sensorMetadata", {}), _METADATA, context)])
    reports = sorted(
        "sensorReport" + _fields(each, _REPORT, context) for each in element.get("sensorReport", ())
    )
    own = _extensions(element, ("sensorMetadata", "sensorReport"), context)
    return "sensorElement" + metadata + "".join(reports) + own


def _fields(values: Mapping[str, Any], names: tuple[str, ...], context: _Context) -> str:
    """Fields in this order, then those of somebody's own."""
    known = "".join(_all(name, values.get(name), context) for name in names)
    return known + _extensions(values, names, context)


def _all(name: str, value: Any, context: _Context) -> str:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return "".join(sorted(f"{name}={_value(name, each, context)}" for each in values))


def _extensions(values: Mapping[str, Any], known: tuple[str, ...], context: _Context) -> str:
    """What is in nobody's standard, by full names, sorted."""
    found = [
        text
        for name, value in values.items()
        if name not in known and name not in _IGNORED
        for text in _extension(_key(name, context), value, context)
    ]
    return "".join(sorted(found))


def _extension(name: str, value: Any, context: _Context) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _extension(name, each, context)
    elif isinstance(value, dict):
        text = _value("", value["#text"], context) if "#text" in value else ""
        yield name + (f"={text}" if text else "") + _extensions(value, ("#text",), context)
    else:
        yield f"{name}={_value('', value, context)}"


def _key(name: str, context: _Context) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{context[prefix]}}}{local}" if colon and prefix in context else name


def _value(name: str, value: Any, context: _Context) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).strip()
    if "time" in name.lower() and "offset" not in name.lower():
        return _time(text)
    if isinstance(value, int | float) or _NUMBER(text):
        return _number(text)
    return canonical_uri(_expanded(_term(name, text), context))


def _term(name: str, text: str) -> str:
    if name in _TERMS:
        return _TERMS[name].uri(text)
    bare = ":" not in text
    if name in {"type", "exception"} and bare:
        return VOC + text
    if name == "component" and bare:
        return f"{CBV}Comp-{text}"
    return text


def _expanded(text: str, context: _Context) -> str:
    """A compact URI at full length."""
    prefix, colon, local = text.partition(":")
    return context[prefix] + local if colon and prefix in context and not local.startswith("//") else text


def _number(text: str) -> str:
    number = Decimal(text)
    if number == number.to_integral_value():
        return str(int(number))
    return str(float(number))


def _time(text: str) -> str:
    """In UTC with milliseconds, the nearest, the even one of two."""
    milliseconds = round(Decimal(instant(text)) / 1000)
    seconds, rest = divmod(int(milliseconds), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
