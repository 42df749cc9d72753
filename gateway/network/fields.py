"""The kinds of value in network.yaml: ids, texts, durations, positions, dates. Each arrives as the text written.

Messages here are read after the path of the value. Nothing here knows where in a network a value stands.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from biip.checksums import gs1_standard_check_digit
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

from gateway.identity import canonical
from gateway.network.faults import shown
from gateway.tracking.cbv import BUSINESS_STEPS
from gateway.tracking.instants import DAY, Duration, duration

ID_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,64}$"
TEXT_PATTERN: Final = r"^[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$"

# The remedy for these takes a search, so it is left to the wording of those that are reported.
UNKNOWN_TIMEZONE: Final = "unknown_timezone"
UNKNOWN_STEP: Final = "unknown_step"

_CENTURY: Final = 36_525 * DAY
# Longer than any sensible spelling, and short enough that its number is finite.
_LONGEST_DURATION: Final = 64
_LONGEST_CHANNEL: Final = 2_000
_GLN = re.compile(r"\d{13}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CHANNEL_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+|env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

ENVIRONMENT_PATTERN = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
WEBHOOK_PATTERN = re.compile(r"https?://[^\s/?#@\\]+(?:[/?][!-~]*)?|env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"is {shown(value)}; a single value belongs here"
        raise ValueError(message)
    return value


@lru_cache(maxsize=10_000)
def _span(text: str, *, zero: bool) -> Duration:
    if len(text) > _LONGEST_DURATION:
        message = f"{shown(text)} is no duration; write 90s, 15m, 24h, 10d, a sum such as 1d12h, or ISO 8601"
        raise ValueError(message)
    span = duration(text)
    if span >= _CENTURY:
        message = f"{text} is a hundred years or more; write a shorter one"
        raise ValueError(message)
    if span == 0 and not zero:
        message = f"{text} is no time at all; write a duration above zero, or remove the key"
        raise ValueError(message)
    return span


def _positive(value: object) -> Duration:
    return _span(_text(value), zero=False)


def _zero_or_more(value: object) -> Duration:
    return _span(_text(value), zero=True)


def _gln(value: str) -> str:
    if _GLN.fullmatch(value) is None:
        message = f"{shown(value)} is no GLN; write its 13 digits"
        raise ValueError(message)
    digit = gs1_standard_check_digit(value[:-1])
    if int(value[-1]) != digit:
        message = f"{value} is no GLN: its check digit should be {digit}; look for a mistyped digit"
        raise ValueError(message)
    return value


def _date(value: object) -> date:
    text = _text(value)
    if _DATE.fullmatch(text) is not None:
        try:
            return date.fromisoformat(text)
        except ValueError as wrong:
            message = f"{text} is no date: {wrong}"
            raise ValueError(message) from wrong
    message = f"{shown(text)} is no date; write it as 2026-12-25"
    raise ValueError(message)


@cache
def timezones() -> frozenset[str]:
    """The names of the time zone database that this machine has."""
    return frozenset(available_timezones())


def _timezone(value: str) -> str:
    if value not in timezones():
        raise PydanticCustomError(UNKNOWN_TIMEZONE, "unknown time zone")
    return value


def _step(value: str) -> str:
    if value not in BUSINESS_STEPS:
        raise PydanticCustomError(UNKNOWN_STEP, "unknown business step")
    return value


def _channel(value: str) -> str:
    # The value may hold a password, so no message repeats it.
    if len(value) > _LONGEST_CHANNEL or CHANNEL_PATTERN.fullmatch(value) is None:
        message = "is neither an Apprise URL (scheme://…) nor env:NAME (a variable that holds one)"
        raise ValueError(message)
    return value


def _webhook_url(value: str) -> str:
    # Likewise: many services put what lets one in into the path.
    if len(value) > _LONGEST_CHANNEL or WEBHOOK_PATTERN.fullmatch(value) is None:
        message = (
            "is neither https://… (without a user in it) nor env:NAME (a variable that holds such an address)"
        )
        raise ValueError(message)
    return value


def _from_environment(value: str) -> str:
    if ENVIRONMENT_PATTERN.fullmatch(value) is None:
        message = "is not env:NAME; put it into a variable of the environment, and write that one's name"
        raise ValueError(message)
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _angle(limit: int, otherwise: str) -> Callable[[float], float]:
    def check(value: float) -> float:
        if not -limit <= value <= limit:
            message = f"{value:g} is outside -{limit} to {limit}; {otherwise}"
            raise ValueError(message)
        return value

    return check


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
ContainerId = Annotated[str, AfterValidator(canonical)]
Span = Annotated[Duration, PlainValidator(_positive)]
"""A duration above zero and below a hundred years."""
SpanOrZero = Annotated[Duration, PlainValidator(_zero_or_more)]
Gln = Annotated[str, AfterValidator(_gln)]
Day = Annotated[date, PlainValidator(_date)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Step = Annotated[str, AfterValidator(_step)]
Channel = Annotated[str, AfterValidator(_channel)]
WebhookUrl = Annotated[str, AfterValidator(_webhook_url)]
FromEnvironment = Annotated[str, AfterValidator(_from_environment)]
"""What is too secret for a file that many read: `env:NAME`."""
OneOrMore = BeforeValidator(_listed)
"""Where a list of one may be written as its only value."""
Number = Annotated[float, Field(allow_inf_nan=False)]
Latitude = Annotated[Number, AfterValidator(_angle(90, "write degrees, the latitude before the longitude"))]
Longitude = Annotated[Number, AfterValidator(_angle(180, "write degrees"))]
