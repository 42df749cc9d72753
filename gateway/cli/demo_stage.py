"""What the demo is played on: its network, its gateway's settings, the gateway itself, and the fleet.

The fleet is a process of its own, as devices are. Nothing is shown here.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from gateway.adapters.clock import FastClock
from gateway.adapters.mqtt import LineState
from gateway.app import Gateway
from gateway.cli.failures import FAILED, WRONG, Failure
from gateway.ports.state import Unavailable
from gateway.settings import Settings, SettingsFaults
from gateway.settings import load as load_settings
from gateway.tracking.instants import SECOND, rfc3339

NETWORK: Final = "network.yaml"
_HOME_S: Final = 120
"""Seconds that the fleet has to come home; it takes a few, on a machine that has nothing else to do."""
_DESK_PORT: Final = 8080
_ONLINE_S: Final = 10.0
_PAUSE_S: Final = 0.02
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def example_network() -> Path:
    """The network that the demo shows: packaged with us, or in the checkout.

    Raises:
        Failure: it is in neither.
    """
    packaged = Path(__file__).with_name("demo_network.yaml")
    checkout = Path(__file__).parents[2] / "examples" / "demo" / NETWORK
    for file in (packaged, checkout):
        if file.is_file():
            return file
    raise Failure("the demo's network is not installed; run the demo from a checkout", status=WRONG)


def settings_in(folder: Path, url: str, influx: str | None) -> Settings:
    """Settings of the demo's own: those of this machine's gateway are none of its business, but for secrets.

    Raises:
        Failure: the URL is none, or the environment has something wrong.
    """
    own = folder / "gateway.toml"
    own.touch()
    given = {
        "mqtt.url": url,
        "state.url": f"sqlite:///{folder / 'returns.sqlite'}",
        "network": folder / NETWORK,
        "series.url": influx or "embedded",
        "http.port": None if "RETURNS_HTTP__PORT" in os.environ else _desk_port(),
    }
    try:
        return load_settings(own, given)
    except SettingsFaults as wrong:
        raise Failure(*map(str, wrong.faults), status=WRONG) from None


def _desk_port() -> int:
    """The port that the documentation names, or where somebody else has it, any."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", _DESK_PORT))
        except OSError:
            return 0
    return _DESK_PORT


@contextmanager
def endable() -> Iterator[None]:
    """To be told to end (Ctrl-C, a closed terminal, a system that goes down) interrupts what is within, once.

    Going down in good order takes a moment, and is not to be cut off by a second Ctrl-C.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Served(NamedTuple):
    """The gateway and the thread that it runs in."""

    gateway: Gateway
    thread: threading.Thread


@contextmanager
def serving(settings: Settings, clock: FastClock) -> Iterator[Served]:
    """The real gateway on the fast clock, in a thread of its own; it listens, so that no first message is lost."""
    try:
        gateway = Gateway(settings, clock, open_desk=True)
    except ValueError as wrong:
        raise Failure(str(wrong), status=WRONG) from None
    except Unavailable as trouble:
        raise Failure(f"{trouble}, or name another folder with --keep", status=FAILED) from None
    thread = threading.Thread(target=gateway.run, name="gateway")
    thread.start()
    try:
        _listening(gateway, thread)
        yield Served(gateway, thread)
    finally:
        gateway.stop()
        thread.join()


def _listening(gateway: Gateway, thread: threading.Thread) -> None:
    """Wait until it listens; where it does not, for now or for good, whoever watches sees that."""
    until = time.monotonic() + _ONLINE_S
    while (left_s := until - time.monotonic()) > 0 and thread.is_alive():
        if gateway.line.wait_online(left_s) is LineState.ONLINE:
            return
        thread.join(_PAUSE_S)  # it has not begun yet


def fleet_for(settings: Settings, clock: FastClock, seed: int, report: Path) -> subprocess.Popen[str]:
    """A fleet that sets out when it is told to: a process that ends when it is home and has written its report."""
    options = {
        "--broker": settings.mqtt.url,
        "--network": settings.network,
        "--seed": seed,
        "--for": f"{(clock.until - clock.start) // SECOND}s",
        "--speed": clock.speed,
        "--start": rfc3339(clock.start),
        "--report": report,
        "--drain": _HOME_S,
    }
    given = [str(part) for pair in options.items() for part in pair]
    command = "from devices.cli import main; main()"
    program = [sys.executable, "-c", command, "fleet", *given, "--judge", "--ready"]
    return subprocess.Popen(  # noqa: S603 # our own interpreter and program; what varies are numbers and our own paths
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a terminal's Ctrl-C is for us: we tell it to end
    )


def ready(fleet: subprocess.Popen[str]) -> None:
    """Wait until the fleet is set up: what that takes is not to be taken from its time.

    Raises:
        Failure: it ended instead.
    """
    said = []
    for line in fleet.stdout or ():
        if line.strip() == "ready":
            return
        said.append(line.strip())
    raise Failure("the fleet did not set out:", *said[-5:], status=FAILED)


def set_out(fleet: subprocess.Popen[str], clock: FastClock) -> None:
    """Tell the fleet when its time began."""
    if fleet.stdin is not None:
        with suppress(BrokenPipeError):  # it has ended; whoever waits for it hears why
            fleet.stdin.write(f"{clock.began}\n")
            fleet.stdin.flush()
