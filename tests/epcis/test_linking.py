"""An event with Digital Links is the same event: valid, with the same hash, and captured to the same effect."""

import json
from typing import Any

import pytest

from gateway.epcis.documents import Placed
from gateway.epcis.hashing import event_hash
from gateway.epcis.linking import linked
from gateway.epcis.validation import event_problems
from tests.epcis.gateways import Gateway, event, wrapped

LOT = {"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 3}
LOT_LINK = {"epcClass": "https://id.gs1.org/01/04012345123456/10/L1", "quantity": 3}
PARTY = {"type": "owning_party", "source": "urn:epc:id:pgln:4000001.00012"}


@pytest.mark.parametrize(
    ("field", "came", "told"),
    [
        (
            "epcList",
            ["urn:epc:id:sgtin:4012345.011111.9876"],
            ["https://id.gs1.org/01/04012345111118/21/9876"],
        ),
        ("epcList", ["urn:returns-gateway:id:SN-1", "https://example.com/x"], None),
        ("epcList", ["urn:epc:id:unheard:1.2"], None),
        ("parentID", "urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908"),
        ("childQuantityList", [LOT], [LOT_LINK]),
        (
            "bizLocation",
            {"id": "urn:epc:id:sgln:4012345.00001.0"},
            {"id": "https://id.gs1.org/414/4012345000016"},
        ),
        ("bizLocation", {"id": "geo:52.5,13.4"}, None),
        ("sourceList", [PARTY], [{**PARTY, "source": "https://id.gs1.org/417/4000001000128"}]),
        ("bizTransactionList", [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:1:7"}], None),
        ("note", "urn:epc:id:sgtin:4012345.011111.9876", None),
    ],
)
def test_urns_of_gs1_keys_are_told_as_digital_links(field: str, came: Any, told: Any) -> None:
    before: dict[str, Any] = {"type": "ObjectEvent", field: came}
    kept = json.dumps(before)
    assert linked(before) == {**before, field: came if told is None else told}
    assert json.dumps(before) == kept


def test_the_event_stays_valid_and_has_the_same_hash() -> None:
    came = event("AggregationEvent", action="ADD", parentID="urn:epc:id:sscc:0614141.1234567890")
    came |= {"childEPCs": ["urn:epc:id:grai:4012345.55555.987"], "sourceList": [PARTY]}
    told = linked(came)
    assert told != came
    assert event_problems(Placed(0, "", told), alone=False) == []
    assert event_hash(told, []) == event_hash(came, [])


def test_what_was_told_with_links_moves_what_the_event_moved() -> None:
    first, second = Gateway(), Gateway()
    first.capture(wrapped(event(bizStep="collecting")))
    (told,) = first.exported()["epcisBody"]["eventList"]
    assert second.capture(wrapped(linked(told)))["errors"] == []
    article = "https://id.gs1.org/01/04012345111118/21/9876"
    assert first.scans(article) == second.scans(article) == [("collecting", "CP-BER", None)]


def test_an_event_that_comes_back_with_links_is_known_and_no_other_event() -> None:
    gateway = Gateway()
    came = event(eventID="urn:x:1", bizStep="collecting")
    gateway.capture(wrapped(came))
    assert gateway.capture(wrapped(linked(came)))["errors"] == []
    (told,) = gateway.exported()["epcisBody"]["eventList"]
    assert told["epcList"] == came["epcList"]
    (error,) = gateway.capture(wrapped(linked({**came, "bizStep": "holding"})))["errors"]
    assert error["type"] == "epcisException:ResourceAlreadyExistsException"
