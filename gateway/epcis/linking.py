"""An event with its EPCs, kinds of article, places and parties as GS1 Digital Links, for whoever asks for these.

Only the URNs of the EPC Tag Data Standard are spelt anew; what is no URN of a GS1 key stays as it came.
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.epcis.classes import canonical_uri
from gateway.epcis.mentions import EPC_LISTS, QUANTITIES

_PLACES: Final = frozenset({"readPoint", "bizLocation"})
_LISTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(QUANTITIES, "epcClass"),
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
"""Lists of objects, and where in each the URI is."""


def linked(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event, valid, with Digital Links; nothing else is changed."""
    found = dict(event)
    for field in found.keys() & set(EPC_LISTS):
        found[field] = [_link(uri) for uri in found[field]]
    for field in found.keys() & _PLACES:
        found[field] = {**found[field], "id": _link(found[field]["id"])}
    for field in found.keys() & _LISTS.keys():
        key = _LISTS[field]
        found[field] = [{**each, key: _link(each[key])} for each in found[field]]
    if "parentID" in found:
        found["parentID"] = _link(found["parentID"])
    return found


def _link(uri: str) -> str:
    return canonical_uri(uri) if uri[:8].lower() == "urn:epc:" else uri
