"""The network of today: taken up at the start, and again whenever its file changes and passes."""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple

import structlog

from gateway.ports.line import Clock
from gateway.ports.state import State
from gateway.service import reload
from gateway.service.admission import Terrain
from gateway.service.renewal import Renewal, Renewed
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)


class Offered(NamedTuple):
    """A network that passed its check, or why it did not, a line each."""

    network: Network | None
    faults: tuple[str, ...] = ()


class Lacking(Exception):
    """The network of a start lacks what is needed; `faults` says what, a line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class TakenUp(Enum):
    """What became of a changed file."""

    IN_FORCE = auto()
    REFUSED = auto()


class Networks:
    """`read` reads and checks the file. `take_up` lets other parts take a network up, or say why they cannot."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        first: Network,
        read: Callable[[], Offered],
        take_up: Callable[[Network], Sequence[str]],
    ) -> None:
        self._state = state
        self._clock = clock
        self._read = read
        self._take_up = take_up
        self._terrain = Terrain.of(first)
        self._renewal = Renewal(state, clock)
        self.fault = ""
        """Why the file as it is now is not in force; empty where it is."""

    @property
    def terrain(self) -> Terrain:
        return self._terrain

    def start(self) -> None:
        """If journeys were last derived by another network, derive them again.

        Raises:
            Lacking: it lacks what that other one had, and open journeys, contents or kept scans need.
        """
        network = self._terrain.network
        with self._state.reader() as unit:
            known = unit.meta(reload.DIGEST)
            old = reload.remembered(unit)
            faults = reload.obstacles(unit, old, network, self._clock.now()) if old is not None else []
        if faults:
            raise Lacking(faults)
        if known != reload.digest(network):
            self._renewal.begin(self._terrain)

    def reload(self) -> TakenUp:
        """Read the file again, and take it up if it passes and nothing needs what it lacks.

        Raises:
            Unavailable: nothing was changed; try again.
        """
        new, faults = self._offered()
        if new is None or faults:
            self.fault = "; ".join(faults[:3])
            _LOG.error("network_refused", faults=faults, remedy="the network of before stays in force")
            return TakenUp.REFUSED
        self.fault = ""
        changed = reload.digest(new) != reload.digest(self._terrain.network)
        self._terrain = Terrain.of(new)
        _LOG.info("network_taken_up", journeys="derived again" if changed else "as they were")
        if changed:
            self._renewal.begin(self._terrain)
        return TakenUp.IN_FORCE

    def _offered(self) -> tuple[Network | None, list[str]]:
        """What the file has, and what speaks against taking it up."""
        try:
            network, faults = self._read()
        except Exception as error:  # noqa: BLE001 # a bug of ours in reading must not end a gateway that serves
            _LOG.exception("network_not_read")
            return None, [f"reading it failed ({type(error).__name__}), which is a bug of ours; see the log"]
        if network is None:
            return None, list(faults)
        with self._state.reader() as unit:
            old = reload.declared(self._terrain.network)
            found = reload.obstacles(unit, old, network, self._clock.now())
        return network, found or list(self._take_up(network))

    def renew(self) -> Renewed:
        """Do one page of what a network taken up asks for, from the writer's thread.

        Raises:
            Unavailable: try again.
        """
        return self._renewal.step()
