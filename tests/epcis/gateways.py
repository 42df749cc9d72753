"""A gateway in memory that EPCIS is captured into, its clock in the test's hand."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.epcis.reading import Sender
from gateway.memory import Memory
from gateway.ports.captures import CaptureState, Span
from gateway.service.admission import Terrain
from gateway.service.deadlines import know_devices
from gateway.service.epcis.desk import Behaviour, Desk, job
from gateway.service.epcis.exporting import document
from gateway.service.intake import Message, take
from gateway.service.pump import Committed
from gateway.tracking.instants import Instant, instant
from gateway.tracking.plan import Container, Device, Network, Route, Site, Stop

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NOW = instant("2026-11-22T12:00:00Z")
ALWAYS = Span(Instant(0), Instant(2**62))

NETWORK = Network(
    sites={
        "CP-BER": Site("CP-BER", 52.52, 13.41, "Europe/Berlin", gln="4012345000016"),
        "HUB-LEJ": Site("HUB-LEJ", 51.42, 12.24, "Europe/Berlin", gln="4012345000054"),
        "REFILL-1": Site("REFILL-1", 50.94, 6.96, "Europe/Berlin"),
    },
    routes={
        "refill": Route("refill", (Stop(("CP-BER",)), Stop(("HUB-LEJ",)), Stop(("REFILL-1",), unpack=True)))
    },
    containers={"TOTE-17": Container("TOTE-17")},
    devices={
        "erp": Device("erp", "scanner"),
        "scan-ber-1": Device("scan-ber-1", "scanner", site="CP-BER"),
        "trk-17": Device("trk-17", "tracker", container="TOTE-17"),
        "guest": Device("guest", "scanner", sites=frozenset({"CP-BER"})),
    },
    sources=frozenset({"erp"}),
)


ERP = Sender("erp")


class Gateway:
    """One gateway: what it hears, what it captures, what it exports."""

    def __init__(
        self, network: Network = NETWORK, now: Instant = NOW, state: CaptureState | None = None
    ) -> None:
        self.network = network
        self.now = now
        self.state = state or Memory()
        self.committed: list[Committed] = []
        self.desk = Desk(
            self.state, lambda: Terrain.of(self.network), lambda: self.now, self.committed.append
        )
        with self.state.unit() as unit:
            know_devices(unit, network, now)

    def hear(self, messages: Iterable[tuple[str, bytes]]) -> None:
        with self.state.unit() as unit:
            heard = [Message(topic, payload, self.now) for topic, payload in messages]
            take(unit, Terrain.of(self.network), heard, self.now)

    def capture(
        self,
        body: bytes | dict[str, Any] | list[Any],
        sender: Sender = ERP,
        behaviour: Behaviour = Behaviour.ROLLBACK,
    ) -> dict[str, Any]:
        """The job, finished."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        accepted = self.desk.accept(body, sender, behaviour)
        assert self.desk.work() == 1
        with self.state.reader() as reader:
            found = job(reader, accepted.id)
        assert found is not None
        return found

    def exported(self) -> dict[str, Any]:
        whole: dict[str, Any] = json.loads(b"".join(document(self.state, self.network, ALWAYS, self.now)))
        return whole

    def scans(self, *subjects: str) -> list[tuple[str, str, str | None]]:
        """What is known of these: (step, site, container), in the order of events."""
        with self.state.reader() as reader:
            found = reader.scans(subjects)
            return [
                (each.step, each.site, each.container)
                for subject in subjects
                for each in found.get(subject, ())
            ]


def wrapped(*events: dict[str, Any], context: Sequence[Any] = (CONTEXT,)) -> dict[str, Any]:
    """A document around events."""
    return {
        "@context": list(context),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T12:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }


def event(kind: str = "ObjectEvent", /, **fields: Any) -> dict[str, Any]:
    """An event of today, with what matters to the test said and the rest filled in."""
    found: dict[str, Any] = {
        "type": kind,
        "eventTime": "2026-11-22T10:00:00+01:00",
        "eventTimeZoneOffset": "+01:00",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
    }
    if kind != "TransformationEvent":
        found["action"] = "OBSERVE"
    if kind == "ObjectEvent":
        found["epcList"] = ["urn:epc:id:sgtin:4012345.011111.9876"]
    return {**found, **fields}
