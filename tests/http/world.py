"""The API as it is served, over a real state store and the real writer, with a clock that tests set.

What is posted is taken in by the pump, in a thread of its own, as in the gateway; there is no broker.
"""

import ssl
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from gateway.adapters.http import HttpServer, Outside, Part, PostedLine
from gateway.adapters.http.rights import Role
from gateway.adapters.http.tokens import make
from gateway.adapters.state import SqlState
from gateway.memory.series import MemorySeries
from gateway.network import parse
from gateway.ports.line import Delivery
from gateway.service.admission import Terrain
from gateway.service.pump import Pump
from gateway.service.renewal import Progress, Renewed
from gateway.service.series.journeys import Journeys
from gateway.service.series.writing import Left, Writing
from gateway.tracking.instants import DAY, SECOND, Duration, Instant
from tests.servers.waiting import eventually
from tests.unit.cli_world import NETWORK, Happening, at, happen

NOW: Final = at("9T17:00")
SOURCE: Final = "erp"
TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Not used, for all is on this machine; loading all authorities for each client takes longer than a test."""


class SetClock:
    """Shows what it was set to."""

    def __init__(self, now: Instant) -> None:
        self.time = now

    def now(self) -> Instant:
        return self.time

    def seconds_until(self, until: Instant) -> float:
        return max(0.0, (until - self.time) / SECOND)

    def pass_(self, length: int) -> None:
        self.time = Instant(self.time + length)


class SilentLine:
    """A line on which nothing comes."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def take(self, _max_items: int, max_wait_s: float) -> Sequence[Delivery]:
        self._woken.wait(min(max_wait_s, 0.2))
        self._woken.clear()
        return ()

    def wake(self) -> None:
        self._woken.set()

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        assert not list(deliveries), "only the broker's are acknowledged"

    def answer(self, receipts: Sequence[tuple[str, bytes]]) -> None:
        assert not receipts, "who posts is told, not the broker"

    def say(self, detail: Mapping[str, object]) -> None: ...


class FixedNetworks:
    """A network that stays as it is."""

    def __init__(self, terrain: Terrain) -> None:
        self.terrain = terrain

    def renew(self) -> Renewed:
        return Renewed(Progress.IDLE, ())


class World:
    """Enter it to have the API served, after what has happened. `client` is an administrator's."""

    def __init__(
        self,
        folder: Path,
        happened: Sequence[Happening] = (),
        network: str = NETWORK,
        now: Instant = NOW,
        *,
        open_: bool = False,
    ) -> None:
        self._happened = happened
        self.clock = SetClock(now)
        self.state = SqlState(f"sqlite:///{folder / 'state.sqlite'}")
        self.terrain = Terrain.of(parse(network))
        self.parts: dict[str, Part] = {"state_store": Part(ready=True)}
        self.acted = 0
        self.line: PostedLine[Delivery] = PostedLine(SilentLine())
        self.pump = Pump(
            self.state, self.line, "returns/v1", FixedNetworks(self.terrain), self.clock, lambda _: None
        )
        self.outside = Outside(
            self.state,
            lambda: self.terrain,
            self.clock,
            self.line,
            lambda: self.parts,
            lambda: self.counts(),  # noqa: PLW0108 # tests put others in its place
            self._note,
        )
        self.server = HttpServer(self.outside, "127.0.0.1", 0, open_=open_)
        self.secrets: dict[Role, str] = {}
        self._browsers: list[httpx.Client] = []
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._clients: dict[Role | None, httpx.Client] = {}

    def __enter__(self) -> Self:
        happen(self.state, *self._happened, terrain=self.terrain)
        self.project()
        with self.state.unit() as unit:
            for role in Role:
                source = SOURCE if role is Role.INTEGRATOR else None
                self.secrets[role] = make(unit, role.value, role, source, self.clock.now(), "test").secret
        self._writer.start()
        eventually(self._next_due, lambda due: due is None or due > self.clock.now())
        self.server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (*self._clients.values(), *self._browsers):
            client.close()
        self.server.stop()
        self._stopping.set()
        self.line.wake()
        self._writer.join(10)
        self.state.close()

    @property
    def client(self) -> httpx.Client:
        """The administrator's."""
        return self.client_of(Role.ADMIN)

    def client_of(self, role: Role | None) -> httpx.Client:
        """A client with the token of a role, or without any; it ends with the world."""
        if role not in self._clients:
            said = {} if role is None else {"Authorization": f"Bearer {self.secrets[role]}"}
            self._clients[role] = httpx.Client(
                base_url=self.server.url, headers=said, timeout=30, verify=TLS, trust_env=False
            )
        return self._clients[role]

    def browser(self, **headers: str) -> httpx.Client:
        """A client of the test's own, which keeps cookies; it ends with the world."""
        made = httpx.Client(base_url=self.server.url, headers=headers, verify=TLS, trust_env=False)
        self._browsers.append(made)
        return made

    def project(self) -> None:
        """Let the projection keep how journeys stand, and what they told."""
        journeys = Journeys(self.state, Writing(self.state, MemorySeries()), Duration(400 * DAY))
        while journeys.look(self.clock.now(), self.terrain.network) is Left.MORE:
            pass

    def get(self, path: str, role: Role = Role.ADMIN, **query: Any) -> Any:
        """The JSON of a view, which must succeed."""
        asked = {name: value for name, value in query.items() if value is not None}
        response = self.client_of(role).get(path, params=asked)
        assert response.status_code == 200, response.text
        return response.json()

    def _next_due(self) -> Instant | None:
        with self.state.reader() as unit:
            return unit.next_due()

    def _write(self) -> None:
        while not self._stopping.is_set():
            self.pump.step()

    def counts(self) -> Mapping[str, float]:
        """What the gateway counts."""
        return self.idle_counts()

    def idle_counts(self) -> Mapping[str, float]:
        """What the writer has counted, the line being online."""
        counts = {name: getattr(self.pump.counts, name) for name in _COUNTED}
        return {**counts, "connections": 1, "dropped_receipts": 0, "held": 0, "online": 1}

    def _note(self) -> None:
        self.acted += 1


_COUNTED: Final = (
    "messages", "accepted", "duplicates", "quarantined", "opened", "resolved", "failed_journeys", "units",
    "backoff_s",
)  # fmt: skip
