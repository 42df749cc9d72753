"""A tracker on a container: positions with what its sensors read."""

from typing import ClassVar, Literal, TypedDict, Unpack

from devices.sdk.device import Device
from gateway.tracking.instants import Instant


class Readings(TypedDict, total=False):
    """What a position may say besides where; what is None is left out."""

    container: str | None
    """Left out, it is the one that the tracker is bound to."""
    accuracy_m: float | None
    speed_kmh: float | None
    heading_deg: float | None
    altitude_m: float | None
    battery_pct: float | None
    temperature_c: float | None
    humidity_pct: float | None
    shock_g: float | None
    tilt_deg: float | None
    light_lux: float | None
    door: Literal["open", "closed"] | None


class Tracker(Device):
    """A device that reports positions. It may not scan, so its first event of a run asks for the time."""

    may_scan: ClassVar[bool] = False

    def position(
        self, lat: float, lon: float, at: Instant | None = None, **readings: Unpack[Readings]
    ) -> str:
        """Spool a fix in degrees WGS 84, made `at` (by the satellites' time; else now), and return its id.

        Raises:
            ValueError: no such place, or a number is not finite.
            SpoolFull: it could not be taken; see `Device.put`.
        """
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(f"lat {lat}, lon {lon} is no place; give degrees, latitude first")
        said: dict[str, object] = {"lat": lat, "lon": lon}
        said.update({name: value for name, value in readings.items() if value is not None})
        if readings.get("battery_pct") is not None:
            self.battery_pct = readings["battery_pct"]
        return self.put("position", said, at)
