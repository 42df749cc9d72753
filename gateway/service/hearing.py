"""What a batch says of devices: when they were heard, whether their clocks are right, how their batteries are."""

from collections.abc import Callable, Iterable

from gateway.ports.rows import BatteryRow
from gateway.ports.state import Unit
from gateway.service.watch import state_of
from gateway.tracking.devices import DeviceState
from gateway.tracking.instants import Instant
from gateway.tracking.model import Status
from gateway.tracking.plan import Network


class Hearing:
    """Collects, in the order of arrival, what changes the states of the network's devices."""

    def __init__(self, unit: Unit, network: Network, devices: Iterable[str], now: Instant) -> None:
        self._unit = unit
        declared = [device for device in dict.fromkeys(devices) if device in network.devices]
        rows = unit.subjects("device", declared) if declared else {}
        self._states = {device: state_of(rows.get(device), now) for device in declared}
        self._changed: set[str] = set()
        self._powered: set[str] = set()
        self._heard: dict[str, Instant] = {}
        self.batteries: list[BatteryRow] = []

    def heard(self, device: str, at: Instant) -> None:
        """Something that only a living device sends."""
        if device in self._states:
            self._heard[device] = max(at, self._heard.get(device, at))

    def skewed(self, device: str, at: Instant) -> None:
        """An event dated in the future or long ago, received at `at`."""
        self._set(device, lambda state: state._replace(skew_since=at))

    def on_time(self, device: str) -> None:
        """An accepted scan or position."""
        state = self._states.get(device)
        if state is not None and state.skew_since is not None:
            self._set(device, lambda state: state._replace(skew_since=None))

    def battery(self, row: BatteryRow) -> None:
        self.batteries.append(row)
        self._powered.add(row.device)

    def recount(self, devices: Iterable[str]) -> None:
        """Readings of these devices were voided."""
        self._powered.update(devices)

    def status(self, status: Status, received_at: Instant, span: tuple[Instant, Instant]) -> None:
        """A live status; `span` is what event times are believed, else the reading's is that of its receipt."""
        if status.state == "online":
            self.heard(status.device, received_at)
        if status.battery_pct is not None:
            at = status.at if status.at is not None and span[0] <= status.at <= span[1] else received_at
            self.battery(BatteryRow(status.device, at, status.battery_pct, None))

    def states(self) -> dict[str, DeviceState | None]:
        """The states that changed; ask once the batteries are written."""
        for device, at in self._heard.items():
            self._set_state(device, self._states[device].heard(at))
        for device in self._powered & self._states.keys():
            low = self._unit.low_battery_since(device)
            if low != self._states[device].low_since:
                self._set_state(device, self._states[device]._replace(low_since=low))
        return {device: self._states[device] for device in sorted(self._changed)}

    def _set(self, device: str, change: Callable[[DeviceState], DeviceState]) -> None:
        state = self._states.get(device)
        if state is not None:
            self._set_state(device, change(state))

    def _set_state(self, device: str, state: DeviceState) -> None:
        self._states[device] = state
        self._changed.add(device)
