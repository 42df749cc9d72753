"""What the board's tests look at: the demo's network on a bad evening, with every kind of view filled.

SN-1002 left Berlin a day and a bit ago and is late in Leipzig; TOTE-12 is late with all that is in it; a drum was too
hot; things stand too long in Kassel; somebody scanned what nobody announced, under names that would be markup.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.unit.cli_world import Happening, at, rfc

NETWORK: Final = (Path(__file__).parents[2] / "examples" / "demo" / "network.yaml").read_text()
NOW: Final = at("4T20:10")
"""A Wednesday in March 2026, ten past nine in the evening in Berlin."""
MARKUP: Final = '<img src=x onerror="document.title=1">'
BACKWARDS: Final = "\u05e9\u05dc\u05d5\u05dd-SN-77-\u05d0"
LONG: Final = "L" * 120 + "-END1234"
HOSTILE: Final = (MARKUP, BACKWARDS, LONG)
HEARD: Final = (
    "scan-lej-1", "scan-lej-2", "scan-ber-1", "scan-ksf-1", "scan-ksf-2", "scan-ham-1", "scan-leu-1", "scan-nue-1",
    "scan-brq-1",
)  # fmt: skip
NOTE: Final = "label \u202etorn <script>document.title=1</script>"


def announced(item: str, when: str, route: str, **fields: Any) -> Happening:
    event = {"id": f"a-{item[:20]}-{when}", "at": rfc(when), "item": item, "route": route, **fields}
    return when, ("source/erp/announce", event)


def scanned(device: str, when: str, step: str, site: str, **fields: Any) -> Happening:
    event = {"id": f"s-{device}-{when}-{step}", "at": rfc(when), "step": step, "site": site, **fields}
    return when, (f"device/{device}/scan", event)


def fixed(device: str, when: str, lat: float, lon: float, **fields: Any) -> Happening:
    event = {"id": f"p-{device}-{when}", "at": rfc(when), "lat": lat, "lon": lon, **fields}
    return when, (f"device/{device}/position", event)


def history() -> list[Happening]:
    """All of it, in the order of receipt."""
    parts = (_laptops(), _tote(), _drum(), _kassel(), _strangers(), _devices(), _refused())
    return sorted((each for part in parts for each in part), key=lambda each: at(each[0]))


def _laptops() -> Iterator[Happening]:
    yield announced(
        "SN-1002", "2T08:00", "laptop-repair", rma="RMA-4711", description="Laptop, broken hinge", value=890.0
    )
    yield scanned("scan-ber-1", "2T10:05", "collecting", "CP-BER", item="SN-1002", operator="u-7", note=NOTE)
    yield scanned("scan-ber-1", "3T15:40", "departing", "CP-BER", item="SN-1002")
    yield announced("SN-1003", "2T08:00", "laptop-repair", description="Laptop, water damage")
    yield scanned("scan-muc-1", "2T11:00", "collecting", "CP-MUC", item="SN-1003")
    yield scanned("scan-muc-1", "2T17:00", "departing", "CP-MUC", item="SN-1003")
    yield scanned("scan-nue-1", "3T01:30", "arriving", "HUB-NUE", item="SN-1003")
    yield scanned("scan-nue-1", "3T09:00", "departing", "HUB-NUE", item="SN-1003")
    yield scanned("scan-brq-1", "3T19:00", "receiving", "REPAIR-BRQ", item="SN-1003")
    yield announced("SN-1004", "2T09:00", "laptop-repair")
    yield scanned("scan-ham-1", "2T12:00", "collecting", "CP-HAM", item="SN-1004")
    yield scanned("scan-ham-1", "3T12:00", "departing", "CP-HAM", item="SN-1004")
    yield scanned("scan-ksf-1", "3T20:30", "arriving", "SORT-KSF", item="SN-1004")
    yield announced("SN-1005", "1T08:00", "laptop-repair", origin_site="CP-VIE")


def _tote() -> Iterator[Happening]:
    inks = [f"INK-{number}" for number in range(201, 241)]
    for ink in inks:
        yield announced(ink, "2T08:00", "cartridge-refill", description="Ink cartridge")
    yield scanned("scan-ham-1", "2T13:00", "packing", "CP-HAM", items=inks, container="TOTE-12")
    yield scanned("scan-ham-1", "3T16:00", "departing", "CP-HAM", container="TOTE-12")
    way = [(53.5508, 10.002), (53.2, 10.4), (52.75, 10.9), (52.42, 10.79), (52.16, 11.1), (52.13, 11.62)]
    for number, (lat, lon) in enumerate(way):
        when = f"3T{15 + number}:30"
        yield fixed("trk-tote-12", when, lat, lon, battery_pct=64.0 - number, shock_g=0.5 + number % 3)
    yield scanned(
        "scan-ber-2", "4T09:00", "packing", "CP-BER", items=["INK-301", "INK-302"], container="TOTE-11"
    )
    yield fixed("trk-tote-11", "4T09:30", 52.5219, 13.4132, battery_pct=91.0)


def _drum() -> Iterator[Happening]:
    yield scanned(
        "scan-leu-1", "3T08:00", "packing", "PLANT-LEU", items=["SOLV-1", "SOLV-2"], container="DRUM-21"
    )
    yield announced("SOLV-1", "3T07:00", "solvent-drums", hazard_class="3", description="Spent solvent")
    yield announced("SOLV-2", "3T07:00", "solvent-drums", hazard_class="3", description="Spent solvent")
    heat = [18, 19, 21, 24, 29, 35, 41.5, 43, 38, 30, 26, 23]
    for number, celsius in enumerate(heat):
        yield fixed(
            "trk-drum-21",
            f"4T{7 + number:02}:00",
            51.315,
            12.006,
            temperature_c=celsius,
            shock_g=1.0,
            battery_pct=17.0,
        )


def _kassel() -> Iterator[Happening]:
    for number in range(501, 507):
        item = f"EL-{number}"
        yield announced(item, "1T08:00", "electronics-recycling", description="Old electronics")
        yield scanned("scan-ham-1", f"1T{number - 491}:10", "collecting", "CP-HAM", item=item)
        yield scanned("scan-ham-1", f"1T{number - 491}:40", "departing", "CP-HAM", item=item)
        yield scanned("scan-ksf-2", f"2T0{number - 500}:20", "arriving", "SORT-KSF", item=item)


def _strangers() -> Iterator[Happening]:
    for number, name in enumerate(HOSTILE):
        yield scanned("scan-lej-1", f"4T1{number}:15", "inspecting", "HUB-LEJ", item=name, note=NOTE)


def _devices() -> Iterator[Happening]:
    status = {"state": "online", "battery_pct": 88, "firmware": "4.2.1", "queued": 3, "at": rfc("4T19:50")}
    for number, device in enumerate(HEARD):
        yield f"4T19:{50 + number}", (f"device/{device}/status", {**status, "queued": number * 2})


def _refused() -> Iterator[Happening]:
    yield scanned("scan-lej-2", "4T18:00", "arriving", "HUB-XXX", item="SN-1010")
    late = {"id": "future-1", "at": rfc("6T18:00"), "step": "arriving", "item": "SN-1011", "site": "HUB-LEJ"}
    yield "4T18:10", ("device/scan-lej-2/scan", late)
    yield (
        "4T18:20",
        ("device/scan-nobody/scan", {"id": "x1", "at": rfc("4T18:20"), "step": "arriving", "item": MARKUP}),
    )
    yield "4T18:30", ("device/scan-ber-1/scan", b'{"id": "cut-off", "at": "2026-03-04T')
