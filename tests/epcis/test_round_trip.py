"""What a gateway exports says the same to an empty one: the same journeys, containment, visits and open alerts."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

from hypothesis import given

from gateway.adapters.state import SqlState
from gateway.epcis.linking import linked
from gateway.epcis.querying import query
from gateway.epcis.reading import Sender
from gateway.ports.captures import CaptureState
from gateway.replay import Line, Replay
from gateway.service.epcis import asking
from gateway.service.exporting import exported
from gateway.tracking.instants import HOUR, Instant, instant, rfc3339
from gateway.tracking.plan import Device
from tests.epcis.gateways import ALWAYS, Gateway, event, wrapped
from tests.properties.receiving import end_of
from tests.properties.running import SEEDS, Events, events_of, goods, snapshot, world, worlds

RESTORING = Sender("erp", restoring=True)


def announcements(events: Events) -> list[tuple[str, bytes]]:
    return [(topic, text.encode()) for topic, text in events.events if topic.endswith("/announce")]


def filled(events: Events, now: Instant, state: CaptureState | None = None) -> Gateway:
    gateway = Gateway(events.network, now, state)
    gateway.hear((topic, text.encode()) for topic, text in events.events)
    return gateway


def restored(gateway: Gateway, events: Events, rng: Random) -> Gateway:
    """An empty gateway that is told the announcements, and then captures the export, in documents of any size."""
    document = gateway.exported()
    told = document["epcisBody"]["eventList"]
    other = Gateway(gateway.network, gateway.now)
    other.hear(announcements(events))
    rng.shuffle(told)
    while told:
        size = rng.choice((1, 3, 20, 500))
        part, told = told[:size], told[size:]
        job = other.capture({**document, "epcisBody": {"eventList": part}}, RESTORING)
        assert job["errors"] == []
    return other


@worlds(25)
@given(SEEDS)
def test_an_export_captured_in_an_empty_gateway_gives_the_same_journeys(seed: int) -> None:
    network, messages, rng = world(seed, 100, punctual=True)
    events, now = events_of(network, messages), end_of([*messages])
    gateway = filled(events, now)
    assert snapshot(restored(gateway, events, rng).state) == snapshot(gateway.state)


def test_what_was_captured_is_recorded_and_replays_to_the_same_journeys() -> None:
    gateway = Gateway()
    packed = event(
        "AggregationEvent", action="ADD", parentID="urn:epc:id:grai:4012345.55555.987", childEPCs=[SN]
    )
    moved = event(epcList=["urn:epc:id:grai:4012345.55555.987"], bizStep="departing", eventTime=LATER)
    unmoved = event(eventTime="2005-01-01T00:00:00Z")
    assert gateway.capture(wrapped(packed, moved, unmoved))["success"] is True
    replay = Replay(gateway.network)
    for each in exported(gateway.state, Instant(0), Instant(gateway.now + HOUR)):
        list(replay.feed(Line(*each)))
    list(replay.until(gateway.now))
    (item,) = (each for each in replay.journeys() if each["id"] == SN)
    assert item["status"] == "unplanned"
    other = Gateway()
    other.hear((each.topic, each.payload) for each in exported(gateway.state, *ALWAYS))
    assert snapshot(other.state) == snapshot(gateway.state)


SN = "https://id.gs1.org/01/04012345111118/21/9876"
LATER = "2026-11-22T10:30:00Z"


@worlds(3)
@given(SEEDS)
def test_what_a_gateway_keeps_on_disk_is_exported_as_what_one_keeps_in_memory(seed: int) -> None:
    network, messages, _ = world(seed, 60, punctual=True)
    events, now = events_of(network, messages), end_of([*messages])
    with TemporaryDirectory() as folder:
        kept = SqlState(f"sqlite:///{Path(folder) / 'state.sqlite'}")
        try:
            assert filled(events, now, kept).exported() == filled(events, now).exported()
        finally:
            kept.close()


@worlds(10)
@given(SEEDS)
def test_an_export_of_what_was_captured_is_the_export_again(seed: int) -> None:
    network, messages, rng = world(seed, 60, punctual=True)
    events, now = events_of(network, messages), end_of([*messages])
    gateway = filled(events, now)
    once = gateway.exported()["epcisBody"]["eventList"]
    twice = restored(gateway, events, rng).exported()["epcisBody"]["eventList"]
    assert sorted(map(_said, once)) == sorted(map(_said, twice))


@worlds(10)
@given(SEEDS)
def test_what_a_partner_captured_is_the_same_in_the_next_gateway(seed: int) -> None:
    network, messages, rng = world(seed, 60, punctual=True)
    network = replace(network, devices={**network.devices, "erp": Device("erp", "scanner")})
    events, now = events_of(network, messages), end_of([*messages])
    document = filled(events, now).exported()
    partner = Gateway(network, now)
    partner.hear(announcements(events))
    told = [_by_another_name(event) for event in document["epcisBody"]["eventList"]]
    assert partner.capture({**document, "epcisBody": {"eventList": told}})["errors"] == []
    assert snapshot(restored(partner, events, rng).state) == snapshot(partner.state)


@worlds(10)
@given(SEEDS)
def test_pages_of_a_query_captured_in_an_empty_gateway_give_the_same_journeys(seed: int) -> None:
    network, messages, rng = world(seed, 60, punctual=True)
    network = replace(network, devices={**network.devices, "erp": Device("erp", "scanner")})
    events, now = events_of(network, messages), end_of([*messages])
    document = filled(events, now).exported()
    told = document["epcisBody"]["eventList"]
    partner = Gateway(network, now)
    partner.hear(announcements(events))
    some = [_by_another_name(event) if rng.random() < 0.5 else event for event in told]
    assert partner.capture({**document, "epcisBody": {"eventList": some}}, RESTORING)["errors"] == []
    other = Gateway(network, now)
    other.hear(announcements(events))
    for page in documents_of_pages(partner, rng):
        assert other.capture(page, RESTORING)["errors"] == []
    assert snapshot(other.state) == snapshot(partner.state)


def documents_of_pages(gateway: Gateway, rng: Random) -> list[dict[str, object]]:
    """All events by pages of a query, in any order and size, and with EPCs as Digital Links or as they came."""
    size = ("perPage", str(rng.choice((3, 20, 500))))
    order = [("orderBy", rng.choice(("eventTime", "recordTime")))] if rng.random() < 0.7 else []
    told: list[dict[str, object]] = []
    token: list[tuple[str, str]] = []
    while True:
        with gateway.state.reader() as reader:
            found = asking.page(reader, gateway.network, query([size, *order, *token]))
        shown = [linked(each) if rng.random() < 0.5 else each for each in found.events]
        told.append(asking.query_document(shown, gateway.now))
        if found.next is None:
            return told
        token = [("nextPageToken", found.next)]


@worlds(10)
@given(SEEDS)
def test_what_a_partner_tells_moves_journeys_as_the_scans_themselves_do(seed: int) -> None:
    network, messages, _ = world(seed, 80, punctual=True)
    network = replace(network, devices={**network.devices, "erp": Device("erp", "scanner")})
    events, now = one_by_one(events_of(network, messages)), end_of([*messages])
    gateway, partner = filled(events, now), Gateway(network, now)
    document = gateway.exported()
    partner.hear(announcements(events))
    told = [_by_another_name(event) for event in document["epcisBody"]["eventList"]]
    assert partner.capture({**document, "epcisBody": {"eventList": told}})["errors"] == []
    assert journeys(partner) == journeys(gateway)


def one_by_one(events: Events) -> Events:
    """No two at one instant, for then the order would be that of their ids, and whose they are."""
    timed = []
    for number, (topic, text) in enumerate(events.events):
        payload = json.loads(text)
        payload["at"] = rfc3339(Instant(instant(payload["at"]) + number))
        timed.append((topic, json.dumps(payload)))
    return events._replace(events=timed)


def journeys(gateway: Gateway) -> dict[str, object]:
    """How all goods stand, and what deviates."""
    return {
        id_: (row.kind, row.status, row.stop, row.route, row.parent, sorted(each.kind for each in row.own))
        for id_, row in goods(gateway.state).items()
        if row.status is not None
    }


def _by_another_name(event: dict[str, object]) -> dict[str, object]:
    """As it might come from a partner, who knows no URIs of ours for events."""
    name = f"urn:uuid:{uuid5(NAMESPACE_URL, str(event['eventID']))}"
    own = {"returns:operator", "returns:note", "returns:device"}
    return {**{field: value for field, value in event.items() if field not in own}, "eventID": name}


def _said(event: dict[str, object]) -> str:
    told = {name: value for name, value in event.items() if name not in {"recordTime", "returns:device"}}
    return json.dumps(told, sort_keys=True)
