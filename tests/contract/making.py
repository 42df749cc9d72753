"""Rows for the tests of stores, each with what matters to the test said and the rest filled in."""

from gateway.ports.rows import (
    AlertRow,
    EventRow,
    Identity,
    OutboxRow,
    PositionRow,
    QuarantineRow,
    Scope,
    SubjectRow,
)
from gateway.ports.state import Unit
from gateway.tracking.deviations import Deviation
from gateway.tracking.evidence import OwnScan
from gateway.tracking.instants import HOUR, Instant
from gateway.tracking.model import (
    Announcement,
    JourneyStatus,
    Kind,
    Position,
    Severity,
    Subject,
    SubjectKind,
)

NOON = Instant(1_790_000_000_000_000)


def at(hours: float) -> Instant:
    """So many hours after noon."""
    return Instant(NOON + round(hours * HOUR))


def scan(
    hours: float,
    id_: str = "s1",
    device: str = "d1",
    *,
    step: str = "arriving",
    site: str = "HUB",
    container: str | None = None,
    as_item: bool = True,
    items: int = 1,
) -> OwnScan:
    return OwnScan(at(hours), id_, device, site, step, container, as_item, items)


def packing(
    hours: float, id_: str, container: str, *items: str, step: str = "packing"
) -> list[tuple[str, OwnScan]]:
    """A scan that names a container and items, as the rows of all that it names."""
    own = scan(hours, id_, step=step, container=container, items=len(items))
    return [*((item, own) for item in items), (container, own._replace(as_item=False))]


def identity(id_: str = "s1", device: str = "d1") -> Identity:
    return Identity(f"device/{device}", id_)


def event(
    hours: float, id_: str = "s1", device: str = "d1", *, what: str = "scan", received: float | None = None
) -> EventRow:
    received_at = at(hours if received is None else received)
    payload, result = f'{{"id":"{id_}","note":"ä"}}', f'{{"id":"{id_}"}}'.encode()
    return EventRow(identity(id_, device), what, at(hours), received_at, payload, result)


def announcement(hours: float, id_: str = "a1", item: str = "SN-1", source: str = "erp") -> Announcement:
    return Announcement(source, id_, at(hours), item, "refill")


def position(
    hours: float,
    id_: str = "p1",
    container: str = "TOTE-1",
    *,
    device: str = "t1",
    site: str | None = None,
    counted: bool = True,
    readings: tuple[tuple[str, float], ...] = (),
) -> PositionRow:
    fix = Position(device, id_, at(hours), 51.42, 12.24, container)
    return PositionRow(fix, container, site, counted, readings)


def subject(
    id_: str,
    *,
    scope: Scope = "goods",
    kind: SubjectKind = "return",
    status: JourneyStatus | None = JourneyStatus.IN_TRANSIT,
    parent: str | None = None,
    look_again: float | None = None,
    own: tuple[Deviation, ...] = (),
    shared: bool = False,
) -> SubjectRow:
    due = None if look_again is None else at(look_again)
    return SubjectRow(scope, id_, kind, status, parent=parent, look_again=due, own=own, shared=shared)


def delayed(hours: float = 0, stop: int | None = 2) -> Deviation:
    since = at(hours)
    return Deviation(Kind.DELAYED, since, Severity.MAJOR, stop=stop, expected=("SORT", "HUB"), by=since)


def alert(
    id_: str,
    deviation: Deviation | None = None,
    of: str = "SN-1",
    *,
    opened: float = 1,
    resolved: float | None = None,
    reason: str | None = None,
    shelved: bool = False,
) -> AlertRow:
    return AlertRow(
        id=id_,
        subject=Subject("return", of),
        deviation=deviation or delayed(),
        opened_at=at(opened),
        version=1,
        route="refill",
        container=None,
        summary=f"{of} is late",
        details="{}",
        resolved_at=None if resolved is None else at(resolved),
        reason=reason,
        shelved=shelved,
    )


def waiting(body: str, due: float = 0, lane: str = "series") -> OutboxRow:
    return OutboxRow(lane, "key", body, at(due))


def entry(
    id_: str, *, received: float = 0, status: str = "held", payload: bytes = b"\x00\xff"
) -> QuarantineRow:
    return QuarantineRow(id_, "device/d1/scan", payload, at(received), "malformed", "no JSON", status=status)


def add_scans(unit: Unit, *scans: tuple[str, OwnScan]) -> None:
    """Scans with their events, as intake writes them."""
    unit.add_scans(scans)
    unit.add_events(
        list({own.key: event(0, own.id, own.device)._replace(at=own.at) for _, own in scans}.values())
    )


def add_positions(unit: Unit, *positions: PositionRow) -> None:
    """Positions with their events, as intake writes them."""
    unit.add_positions(positions)
    unit.add_events(
        [
            event(0, row.position.id, row.position.device, what="position")._replace(at=row.position.at)
            for row in positions
        ]
    )
