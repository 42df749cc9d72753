"""Every spelling of an instant is read as the standard library and RFC 3339 have it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tracking.instants import from_datetime, instant

FIRST, LAST = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")
moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets, st.sampled_from(["T", "t"]))
def test_a_moment_in_any_offset_is_one_instant(moment: datetime, offset: timezone, letter: str) -> None:
    local = moment.astimezone(offset)
    assert instant(local.isoformat(sep=letter)) == from_datetime(moment)
    assert instant(local.isoformat(sep=letter, timespec="microseconds")) == from_datetime(moment)


@given(moments, st.text("0123456789", min_size=1, max_size=12))
def test_a_fraction_finer_than_a_microsecond_is_cut(moment: datetime, fraction: str) -> None:
    whole = moment.replace(microsecond=0)
    micros = int(fraction.ljust(6, "0")[:6])
    for zone in ("Z", "z", "+00:00"):
        text = f"{whole.replace(tzinfo=None).isoformat()}.{fraction}{zone}"
        assert instant(text) == from_datetime(whole) + micros


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:14:03+24:00",
        "2026-11-22T09:14:03+01:60",
        "2026-11-22T09:60:03Z",
        "2026-11-22T09:14:61Z",
        "2026-11-22T09:14:60Z",
        "2026-02-29T09:14:03Z",
        "2026-11-22T09:14:03",
        "2026-11-22T09:14Z",
        "20261122T091403Z",
        "2026-W47-7T09:14:03Z",
        "2026-11-22T09:14:03.Z",
        "2026-11-22T09:14:03,5Z",
        "2026-11-22T09:14:03+01",
        "2026-11-22T09:14:03+01:00:00",
        "2026-11-22T09:14:03Z\n",
        " 2026-11-22T09:14:03Z",
        "-026-11-22T09:14:03Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_what_rfc_3339_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        instant(text)
