"""The composition root: the one place that knows every concrete part. Builds them, starts and stops them in order.

Settings and network are checked before anything is opened. Stop, on SIGTERM or SIGINT: nothing more is taken in,
what was taken is committed, answered and acknowledged, then the rest goes down in the reverse order.
"""

import gc
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from gateway import __version__
from gateway.adapters.clock import SystemClock
from gateway.adapters.disk import shortage
from gateway.adapters.http import HttpServer, Part, PostedLine, ensure_first
from gateway.adapters.http import Outside as Desk
from gateway.adapters.mqtt import Line, LineState, MqttOptions
from gateway.adapters.mqtt.retained import retained_alerts
from gateway.adapters.notify import AppriseNotifier, ChannelsFaulty, HttpPoster, LoggedNotifications
from gateway.adapters.series import series_at
from gateway.adapters.state import SqlState
from gateway.network import NetworkFaults, load
from gateway.ports.delivery import Health
from gateway.ports.line import Clock
from gateway.ports.state import Unavailable
from gateway.service.delivery import Deliveries, Outside
from gateway.service.networks import Networks, Offered
from gateway.service.publishing import refresh
from gateway.service.pump import Committed, Counts, Pump
from gateway.service.series import Keep, SeriesDeliveries, Vitals
from gateway.service.series import Outside as Projected
from gateway.settings import Settings
from gateway.tracking.instants import SECOND, Instant
from gateway.tracking.plan import Network

_LOG = structlog.get_logger(__name__)

LOOK_S = 2.0
"""How often the network's file is looked at."""
STOP_WITHIN_S = 10.0
"""So long a stop waits for a delivery under way; what is not confirmed stays in the outbox."""
PRUNE_S = 600.0
PRUNE_ROWS = 2_000
"""So many rows are forgotten in one unit, so that the writer is not held up."""


ADMIN_FILE = "admin-token"
_SQLITE = "sqlite:///"


class Gateway:
    """One replica: a writer, a line to the broker, delivery, and ticks. `run` returns when it was told to stop.

    Raises:
        NetworkFaults: the network does not pass its check.
        ChannelsFaulty: the address of a channel or webhook is missing from the environment, or is none.
        ValueError: a setting cannot work.
        WrongSchema: the state store is newer than this gateway.
        Unavailable: the state store cannot be opened.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None, *, open_desk: bool = False) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._stamp = _stamp(settings.network)
        network = load(settings.network)
        self._options = mqtt_options(settings)
        self._notifier = AppriseNotifier(network.alerting, os.environ)
        self._poster = HttpPoster(network.alerting, os.environ)
        self._state = SqlState(settings.state.url.get_secret_value())
        self._networks = Networks(
            self._state, self._clock, network, _reader(settings.network), self._take_up_channels
        )
        self._line = Line(
            self._options, clock=self._clock.now, version=__version__, on_online=self._on_online
        )
        self._posted = PostedLine(self._line)
        self._pump = Pump(
            self._state, self._posted, settings.mqtt.root, self._networks, self._clock, self._on_committed
        )
        self._deliveries = self._delivery()
        self._delivering = threading.Thread(
            target=self._deliveries.run, args=(self._clock,), name="delivery", daemon=True
        )
        series = settings.series
        self._series = series_at(series.url, settings.state.url.get_secret_value(), series.token, series.ca)
        self._projection = self._projection_into_series()
        self._projecting = threading.Thread(
            target=self._projection.run, args=(self._clock,), name="series", daemon=True
        )
        self._lag_s: float | None = None
        self._stop = threading.Event()
        self._reload = threading.Event()
        self._ticks = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._http = self._desk(open_=open_desk)

    def _desk(self, *, open_: bool) -> HttpServer:
        """The desk; unless it is open to everybody, with an admin's token if there is none yet."""
        settings, state = self._settings, self._state
        http = settings.http
        desk = Desk(
            state,
            lambda: self._networks.terrain,
            self._clock,
            self._posted,
            self._parts,
            self._counts,
            self._deliveries.wake,
        )
        if not open_:
            _make_first_token(state, settings, self._clock.now())
            return HttpServer(desk, http.host, http.port, tiles=http.tiles)
        try:
            return HttpServer(desk, http.host, http.port, open_=True, tiles=http.tiles)
        except ValueError:  # the demo is to run beside whatever has the usual port
            return HttpServer(desk, http.host, 0, open_=True, tiles=http.tiles)

    def _delivery(self) -> Deliveries:
        return Deliveries(
            Outside(
                self._state,
                self._line,
                self._notifier,
                LoggedNotifications(),
                self._health,
                poster=self._poster,
            ),
            lambda: self._networks.terrain.network,
            self._settings.mqtt.root,
            self._clock.now(),
        )

    def _projection_into_series(self) -> SeriesDeliveries:
        keep = self._settings.keep
        return SeriesDeliveries(
            Projected(
                self._state, self._series, lambda: self._networks.terrain.network, self._vitals, turns=None
            ),
            self._settings.instance_id,
            Keep(keep.journeys, keep.positions, keep.quarantine),
        )

    @property
    def line(self) -> Line:
        """For readiness and metrics."""
        return self._line

    @property
    def http(self) -> HttpServer:
        """For those who show where it listens."""
        return self._http

    @property
    def counts(self) -> Counts:
        """What the writer has done so far."""
        return self._pump.counts

    def stop(self) -> None:
        """Ask `run` to return; from any thread or a signal handler."""
        self._stop.set()
        self._line.wake()

    def reload(self) -> None:
        """Ask for the network's file to be read again."""
        self._reload.set()
        self._line.wake()

    def run(self) -> None:
        """Serve until told to stop."""
        self._start()
        try:
            while not self._stop.is_set():
                if self._reload.is_set():
                    self._reload.clear()
                    self._take_up_network()
                pause_s = self._pump.step()
                if pause_s:
                    self._stop.wait(pause_s)
        finally:
            self._finish()

    def _start(self) -> None:
        _calm_collector()
        self._networks.start()
        self._delivering.start()
        self._projecting.start()
        self._line.start()
        self._http.start()
        self._ticks.add_job(self._look_at_network, "interval", seconds=LOOK_S)
        self._ticks.add_job(self._line.wake, "interval", seconds=1.0)
        self._ticks.add_job(self._prune, "interval", seconds=PRUNE_S)
        self._ticks.start()
        _LOG.info("gateway_started", version=__version__, network=str(self._settings.network))

    def _finish(self) -> None:
        """Finish what was taken, then go down in the reverse order of the start."""
        self._line.pause()
        self._posted.close()
        self._pump.drain()
        self._http.stop()
        self._ticks.shutdown()
        self._deliveries.stop()
        self._projection.stop()
        self._delivering.join(STOP_WITHIN_S)
        self._projecting.join(STOP_WITHIN_S)
        self._line.stop()
        self._series.close()
        self._state.close()
        _LOG.info("gateway_stopped")

    def _on_online(self) -> None:
        self._deliveries.connected(self._clock.now())
        self._ticks.add_job(self._refresh_alerts, id="refresh", replace_existing=True)

    def _refresh_alerts(self) -> None:
        """Make the retained alerts agree with the open ones: each may have missed, or forgotten, what the other has."""
        try:
            retained = retained_alerts(self._options)
            with self._state.unit() as unit:
                corrected = refresh(unit, retained, self._clock.now())
        except (OSError, Unavailable) as error:
            _LOG.warning(
                "retained_alerts_unknown", reason=str(error), remedy="asked again on the next connection"
            )
            return
        _LOG.info("retained_alerts", found=len(retained), corrected=corrected)
        self._deliveries.wake()

    def _on_committed(self, committed: Committed) -> None:
        newest = [at for at in committed.newest if at is not None]
        if newest:
            self._deliveries.saw(committed.at, min(newest))
            self._lag_s = max(0, committed.at - max(newest)) / SECOND
        if committed.settled.transitions:
            self._deliveries.wake()

    def _health(self) -> Health:
        serving = self._pump.counts.backoff_s == 0 and self._line.health().state is LineState.ONLINE
        return Health.WELL if serving else Health.UNWELL

    def _parts(self) -> Mapping[str, Part]:
        """How the parts are, for readiness: what goes out may wait without harm to what is taken in."""
        backoff_s, line = self._pump.counts.backoff_s, self._line.health()
        serves = backoff_s == 0
        online = line.state is LineState.ONLINE
        return {
            "state_store": Part(
                serves, "" if serves else f"it does not serve; tried again in {backoff_s:.1f} s"
            ),
            "broker": Part(online, line.reason),
            "disk": Part(ready=True, reason=shortage(state_folder(self._settings))),
            "network": Part(ready=True, reason=self._networks.fault),
            "time_series": Part(ready=True, reason=self._projection.fault),
            **{name: Part(ready=True, reason=fault) for name, fault in self._deliveries.faults().items()},
        }

    def _counts(self) -> Mapping[str, float]:
        line = self._line.health()
        return {
            **asdict(self._pump.counts),
            "connections": line.connections,
            "dropped_receipts": line.dropped,
            "webhooks_refused": self._deliveries.webhooks_refused,
            "held": line.held,
            "online": line.state is LineState.ONLINE,
        }

    def _vitals(self) -> Vitals:
        counts = self._pump.counts
        return Vitals(
            counts.accepted,
            lag_s=self._lag_s,
            commit_ms=counts.commit_ms,
            failed_journeys=counts.failed_journeys,
            receipts=counts.accepted + counts.duplicates + counts.quarantined,
            broker=self._line.health().state is LineState.ONLINE,
            database=counts.backoff_s == 0,
        )

    def _take_up_channels(self, network: Network) -> Sequence[str]:
        try:
            webhooks = self._poster.prepared(network.alerting)
            self._notifier.use(network.alerting)
        except ChannelsFaulty as wrong:
            return wrong.faults
        self._poster.use(webhooks)
        return ()

    def _look_at_network(self) -> None:
        if _stamp(self._settings.network) != self._stamp:
            self.reload()

    def _take_up_network(self) -> None:
        self._stamp = _stamp(self._settings.network)
        try:
            self._networks.reload()
        except Unavailable as error:
            _LOG.error("network_not_read", reason=str(error), remedy="it is tried again")
            self._reload.set()

    def _prune(self) -> None:
        """Forget what nobody needs any more, a little at a time."""
        folder = state_folder(self._settings)
        if scarce := shortage(folder):
            _LOG.warning("disk_nearly_full", folder=str(folder), reason=scarce)
        before = Instant(self._clock.now() - self._settings.keep.journeys)
        try:
            with self._state.unit() as unit:
                unit.prune(before, PRUNE_ROWS)
            self._http.tidy()
        except Unavailable as error:
            _LOG.warning("prune_put_off", reason=str(error))


def _calm_collector() -> None:
    """Let garbage collection look less often: a batch makes thousands of small tuples, hardly any in cycles.

    With Python's own thresholds it takes about a fifth of the writer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def mqtt_options(settings: Settings) -> MqttOptions:
    """The line's options from the settings, checked whole."""
    mqtt = settings.mqtt
    return MqttOptions(
        url=mqtt.url,
        root=mqtt.root,
        client_id=mqtt.client_id,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        ca=mqtt.ca,
        cert=mqtt.cert,
        key=mqtt.key,
        protocol=mqtt.protocol,
    )


def state_folder(settings: Settings) -> Path:
    """Where the gateway keeps what is its own: beside a state store that is a file, else the working directory."""
    url = settings.state.url.get_secret_value()
    return (Path(url.removeprefix(_SQLITE)).parent if url.startswith(_SQLITE) else Path()).absolute()


def _make_first_token(state: SqlState, settings: Settings, now: Instant) -> None:
    """See that somebody can get in: the first start makes an admin's token, in a file beside the state store.

    Raises:
        ValueError: the file cannot be written.
    """
    file = state_folder(settings) / ADMIN_FILE
    try:
        made = ensure_first(state, file, now)
    except OSError as error:
        raise ValueError(f"{file} cannot be written ({error.strerror}); make its folder writable") from None
    if made is not None:
        _LOG.warning("admin_token_written", file=str(made), remedy="take it from there, then remove the file")


def _reader(file: Path) -> Callable[[], Offered]:
    def read() -> Offered:
        try:
            return Offered(load(file))
        except NetworkFaults as faults:
            return Offered(None, tuple(str(fault) for fault in faults.faults))

    return read


def _stamp(file: Path) -> tuple[int, int] | None:
    """What differs when a file was written anew; None while there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size)
