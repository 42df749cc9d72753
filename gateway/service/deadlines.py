"""What time alone does: the rows that are due are looked at again, and alerts follow (invariant 6).

Devices before sites before goods, so that at one instant a dark site already mutes what it explains.
"""

from collections.abc import Collection, Mapping, Sequence

from gateway.ports.rows import SubjectRow
from gateway.ports.state import Unit
from gateway.service.known import Known
from gateway.service.settle import Settled, Settlement
from gateway.service.watch import derive_devices
from gateway.tracking.containment import end_of
from gateway.tracking.devices import DeviceState
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network

MAX_DUE = 500
"""How many due rows one unit looks at."""


def pass_deadlines(unit: Unit, network: Network, now: Instant, limit: int = MAX_DUE) -> Settled | None:
    """Look again at the rows due by `now`, at most `limit`; None if none are due."""
    due = unit.due(now, limit)
    if not due:
        return None
    return look_again(unit, network, now, due)


def look_again(unit: Unit, network: Network, now: Instant, due: Sequence[SubjectRow]) -> Settled:
    """Settle these rows, whose time has come."""
    return settle(
        unit,
        Known(unit, network),
        network,
        now,
        goods=[row.id for row in due if row.scope == "goods"],
        devices={row.id: None for row in due if row.scope == "device"},
        ended=[row for row in due if row.scope == "goods" and row.kind == "container"],
    )


def set_aside(unit: Unit, row: SubjectRow, trace: str) -> None:
    """A row whose evaluation fails is not looked at again before its next evidence."""
    unit.put_subjects([row._replace(look_again=None, failed=trace)])


def know_devices(unit: Unit, network: Network, now: Instant) -> Settled:
    """Get to know the network's devices at `now`: the silence of those never heard counts from here."""
    known = unit.subjects("device", list(network.devices))
    new = {device: None for device in network.devices if device not in known}
    return settle(unit, Known(unit, network), network, now, goods=(), devices=new)


def settle(
    unit: Unit,
    known: Known,
    network: Network,
    now: Instant,
    *,
    goods: Collection[str],
    devices: Mapping[str, DeviceState | None],
    ended: Sequence[SubjectRow] = (),
    memos: Mapping[str, str] | None = None,
) -> Settled:
    """Settle goods and devices at `now`. Of due containers (`ended`), the contents whose unpacking has ended too."""
    settlement = Settlement(unit, known, network, now)
    dark = frozenset(row.id for row in unit.flagged("site"))
    rows = derive_devices(unit, network, now, devices)
    if rows:
        settlement.darkness(dark)
        settlement.others(rows)
    judged_anew = [item for row in ended for item in _judged(unit, known, network, now, row)]
    return settlement.goods(list(dict.fromkeys([*goods, *judged_anew])), memos)


def _judged(unit: Unit, known: Known, network: Network, now: Instant, row: SubjectRow) -> list[str]:
    """The contents of a container whose unpacking has ended since it was last looked at."""
    begins = [
        each.begin[0]
        for each in known.unpackings(row.id)
        if row.look_again is not None and row.look_again <= end_of(each, network) <= now
    ]
    if not begins:
        return []
    return [stay.item for stay in unit.contents((row.id,), min(begins)).get(row.id, ())]
