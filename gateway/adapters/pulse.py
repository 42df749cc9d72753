"""Showing a pulse, every few seconds, to other processes of this machine: in a file, and to systemd.

Decides nothing but when; what a pulse means is told by `gateway.service.pulse`.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from gateway.adapters.pulse_file import stopwatch_s, write_pulse
from gateway.service.pulse import LIMITS, Limits, Observer, Pulse, Vital, moves

_LOG = structlog.get_logger(__name__)

EVERY_S: Final = 5.0
STOP_WITHIN_S: Final = 5.0
_NOTIFY: Final = "NOTIFY_SOCKET"
"""Where systemd listens: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html"""


class Supervisor:
    """systemd, if it started us and asked to be told (`Type=notify`, `WatchdogSec=`); nobody otherwise."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get(_NOTIFY, "")
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @property
    def listens(self) -> bool:
        """Whether anybody asked to be told."""
        return bool(self._address)

    def tell(self, state: str) -> None:
        """Send what `sd_notify` would: `READY=1`, `WATCHDOG=1`, `STOPPING=1`. What cannot be sent is left out."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)  # the pulse doesn't wait for whoever feels it
                out.sendto(state.encode(), self._address)
        except OSError as error:
            _LOG.warning(
                "supervisor_not_told", state=state, reason=str(error), remedy="told again in a moment"
            )


class Beating:
    """Shows the pulse every few seconds from a thread of its own, from entering to leaving, if anybody is to see it.

    A pulse that cannot be written shows as a silent one. systemd hears nothing from a gateway whose writer stands
    still, and so restarts it; for a broker or a database that is away it would do so in vain.
    """

    def __init__(
        self,
        vital: Callable[[], Vital],
        file: Path | None,
        supervisor: Supervisor,
        limits: Limits = LIMITS,
        every_s: float = EVERY_S,
    ) -> None:
        self._vital = vital
        self._limits = limits
        self._every_s = every_s
        self._file = file
        self._supervisor = supervisor
        self._observer = Observer(stopwatch_s())
        self._ready = False
        self._faulty = False
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        if self._file is not None or self._supervisor.listens:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def stopping(self) -> None:
        """The gateway was told to stop: what it does now may take its time."""
        self._supervisor.tell("STOPPING=1")

    def _run(self) -> None:
        while True:
            pulse = self._observer.observe(self._vital(), stopwatch_s())
            self._show(pulse)
            self._tell(pulse)
            # Until the writer has turned, look more often: whoever waits for the start waits no longer than need be.
            if self._leaving.wait(self._every_s if pulse.started else self._every_s / 50):
                return

    def _show(self, pulse: Pulse) -> None:
        if self._file is None:
            return
        try:
            write_pulse(self._file, pulse)
        except OSError as error:
            if not self._faulty:
                _LOG.warning(
                    "pulse_not_shown", reason=str(error), remedy="make its folder writable for this user"
                )
            self._faulty = True
        else:
            self._faulty = False

    def _tell(self, pulse: Pulse) -> None:
        if pulse.started and not self._ready:
            self._ready = True
            self._supervisor.tell("READY=1")
        if moves(pulse, self._limits) is None:
            self._supervisor.tell("WATCHDOG=1")
