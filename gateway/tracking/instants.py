"""Instants and durations as integers, and their RFC 3339 and network.yaml spellings.

An `Instant` is whole microseconds since the Unix epoch in UTC; a `Duration` is whole microseconds of elapsed
time. Finer fractions are cut. Nothing here reads a clock.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NewType

Instant = NewType("Instant", int)
Duration = NewType("Duration", int)

SECOND: Final = Duration(1_000_000)
MINUTE: Final = Duration(60 * SECOND)
HOUR: Final = Duration(60 * MINUTE)
DAY: Final = Duration(24 * HOUR)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001  UTC too, and quicker to write without saying so
_MICROSECOND = timedelta(microseconds=1)

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_USUAL = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
).fullmatch
"""What `datetime.fromisoformat` reads as RFC 3339 does, in a third of the time."""
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)
_ISO8601 = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_UNIT: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_ISO_UNITS: Final = (7 * DAY, DAY, HOUR, MINUTE, SECOND)


def instant(text: str) -> Instant:
    """The instant that an RFC 3339 date-time with offset names.

    A leap second (`23:59:60` UTC) is the first instant of the next day, as POSIX counts it.

    Raises:
        ValueError: not RFC 3339, no offset, or outside the years 0001 to 9999 in UTC.
    """
    if _USUAL(text) is not None:
        try:
            since = datetime.fromisoformat(text) - _EPOCH
        except ValueError:  # a leap second or no date; what is wrong is said below
            return _instant(text)
        micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        if _FIRST <= micros <= _LAST:
            return Instant(micros)
    return _instant(text)


def _instant(text: str) -> Instant:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date-time with offset, such as 2026-11-22T09:14:03.120+01:00")
    year, month, day, hour, minute, second, fraction, sign, off_h, off_m = match.groups()
    leap = second == "60"
    moment = datetime(
        int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second), tzinfo=UTC
    )
    micros = (moment - _EPOCH) // _MICROSECOND
    if sign is not None:
        hours, minutes = int(off_h), int(off_m)
        if hours > 23 or minutes > 59:
            raise ValueError(f"the offset {sign}{off_h}:{off_m} is out of range; it ends at 23:59")
        offset = hours * HOUR + minutes * MINUTE
        micros += offset if sign == "-" else -offset
    if leap:
        if (micros + SECOND) % DAY:
            raise ValueError("a second 60 exists only as the leap second 23:59:60 UTC")
        micros += SECOND
    elif fraction:
        micros += int(fraction[:6].ljust(6, "0"))
    if not _FIRST <= micros <= _LAST:
        raise ValueError("outside the years 0001 to 9999")
    return Instant(micros)


def rfc3339(at: int) -> str:
    """The instant in UTC with a `Z`: whole seconds, else milliseconds, else microseconds.

    An instant beyond year 9999 or before 0001 is written as the last or first that RFC 3339 can say.
    """
    seconds, fraction = divmod(min(max(at, _FIRST), _LAST), SECOND)
    if fraction == 0:
        return f"{_second(seconds)}Z"
    digits = f"{fraction:06}" if fraction % 1000 else f"{fraction // 1000:03}"
    return f"{_second(seconds)}.{digits}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """A whole second, without its zone. Kept, for what is said of a batch is often of the same few seconds."""
    return (_EPOCH_NAIVE + timedelta(seconds=seconds)).isoformat()


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime.

    Raises:
        TypeError: the datetime is naive.
    """
    return Instant((moment - _EPOCH) // _MICROSECOND)


def to_datetime(at: int) -> datetime:
    """The aware UTC datetime of an instant within the years 0001 to 9999."""
    return _EPOCH + timedelta(microseconds=at)


def duration(text: str) -> Duration:
    """A duration as network.yaml spells it: `90s`, `15m`, `24h`, `10d`, sums (`1d12h`), or ISO 8601 (`P1DT12H`).

    Raises:
        ValueError: any other spelling; months and years have no fixed length and are refused.
    """
    if text.startswith("P"):
        match = _ISO8601.fullmatch(text)
        if match is None or not any(match.groups()) or text.endswith("T"):
            raise ValueError(f"{text!r} is no ISO 8601 duration of weeks, days, hours, minutes and seconds")
        numbers = zip(match.groups(), _ISO_UNITS, strict=True)
        return Duration(sum(round(float(n) * unit) for n, unit in numbers if n))
    if not text or _PART.sub("", text):
        raise ValueError(
            f"{text!r} is no duration; write 90s, 15m, 24h, 10d, a sum such as 1d12h, or ISO 8601"
        )
    return Duration(sum(round(float(n) * _UNIT[u]) for n, u in _PART.findall(text)))


_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST: Final = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _MICROSECOND
