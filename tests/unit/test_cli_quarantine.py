"""Retrying what was refused: judged by its first receipt, corrected, or cured by a change of the network."""

import json
from typing import Any

import pytest

from gateway.memory import Memory
from gateway.network import parse
from gateway.service.admission import Terrain
from gateway.service.quarantine import (
    Correction,
    Outcome,
    Retried,
    Uncorrectable,
    beginning_with,
    discard,
    retry,
    retry_curable,
)
from gateway.tracking.instants import DAY, HOUR, Instant
from gateway.tracking.model import Subject
from gateway.wire.faults import Reason
from tests.unit.cli_world import NETWORK, TERRAIN, announcement, at, happen, held, rfc, scan

LATER = Instant(at("4T09:00") + HOUR)
NOTHING = Correction()
GROWN = Terrain.of(
    parse(
        NETWORK.replace("sites:\n", "sites:\n  - {id: NEW, lat: 50, lon: 10}\n", 1)
        .replace("devices:\n", "devices:\n  - {id: ghost, kind: scanner, site: HUB}\n")
        .replace("[{id: erp}]", "[{id: erp}, {id: rma}]")
        .replace(
            "routes:\n", "routes:\n  - {id: Q, stops: [{sites: [CP1]}, {sites: [HUB], transit: {max: 1h}}]}\n"
        )
    )
)
"""The network after a reload: a site, a device, a source and a route more."""


def event(**fields: Any) -> dict[str, Any]:
    return {**scan("A", "4T08:00", "arriving", "HUB")[1], **fields}


def refused(topic: str, payload: object) -> Memory:
    """A state in which this was refused on the 4th at 9."""
    state = Memory()
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    happen(state, ("4T09:00", (topic, raw)))
    return state


def tried(
    state: Memory, terrain: Terrain = TERRAIN, correction: Correction = NOTHING, now: Instant = LATER
) -> Retried:
    [entry] = held(state)
    with state.unit() as unit:
        return retry(unit, terrain, entry, now, correction)


def sites(state: Memory, item: str = "A") -> list[str]:
    with state.reader() as unit:
        return [each.site for each in unit.scans((item,)).get(item, ())]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        pytest.param("device/ghost/scan", event(), Reason.UNKNOWN_DEVICE, id="a device that is declared now"),
        pytest.param("device/ghost/scan", event(site=None), Reason.UNKNOWN_DEVICE, id="its home site too"),
        pytest.param("device/scan-1/scan", event(site="NEW"), Reason.UNKNOWN_SITE, id="a site"),
        pytest.param(
            "source/rma/announce", announcement("A", "4T08:00")[1], Reason.UNKNOWN_SOURCE, id="a source"
        ),
        pytest.param(
            "source/erp/announce",
            announcement("A", "4T08:00", route="Q")[1],
            Reason.UNKNOWN_ROUTE,
            id="a route",
        ),
    ],
)
def test_what_a_reload_cures_is_accepted_and_held_no_longer(
    topic: str, payload: object, reason: Reason
) -> None:
    state = refused(topic, payload)
    assert [entry.reason for entry in held(state)] == [reason]
    with state.unit() as unit:
        assert retry_curable(unit, TERRAIN, LATER) == ([], None)
        cured = retry_curable(unit, GROWN, LATER)
    assert [each.outcome for each in cured.accepted] == [Outcome.ACCEPTED]
    assert [entry.status for entry in held(state, None)] == ["accepted"]
    with state.reader() as unit:
        assert unit.subjects("goods", ("A",))


def test_a_retry_judges_by_the_first_receipt() -> None:
    state = refused("device/scan-1/scan", event(at="2025-11-01T00:00:00Z", site="NEW"))
    assert tried(state, GROWN, now=Instant(LATER + 80 * DAY)).reason is Reason.TOO_OLD
    state = refused("device/scan-1/scan", event(at="2025-12-20T00:00:00Z", site="NEW"))
    assert tried(state, GROWN, now=Instant(LATER + 80 * DAY)).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("payload", "correction", "site"),
    [
        pytest.param(event(site="HUBB"), Correction(site="HUB"), "HUB", id="a wrong site"),
        pytest.param(event(site=None), Correction(site="SORT"), "SORT", id="a site that was missing"),
        pytest.param(
            event(at="2027-01-01T00:00:00Z"), Correction(at=at("4T07:00")), "HUB", id="a wrong clock"
        ),
        pytest.param(event(at="yesterday"), Correction(at=at("4T07:00")), "HUB", id="a time that was none"),
        pytest.param(
            event(site="X", at="soon"), Correction(site="CP1", at=at("4T07:00")), "CP1", id="both at once"
        ),
    ],
)
def test_a_correction_is_taken_in_in_its_place(payload: object, correction: Correction, site: str) -> None:
    state = refused("device/scan-1/scan", payload)
    assert tried(state, correction=correction).outcome is Outcome.ACCEPTED
    assert sites(state) == [site]


@pytest.mark.parametrize(
    ("topic", "payload", "correction", "said"),
    [
        ("device/scan-1/scan", b"{broken", Correction(site="HUB"), "it is no JSON"),
        ("device/scan-1/scan", b'{"at": NaN}', Correction(at=at("4T07:00")), "it is no JSON"),
        ("device/scan-1/scan", b"5", Correction(site="HUB"), "it is not one event"),
        ("nowhere", {"id": "a"}, Correction(site="HUB"), "it is not one event"),
        ("device/ghost/status", {"state": "online"}, Correction(site="HUB"), "it is not one event"),
        ("source/rma/announce", {"id": "a"}, Correction(site="HUB"), "only a scan has a site"),
    ],
)
def test_a_correction_that_does_not_fit_changes_nothing(
    topic: str, payload: object, correction: Correction, said: str
) -> None:
    state = refused(topic, payload)
    with pytest.raises(Uncorrectable, match=said):
        tried(state, correction=correction)
    assert len(held(state)) == 1


@pytest.mark.parametrize(
    ("topic", "payload", "correction", "reason"),
    [
        ("device/scan-1/scan", b"{broken", NOTHING, Reason.MALFORMED),
        ("device/scan-1/scan", event(site="HUBB"), NOTHING, Reason.UNKNOWN_SITE),
        ("device/scan-1/scan", event(site="HUBB"), Correction(site="HUBBB"), Reason.UNKNOWN_SITE),
        ("device/scan-1/scan", event(site="HUBB"), Correction(at=at("20T00:00")), Reason.FUTURE_TIME),
        ("device/trk-1/scan", event(), NOTHING, Reason.NOT_ALLOWED),
        ("device/ghost/status", {"state": "online"}, NOTHING, Reason.UNKNOWN_DEVICE),
        ("nowhere", {"id": "a"}, NOTHING, Reason.MALFORMED),
        ("device/scan-1/scan", [], NOTHING, Reason.MALFORMED),
    ],
)
def test_what_is_refused_again_stays_held_with_todays_reason_and_leaves_no_trace(
    topic: str, payload: object, correction: Correction, reason: Reason
) -> None:
    state = refused(topic, payload)
    before = everything(state)
    found = tried(state, correction=correction)
    assert (found.outcome, found.reason) == (Outcome.REFUSED, reason)
    assert found.message
    assert everything(state) == before


def test_a_retry_that_is_refused_does_not_bring_a_wrong_clock_back() -> None:
    state = refused("device/scan-1/scan", event(at="2027-01-01T00:00:00Z"))
    assert skewed(state)
    happen(state, ("4T10:00", scan("B", "4T10:00", "arriving", "HUB")))
    tried(state)
    assert not skewed(state)


def test_an_event_that_was_accepted_meanwhile_is_known() -> None:
    state = refused("device/scan-1/scan", event(site="HUBB"))
    happen(state, ("4T09:30", ("device/scan-1/scan", event())))
    before = heard(state)
    assert tried(state).outcome is Outcome.KNOWN
    assert (held(state), heard(state), sites(state)) == ([], before, ["HUB"])


def test_a_whole_message_that_was_set_aside_is_taken_in_element_by_element() -> None:
    state = Memory()
    both = json.dumps([event(id="a"), event(id="b", site="HUBB")]).encode()
    happen(state, ("4T09:00", ("device/ghost/scan", b"placeholder")))
    [entry] = held(state)
    with state.unit() as unit:
        found = retry(unit, TERRAIN, entry._replace(topic="device/scan-1/scan", payload=both), LATER)
    assert found.outcome is Outcome.ACCEPTED
    assert sites(state) == ["HUB"]
    assert [row.event_id for row in held(state)] == ["b"]


def test_many_are_retried_a_bounded_number_at_a_time() -> None:
    state = Memory()
    for number in range(7):
        happen(state, ("4T09:00", ("device/ghost/scan", event(id=f"e{number}", item=f"I{number}"))))
    happen(state, ("4T09:00", ("device/scan-1/scan", b"{broken")))
    after, counts = None, []
    while True:
        with state.unit() as unit:
            cured = retry_curable(unit, GROWN, LATER, after, limit=3)
        counts.append(len(cured.accepted))
        after = cured.after
        if after is None:
            break
    assert (sum(counts), max(counts) <= 3, len(counts)) == (7, True, 3)
    assert [row.reason for row in held(state)] == ["malformed"]


def test_what_is_discarded_is_kept_and_not_retried_by_itself() -> None:
    state = refused("device/ghost/scan", event())
    with state.unit() as unit:
        discard(unit, held(state))
        assert not retry_curable(unit, GROWN, LATER).accepted
    assert [row.status for row in held(state, None)] == ["discarded"]


def test_an_accepted_retry_raises_the_alerts_that_it_should() -> None:
    state = refused("device/ghost/scan", event(site="REPAIR"))
    happen(state, ("4T09:10", announcement("A", "3T00:00")))
    [entry] = held(state)
    with state.unit() as unit:
        retry(unit, GROWN, entry, LATER)
        alerts = unit.alerts([Subject("return", "A")])
    assert [row.deviation.kind.value for rows in alerts.values() for row in rows] == ["misrouted"]


def test_an_entry_is_found_by_the_beginning_of_its_id() -> None:
    state = Memory()
    for number in range(40):
        happen(state, ("4T09:00", ("device/ghost/scan", event(id=f"e{number}"))))
    ids = [row.id for row in held(state)]
    with state.reader() as unit:
        assert [row.id for row in beginning_with(unit, ids[5])] == [ids[5]]
        assert [row.id for row in beginning_with(unit, ids[5][:20])] == [ids[5]]
        assert len(beginning_with(unit, "")) == 2
        assert beginning_with(unit, "zz") == []


def heard(state: Memory) -> int:
    with state.reader() as unit:
        return len(unit.heard(Instant(0), at("31T00:00"), 0, 1000))


def skewed(state: Memory) -> bool:
    with state.reader() as unit:
        return any(each.kind.value == "clock_skew" for row in unit.flagged("device") for each in row.own)


def everything(state: Memory) -> tuple[object, ...]:
    """What a retry could have changed."""
    with state.reader() as unit:
        return (
            held(state, None),
            heard(state),
            dict(unit.subjects("device", ("scan-1", "trk-1", "ghost"))),
            list(unit.journeys(after=None, limit=100)),
            list(unit.transitions(after=0, limit=100)),
            unit.outbox_size(),
        )


def test_a_time_is_corrected_to_the_second_it_says() -> None:
    state = refused("device/scan-1/scan", event(at="soon"))
    tried(state, correction=Correction(at=at("4T07:00")))
    with state.reader() as unit:
        rows = unit.heard(at("4T09:00"), at("4T09:01"), 0, 10)
    assert {json.loads(row.payload)["at"] for row in rows} == {"soon", rfc("4T07:00")}
