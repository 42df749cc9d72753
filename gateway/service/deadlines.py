"""What time alone does: the rows that are due are looked at again, and alerts follow (invariant 6).

Devices before sites before goods, so that at one instant a dark site already mutes what it explains.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service.known import Known
from gateway.service.settle import Settled, Settlement
from gateway.service.watch import derive_devices
from gateway.tracking.devices import DeviceState
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network

MAX_DUE = 500
"""How many due rows one unit looks at."""


@dataclass(frozen=True, slots=True)
class Work:
    """What to settle: goods by id, devices with their new states (None: as they were), and new memos of containers."""

    goods: Collection[str] = ()
    devices: Mapping[str, DeviceState | None] = field(default_factory=dict)
    memos: Mapping[str, str] | None = None


def pass_deadlines(unit: Unit, network: Network, now: Instant, limit: int = MAX_DUE) -> Settled | None:
    """Look again at the rows due by `now`, at most `limit`; None if none are due."""
    due = unit.due(now, limit)
    if not due:
        return None
    return look_again(unit, network, now, due)


def look_again(unit: Unit, network: Network, now: Instant, due: Sequence[SubjectRow]) -> Settled:
    """Settle these rows, whose time has come."""
    work = Work(
        goods=[row.id for row in due if row.scope == "goods"],
        devices={row.id: None for row in due if row.scope == "device"},
    )
    return settle(unit, Known(unit, network), network, now, work)


def set_aside(unit: Unit, row: SubjectRow, trace: str) -> None:
    """A row whose evaluation fails is not looked at again before its next evidence."""
    unit.put_subjects([row._replace(look_again=None, failed=trace)])


def know_devices(unit: Unit, network: Network, now: Instant) -> Settled:
    """Get to know the network's devices at `now`: the silence of those never heard counts from here."""
    known = unit.subjects("device", list(network.devices))
    new = {device: None for device in network.devices if device not in known}
    return settle(unit, Known(unit, network), network, now, Work(devices=new))


def settle(unit: Unit, known: Known, network: Network, now: Instant, work: Work) -> Settled:
    """Settle devices, then goods, at `now`."""
    settlement = Settlement(unit, known, network, now)
    rows = derive_devices(unit, network, now, work.devices)
    if rows:
        settlement.others(rows)
    return settlement.goods(work.goods, work.memos)
