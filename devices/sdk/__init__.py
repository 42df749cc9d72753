"""The device SDK: events that are kept until a receipt names them, whatever happens to power, network and clocks.

A scanner or tracker is made of a broker, a spool and its id (devices/README.md has whole programs):

    with closing(DiskSpool(Path("scan-ber-1.spool"))) as spool:
        with Scanner("scan-ber-1", Broker.at("mqtts://scan-ber-1:secret@broker"), spool) as scanner:
            event = scanner.scan("arriving", ["SN-1001"])
            result = scanner.verdict(event, timeout_s=1.0)

`scan` returns once the event is on disk; `verdict` is None while the gateway cannot be reached. Events leave the
spool when a receipt names them. Needs paho-mqtt and the standard library, and knows of the gateway only the wire.
"""

from devices.sdk.clock import Clock
from devices.sdk.device import Device, Options
from devices.sdk.disk import DiskSpool
from devices.sdk.link import Broker
from devices.sdk.receipts import Onward, Result
from devices.sdk.salvage import Salvaged
from devices.sdk.scanner import Scanner
from devices.sdk.slots import Pace
from devices.sdk.spool import MemorySpool, Spool, SpoolBroken, SpoolBusy, SpoolFull
from devices.sdk.tracker import Tracker

__all__ = [
    "Broker",
    "Clock",
    "Device",
    "DiskSpool",
    "MemorySpool",
    "Onward",
    "Options",
    "Pace",
    "Result",
    "Salvaged",
    "Scanner",
    "Spool",
    "SpoolBroken",
    "SpoolBusy",
    "SpoolFull",
    "Tracker",
]
