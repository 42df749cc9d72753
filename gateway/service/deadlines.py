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
    """What to settle: goods by id, devices with their new states (None: as they were), new memos of containers.

    `sites` are those to be looked at besides the devices' homes.
    """

    goods: Collection[str] = ()
    devices: Mapping[str, DeviceState | None] = field(default_factory=dict)
    memos: Mapping[str, str] | None = None
    sites: Collection[str] = ()


def pass_deadlines(unit: Unit, network: Network, now: Instant, limit: int = MAX_DUE) -> Settled | None:
    """Look again at the rows due by `now`, at most `limit`; None if none are due."""
    due = unit.due(now, limit)
    if not due:
        return None
    return look_again(unit, network, now, due)


def look_again(unit: Unit, network: Network, now: Instant, due: Sequence[SubjectRow]) -> Settled:
    """Settle these rows, whose time has come.

    A row that is due as before once it was looked at, which only a bug of ours can bring about, is set aside: it
    would be looked at for ever, and nothing else be done.
    """
    work = Work(
        goods=[row.id for row in due if row.scope == "goods"],
        devices={row.id: None for row in due if row.scope == "device"},
    )
    settled = settle(unit, Known(unit, network), network, now, work)
    before = {(row.scope, row.id): row.look_again for row in due}
    for row in unit.due(now, len(due)):
        if before.get((row.scope, row.id)) == row.look_again:
            settled.failed[row.id] = f"due since {row.look_again} and still, after it was looked at"
            set_aside(unit, row, settled.failed[row.id])
    return settled


def set_aside(unit: Unit, row: SubjectRow, trace: str) -> None:
    """A row whose evaluation fails is not looked at again before its next evidence."""
    unit.put_subjects([row._replace(look_again=None, failed=trace)])


def know_devices(unit: Unit, network: Network, now: Instant) -> Settled:
    """Look at devices and sites by a network just taken up: the silence of those never heard counts from `now`.

    Of those that it does not declare any more nothing is expected, and what was said of them is over.
    """
    devices = dict.fromkeys([*network.devices, *(row.id for row in unit.flagged("device"))])
    sites = [row.id for row in unit.flagged("site")]
    return settle(unit, Known(unit, network), network, now, Work(devices=devices, sites=sites))


def settle(unit: Unit, known: Known, network: Network, now: Instant, work: Work) -> Settled:
    """Settle devices, then goods, at `now`."""
    settlement = Settlement(unit, known, network, now)
    rows = derive_devices(unit, network, now, work.devices, work.sites)
    if rows:
        settlement.others(rows)
    return settlement.goods(work.goods, work.memos)
