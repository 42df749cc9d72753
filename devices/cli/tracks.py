"""Tracks: the fixes of a GPX or CSV file, or of a made-up drive; read whole, at most 100,000.

Knows formats and geometry, not devices. Positions are degrees WGS 84, instants microseconds UTC.
"""

import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, cast
from xml.parsers import expat

from devices.fleet.geometry import between, distance_m
from devices.sdk.tracker import Readings
from gateway.tracking.instants import DAY, SECOND, Instant, instant, rfc3339

MOST_FIXES: Final = 100_000
_LONGEST: Final = 400 * DAY
"""Beyond that a time is mistyped, and whoever drives the track would wait for years."""
_LARGEST: Final = 64 * 1024 * 1024
_NUMBERS: Final = tuple(name for name in Readings.__annotations__ if name not in ("container", "door"))


class Fix(NamedTuple):
    """One position of a track, with what else the file says of it."""

    at: Instant
    lat: float
    lon: float
    readings: Readings


class BadTrack(Exception):
    """The file is no track that can be read; says where, and what is wrong."""


def read(file: Path) -> list[Fix]:
    """The fixes of a `.gpx` or `.csv` file, by time.

    Raises:
        BadTrack: it cannot be read, is no such file, or has too much or nothing in it.
    """
    kinds = {".gpx": _gpx, ".csv": _csv}
    reader = kinds.get(file.suffix.lower())
    if reader is None:
        raise BadTrack(f"{file} is neither .gpx nor .csv; name a track of one of these kinds")
    try:
        if file.stat().st_size > _LARGEST:
            raise BadTrack(f"{file} is larger than {_LARGEST // 2**20} MiB; split it")
        fixes: list[Fix] = []
        for fix in reader(file):
            if len(fixes) == MOST_FIXES:
                raise BadTrack(f"{file} has more than {MOST_FIXES:,} positions; split it")
            fixes.append(fix)
    except OSError as error:
        raise BadTrack(f"{file} cannot be read: {error.strerror}; name a file that can") from error
    if not fixes:
        raise BadTrack(f"{file} has no positions with a time in it; each row or <trkpt> needs one")
    fixes.sort(key=lambda fix: fix.at)
    first, last = fixes[0].at, fixes[-1].at
    if last - first > _LONGEST:
        raise BadTrack(
            f"{file} goes from {rfc3339(first)} to {rfc3339(last)}: a time is wrong, or split it at 400 days"
        )
    return fixes


def _csv(file: Path) -> Iterator[Fix]:
    """Columns `time`, `lat`, `lon`, and any of the wire's names for readings; others are passed over."""
    with file.open(encoding="utf-8-sig", newline="") as source:
        rows = csv.DictReader(source)
        try:
            missing = {"time", "lat", "lon"} - set(rows.fieldnames or ())
            if missing:
                raise BadTrack(
                    f"{file}:1: there is no column {', '.join(sorted(missing))}; the first line must name time,"
                    " lat and lon, parted by commas"
                )
            for row in rows:
                yield _fix(f"{file}:{rows.line_num}", row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadTrack(
                f"{file}:{rows.line_num + 1}: is no CSV in UTF-8: {error}; save it as CSV with this encoding"
            ) from error


def _fix(where: str, row: dict[str, str]) -> Fix:
    try:
        at, lat, lon = instant(row["time"].strip()), float(row["lat"]), float(row["lon"])
        numbers = {name: float(row[name]) for name in _NUMBERS if row.get(name)}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadTrack(f"{where}: {error}; times are RFC 3339, the rest numbers") from error
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise BadTrack(f"{where}: {name} {number} is no reading; leave out what was not read")
    words = {name: row[name] for name in ("door", "container") if row.get(name)}
    if words.get("door", "open") not in ("open", "closed"):
        raise BadTrack(f"{where}: door {words['door']!r} is no reading; write open or closed")
    return Fix(at, *_place(where, lat, lon), cast(Readings, {**numbers, **words}))


def _place(where: str, lat: float, lon: float) -> tuple[float, float]:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadTrack(f"{where}: lat {lat}, lon {lon} is no place; latitude comes first")
    return lat, lon


def _gpx(file: Path) -> Iterator[Fix]:
    """The track points that have a time. A document type is refused: that is where entities explode."""
    parser = _Gpx(file)
    with file.open("rb") as source:
        while chunk := source.read(65536):
            yield from parser.feed(chunk)
        yield from parser.feed(b"", last=True)


class _Gpx:
    """Track points out of a GPX 1.0 or 1.1 document, chunk by chunk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._point: dict[str, str] | None = None
        self._within = ""
        self._found: list[Fix] = []

    def feed(self, chunk: bytes, *, last: bool = False) -> list[Fix]:
        try:
            self._parser.Parse(chunk, last)
        except (
            expat.ExpatError,
            ValueError,
            LookupError,
        ) as error:  # the latter two: of the declared encoding
            raise BadTrack(f"{self._file}: is no GPX: {error}; save it anew, as GPX in UTF-8") from error
        found, self._found = self._found, []
        return found

    def _doctype(self, *_: object) -> None:
        raise BadTrack(f"{self._file}: has a document type, which GPX has not; take it out")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._within = name.rpartition(" ")[2]
        if self._within == "trkpt":
            self._point = {"lat": attributes.get("lat", ""), "lon": attributes.get("lon", "")}

    def _text(self, text: str) -> None:
        if self._point is not None and self._within in ("time", "ele") and len(text) < 100:
            self._point[self._within] = self._point.get(self._within, "") + text

    def _end(self, name: str) -> None:
        self._within = ""
        if name.rpartition(" ")[2] != "trkpt" or self._point is None:
            return
        point, self._point = self._point, None
        where = f"{self._file}:{self._parser.CurrentLineNumber}"
        if "time" in point:
            point["altitude_m"] = point.get("ele", "")
            self._found.append(_fix(where, point))


class Drive(NamedTuple):
    """A made-up drive: from where to where, how fast, and how often the tracker looks."""

    start: tuple[float, float]
    end: tuple[float, float]
    kmh: float
    every_s: float
    temperature_c: float | None = None
    seed: int = 0


def simulated(drive: Drive, began: Instant) -> list[Fix]:
    """The drive along the great circle, from `began`; the temperature sways a little about what is given.

    Raises:
        BadTrack: it would take more than 100,000 fixes.
    """
    chance = random.Random(drive.seed)  # noqa: S311 # a simulation
    seconds = distance_m(drive.start, drive.end) / 1000 / drive.kmh * 3600
    count = int(seconds / drive.every_s) + 1
    if count >= MOST_FIXES:
        raise BadTrack(f"the drive would have {count:,} positions; look less often, or go faster")
    fixes = []
    for number in range(count + 1):
        passed = min(number * drive.every_s, seconds)
        lat, lon = between(drive.start, drive.end, passed / seconds if seconds else 1.0)
        readings: Readings = {"speed_kmh": drive.kmh if passed < seconds else 0.0, "accuracy_m": 10.0}
        if drive.temperature_c is not None:
            readings["temperature_c"] = round(drive.temperature_c + chance.gauss(0, 0.5), 1)
        fixes.append(Fix(Instant(began + int(passed * SECOND)), round(lat, 6), round(lon, 6), readings))
    return fixes
