"""Terms of the Core Business Vocabulary in every spelling; in JSON the standard wants them bare (CBV 2.0, section 7).

`departing`, `urn:epcglobal:cbv:bizstep:departing`, `https://ref.gs1.org/cbv/BizStep-departing` and
`cbv:BizStep-departing` are one. A term of somebody else's vocabulary is a URI and stands as it is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from gateway.tracking.cbv import BUSINESS_STEPS, DISPOSITIONS

CBV: Final = "https://ref.gs1.org/cbv/"
VOC: Final = "https://gs1.org/voc/"

EVENT_TYPES: Final = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
OTHER: Final = "other"
"""The CBV's own word for a business step that it has no word for."""

TRANSACTION_TYPES: Final = frozenset(
    {"bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma", "testprd"}
    | {"testres", "upevt"}
)
PARTY_TYPES: Final = frozenset({"owning_party", "possessing_party", "location"})
ERROR_REASONS: Final = frozenset({"did_not_occur", "incorrect_data"})


class Vocabulary(NamedTuple):
    """One kind of term: what its names begin with, as URN and on the web, and which there are."""

    urn: str
    web: str
    terms: frozenset[str]

    def bare(self, term: str) -> str:
        """The short name, if it is one of these in any spelling; else the term as it is."""
        for start in (f"urn:epcglobal:cbv:{self.urn}:", f"{CBV}{self.web}-", f"cbv:{self.web}-"):
            if term.startswith(start) and term[len(start) :] in self.terms:
                return term[len(start) :]
        return term

    def uri(self, term: str) -> str:
        """The web URI of a short name; anything else as it is."""
        return f"{CBV}{self.web}-{term}" if term in self.terms else term


STEPS: Final = Vocabulary("bizstep", "BizStep", BUSINESS_STEPS)
DISPOSITION: Final = Vocabulary("disp", "Disp", DISPOSITIONS)
TRANSACTIONS: Final = Vocabulary("btt", "BTT", TRANSACTION_TYPES)
PARTIES: Final = Vocabulary("sdt", "SDT", PARTY_TYPES)
REASONS: Final = Vocabulary("er", "ER", ERROR_REASONS)

_FIELDS: Final[Mapping[str, Vocabulary]] = MappingProxyType({"bizStep": STEPS, "disposition": DISPOSITION})
_LISTS: Final[Mapping[str, Vocabulary]] = MappingProxyType(
    {"bizTransactionList": TRANSACTIONS, "sourceList": PARTIES, "destinationList": PARTIES}
)


def bare(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the CBV's terms by their short names, as its JSON should have them; nothing else is changed."""
    found = dict(event)
    for field, vocabulary in _FIELDS.items():
        if isinstance(found.get(field), str):
            found[field] = vocabulary.bare(found[field])
    for field, vocabulary in _LISTS.items():
        if isinstance(found.get(field), list):
            found[field] = [_typed(each, "type", vocabulary) for each in found[field]]
    if "errorDeclaration" in found:
        found["errorDeclaration"] = _typed(found["errorDeclaration"], "reason", REASONS)
    lasting = found.get("persistentDisposition")
    if isinstance(lasting, dict):
        found["persistentDisposition"] = {name: _all_bare(terms) for name, terms in lasting.items()}
    return found


def _typed(each: Any, field: str, vocabulary: Vocabulary) -> Any:
    if isinstance(each, dict) and isinstance(each.get(field), str):
        return {**each, field: vocabulary.bare(each[field])}
    return each


def _all_bare(terms: Any) -> Any:
    if not isinstance(terms, list):
        return terms
    return [DISPOSITION.bare(each) if isinstance(each, str) else each for each in terms]
