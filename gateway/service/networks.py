"""The network of today: taken up at the start, and again whenever its file changes and passes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from gateway.ports.line import Clock
from gateway.ports.state import State, Unit
from gateway.service import reload
from gateway.service.admission import Terrain
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)


class Offered(NamedTuple):
    """A network that passed its check, or why it did not, a line each."""

    network: Network | None
    faults: tuple[str, ...] = ()


class Networks:
    """`read` reads and checks the file. `take_up` lets other parts take a network up, or say why they cannot.

    `on_renewed` is called within the unit that finishes a renewal.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        first: Network,
        read: Callable[[], Offered],
        take_up: Callable[[Network], Sequence[str]],
        on_renewed: Callable[[Unit, Terrain], None],
    ) -> None:
        self._state = state
        self._clock = clock
        self._read = read
        self._take_up = take_up
        self._on_renewed = on_renewed
        self._terrain = Terrain.of(first)
        self._renewing: str | None = None
        self._renews = False
        self.fault = ""
        """Why the file as it is now is not in force; empty where it is."""

    @property
    def terrain(self) -> Terrain:
        return self._terrain

    def start(self) -> None:
        """If journeys were last derived by another network, derive them again."""
        with self._state.reader() as unit:
            known = unit.meta(reload.DIGEST)
        if known != reload.digest(self._terrain.network):
            self._begin()

    def reload(self) -> bool:
        """Read the file again, and take it up if it passes and nothing needs what it lacks; whether it was."""
        offered = self._read()
        faults = list(offered.faults)
        new = offered.network
        if new is not None:
            with self._state.reader() as unit:
                faults += reload.obstacles(unit, self._terrain.network, new, self._clock.now())
            if not faults:
                faults += self._take_up(new)
        if new is None or faults:
            self.fault = "; ".join(faults[:3])
            _LOG.error("network_refused", faults=faults, remedy="the network of before stays in force")
            return False
        self.fault = ""
        changed = reload.digest(new) != reload.digest(self._terrain.network)
        self._terrain = Terrain.of(new)
        _LOG.info("network_taken_up", journeys="derived again" if changed else "as they were")
        if changed:
            self._begin()
        return True

    def _begin(self) -> None:
        self._renews, self._renewing = True, None

    def renew(self) -> bool:
        """Derive one page of goods for a network taken up, from the writer's thread; whether there is more to do."""
        if not self._renews:
            return False
        terrain = self._terrain
        with self._state.unit() as unit:
            after = reload.renew(unit, terrain, self._renewing, self._clock.now())
            if after is None:
                unit.put_meta(reload.DIGEST, reload.digest(terrain.network))
                self._on_renewed(unit, terrain)
        self._renewing = after
        self._renews = after is not None
        return self._renews
