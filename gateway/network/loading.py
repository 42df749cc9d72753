"""The check of a network.yaml from text to plan, in order: YAML, shape, rules, plan, doubts.

The only part of the package that reads files.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.network import bindings, checked, doubts, ground, hours, references, stops
from gateway.network.assembly import assemble
from gateway.network.checked import Checked
from gateway.network.faults import Doubt, Fault, Finding, NetworkFaults
from gateway.network.report import report
from gateway.network.source import Unreadable, compose, decode
from gateway.network.values import Conversion, misfits
from gateway.tracking.plan import Network

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a file that is read at all; 10,000 routes of five stops are eight million."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The outcome of a check: the network, or faults that keep it from being one, and doubts (`warnings`)."""

    network: Network | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Doubt, ...] = ()


def load(file: Path) -> Network:
    """The network that the file declares.

    Raises:
        NetworkFaults: the file cannot be read, or is wrong; with every fault.
    """
    return _network(examine_file(file))


def parse(text: str) -> Network:
    """The network that the text declares; its faults name the file `network.yaml`.

    Raises:
        NetworkFaults: the text is wrong; with every fault.
    """
    return _network(examine(text, "network.yaml"))


def examine_file(file: Path) -> Examined:
    """The check of a file; one that cannot be read, or is larger than `LARGEST`, is a fault too."""
    name = str(file)
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as wrong:
        return _unreadable(name, Unreadable(1, 1, f"cannot be read: {wrong.strerror}; name a file that can"))
    if len(data) > LARGEST:
        return _unreadable(
            name, Unreadable(1, 1, f"is larger than {LARGEST:,} bytes; is it a network at all?")
        )
    try:
        return examine(decode(data), name)
    except Unreadable as wrong:
        return _unreadable(name, wrong)


def examine(text: str, name: str) -> Examined:
    """The check of a text; `name` is the file that faults and doubts are said to be in."""
    with _without_collections():
        return _examined(text, name)


def _network(examined: Examined) -> Network:
    if examined.network is None:
        raise NetworkFaults(examined.faults)
    return examined.network


def _unreadable(name: str, wrong: Unreadable) -> Examined:
    return Examined(None, (Fault(name, wrong.line, wrong.column, "", wrong.message),))


def _examined(text: str, name: str) -> Examined:
    try:
        root = compose(text)
    except Unreadable as wrong:
        return _unreadable(name, wrong)
    if root is None:
        return _unreadable(name, Unreadable(1, 1, "is empty; begin with version: 1"))
    conversion = Conversion()
    entries, findings = checked.check(conversion.plain(root))
    if conversion.odd:
        findings += misfits(root)
    network = None
    if entries is not None:
        network, more = _ruled(entries, usable=not findings)
        findings += more
    if network is None:
        return Examined(None, report(Fault, name, root, findings))
    found = [*ground.doubts(network), *doubts.doubts(network)]
    return Examined(network, (), report(Doubt, name, root, found))


def _ruled(entries: Checked, *, usable: bool) -> tuple[Network | None, list[Finding]]:
    """The rules between entries, and the network if it is `usable` so far and breaks none of them."""
    weeks = {}
    findings: list[Finding] = []
    for id_, calendar in entries.calendars.items():
        weeks[id_], wrong = hours.week(calendar.open)
        findings += (f._replace(location=("calendars", id_, "open", *f.location)) for f in wrong)
    bound, wrong = bindings.bind(entries)
    findings += [*references.check(entries), *stops.check(entries), *wrong]
    return (assemble(entries, weeks, bound) if usable and not findings else None), findings


@contextmanager
def _without_collections() -> Iterator[None]:
    """The garbage collector off: it would walk the million nodes of a large file again and again, for nothing.

    Whoever makes the nodes lets go of them within. Measured with 10,000 routes: 3 s instead of 13.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
