"""What events can be asked for by, as lists: types, articles, steps, places, dispositions (EPCIS 2.0, section 12.6).

Types, steps and dispositions are the standard's, places are the network's sites, articles what the gateway knows as
goods; a page of these is walked to through an index. Whoever asks, and how pages are named to them, is not known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from gateway.epcis.extensions import CONTEXT
from gateway.epcis.names import item_id, item_uri
from gateway.epcis.places import Places
from gateway.epcis.querying import EARLIEST, LATEST
from gateway.epcis.words import DISPOSITION, EVENT_TYPES, STEPS
from gateway.identity import BadId, NotAnInstance
from gateway.ports.captures import CaptureUnit, Span
from gateway.service.epcis.tokens import key_in, no_token
from gateway.service.queries.paging import as_text, written
from gateway.tracking.model import SubjectKind
from gateway.tracking.plan import Network

PARAMETERS: Final[Mapping[str, str]] = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
"""The lists, and the parameter of a query that the events of one of their members are asked for with."""
LONGEST_TOKEN: Final = 800
"""Characters: one tells an id."""
_LIST: Final = "list"
TOP: Final = ("capture", "events", "queries", *PARAMETERS)


class Goods(CaptureUnit, Protocol):
    """A unit that knows goods by their ids besides."""

    def goods_ids(self, kind: SubjectKind, after: str, limit: int) -> Sequence[str]: ...


class Members(NamedTuple):
    """A page of a list, and the token of the next, if there may be one."""

    members: Sequence[str]
    next: str | None


def collection(members: Iterable[str]) -> dict[str, Any]:
    """Members as the standard lists them."""
    return {"@context": list(CONTEXT), "type": "Collection", "member": list(members)}


def members(reader: Goods, network: Network, which: str, token: str | None, limit: int) -> Members:
    """A page of a list, in an order that stays.

    Raises:
        Invalid: the token is none.
        Unavailable: the state store cannot be read.
    """
    after = "" if token is None else _after(token)
    if which == "epcs":
        return _goods(reader, after, limit)
    found = [each for each in sorted(_known(network, which)) if each > after][: limit + 1]
    return Members(found[:limit], written(found[limit - 1]) if len(found) > limit else None)


def has(reader: Goods, network: Network, which: str, member: str) -> bool:
    """Whether a list has this member, in any spelling.

    Raises:
        Unavailable: the state store cannot be read.
    """
    match which:
        case "epcs":
            try:
                named = item_id(member)
            except (BadId, NotAnInstance, UnicodeDecodeError):
                return False
            return bool(reader.naming((named,), Span(EARLIEST, LATEST), None, 1, newest=False))
        case "bizLocations" | "readPoints":
            return Places(network.sites).site(member) is not None
        case "bizSteps":
            return STEPS.bare(member) in STEPS.terms
        case "dispositions":
            return DISPOSITION.bare(member) in DISPOSITION.terms
        case _:
            return member in EVENT_TYPES


def _known(network: Network, which: str) -> Iterable[str]:
    match which:
        case "bizLocations" | "readPoints":
            places = Places(network.sites)
            return [places.uri(site) for site in network.sites]
        case "bizSteps":
            return STEPS.terms
        case "dispositions":
            return DISPOSITION.terms
        case _:
            return EVENT_TYPES


_KINDS: Final[tuple[SubjectKind, ...]] = ("return", "container")


def _goods(reader: Goods, after: str, limit: int) -> Members:
    """Returns, then containers; `after` says how far in which."""
    kind, _, last = after.partition(" ")
    begin = _KINDS.index("container") if kind == "container" else 0
    found: list[tuple[SubjectKind, str]] = []
    for each in _KINDS[begin:]:
        ids = reader.goods_ids(each, last if each == kind else "", limit + 1 - len(found))
        found += [(each, id_) for id_ in ids]
        if len(found) > limit:
            break
    more = written(" ".join(found[limit - 1])) if len(found) > limit else None
    return Members([item_uri(id_) for _, id_ in found[:limit]], more)


def _after(token: str) -> str:
    after = key_in(token, as_text, LONGEST_TOKEN, _LIST)
    if written(after) != token:
        raise no_token(token, _LIST)
    return after
