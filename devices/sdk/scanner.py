"""A handheld scanner: scans as typed calls, answered by verdicts."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from devices.sdk.device import Device
from devices.sdk.receipts import Result
from gateway.tracking.cbv import BUSINESS_STEPS
from gateway.tracking.instants import Instant


class ScanDetails(TypedDict, total=False):
    """What a scan may say besides step and items; what is None is left out."""

    container: str | None
    site: str | None
    """Left out, it is the device's home."""
    disposition: str | None
    lat: float | None
    lon: float | None
    operator: str | None
    note: str | None


class Scanner(Device):
    """A device that scans."""

    def scan(
        self, step: str, items: Sequence[str] = (), at: Instant | None = None, **details: Unpack[ScanDetails]
    ) -> str:
        """Spool a scan of these items, as read, and return its id.

        `unpacking` with a container and no items says that the container is empty.

        Raises:
            ValueError: the step is no CBV business step, the scan names nothing, or is too large to send.
            SpoolFull: it could not be taken; see `Device.put`.
        """
        if step not in BUSINESS_STEPS:
            raise ValueError(
                f"step {step!r} is no CBV business step; use one such as arriving, departing, packing"
            )
        if not items and details.get("container") is None:
            raise ValueError(f"a scan with step {step} names nothing; give items or a container")
        said: dict[str, object] = {"step": step}
        if items:
            said["items"] = list(items)
        said.update({name: value for name, value in details.items() if value is not None})
        return self.put("scan", said, at)

    def void(self, events: Sequence[str], note: str | None = None) -> str:
        """Take back earlier scans of this device, at most 50, that were mistakes; returns the id of that event."""
        if not 1 <= len(events) <= 50:
            raise ValueError(f"{len(events)} events to take back; give 1 to 50 ids")
        said: dict[str, object] = {"voids": list(events)}
        if note is not None:
            said["note"] = note
        return self.put("scan", said)

    def verdict(self, event: str, timeout_s: float = 1.0) -> Result | None:
        """What the gateway says of a scan; None if it does not within the time: the scan is safe, go on."""
        return self.result(event, timeout_s)
