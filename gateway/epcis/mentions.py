"""The names by which an event is to be found, besides those that scans are known by.

A name is an item's id, or tells what it names: kinds of article and business transactions are no items, and must not
be taken for ones. Nothing here knows where names are kept.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.epcis.classes import canonical_uri
from gateway.epcis.documents import Event
from gateway.epcis.names import item_id
from gateway.identity import BadId, NotAnInstance

EPC_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITIES: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def mentions(event: Event, *, all_epcs: bool) -> tuple[str, ...]:
    """What a valid event can be found by: kinds of article, transactions, and where no scan tells them all its EPCs."""
    found = [class_name(each["epcClass"]) for field in QUANTITIES for each in event.get(field, ())]
    found += [transaction_name(each["bizTransaction"]) for each in event.get("bizTransactionList", ())]
    if all_epcs:
        epcs = [uri for field in EPC_LISTS for uri in event.get(field, ())]
        found += _readable(epcs + ([event["parentID"]] if "parentID" in event else []))
    return tuple(dict.fromkeys(found))


def class_name(uri: str) -> str:
    """What events are found by that name a kind of article."""
    return f"class {canonical_uri(uri)}"


def transaction_name(uri: str) -> str:
    """What events are found by that name a business transaction."""
    return f"transaction {uri}"


def _readable(uris: Iterable[str]) -> Iterator[str]:
    for uri in uris:
        try:
            yield item_id(uri)
        except (BadId, NotAnInstance, UnicodeDecodeError):
            yield class_name(uri)
