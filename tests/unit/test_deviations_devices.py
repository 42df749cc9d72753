"""Devices and sites, which go by the gateway's own clock (tracking.md section 4)."""

import pytest

from gateway.tracking.deviations import Deviation, Findings
from gateway.tracking.devices import DeviceState, of_device, of_site, silent_from, watched_at
from gateway.tracking.instants import HOUR, Duration, Instant
from gateway.tracking.plan import Device
from tests.unit.builders import t

MET = t("2 Mar 08:00")
WATCHED = Device("scan-1", "scanner", "HUB", silent_after=Duration(6 * HOUR))


def true(device: Device, state: DeviceState, now: str) -> list[str]:
    found = Findings(t(now))
    of_device(device, state, found)
    return [each.kind.value for each in found.deviations]


def dark(silent: list[Instant], now: int) -> tuple[Deviation, ...]:
    found = Findings(Instant(now))
    of_site("HUB", silent, found)
    return found.deviations


@pytest.mark.parametrize(
    ("heard", "now", "expected"),
    [
        pytest.param([], "2 Mar 13:59", [], id="just met, it has its time"),
        pytest.param([], "2 Mar 14:00", ["device_silent"], id="never heard, it is silent since it was met"),
        pytest.param(["2 Mar 13:00"], "2 Mar 18:59", [], id="heard, its time begins anew"),
        pytest.param(["2 Mar 13:00"], "2 Mar 19:00", ["device_silent"], id="and ends at its own instant"),
        pytest.param(["2 Mar 13:00", "2 Mar 09:00"], "2 Mar 18:59", [], id="in whatever order it was heard"),
    ],
)
def test_a_watched_device_is_silent_when_it_was_not_heard_for_long(
    heard: list[str], now: str, expected: list[str]
) -> None:
    state = DeviceState(MET)
    for at in heard:
        state = state.heard(t(at))
    assert true(WATCHED, state, now) == expected


def test_a_device_that_nobody_watches_may_be_silent() -> None:
    idle = Device("scan-2", "scanner", "HUB")
    assert silent_from(idle, DeviceState(MET)) is None
    assert true(idle, DeviceState(MET), "30 Mar 00:00") == []


def test_a_wrong_clock_and_a_low_battery_are_told_since_when() -> None:
    state = DeviceState(MET, skew_since=t("2 Mar 09:00"), low_since=t("2 Mar 08:30"))
    found = Findings(t("2 Mar 10:00"))
    of_device(WATCHED, state, found)
    since = {each.kind.value: each.since for each in found.deviations}
    assert since == {"clock_skew": t("2 Mar 09:00"), "low_battery": t("2 Mar 08:30")}


def test_a_low_battery_is_true_at_once_be_its_reading_dated_in_the_future() -> None:
    assert true(WATCHED, DeviceState(MET, low_since=t("2 Mar 08:05")), "2 Mar 08:01") == ["low_battery"]


def test_a_site_is_dark_when_the_last_of_its_watched_devices_is_silent() -> None:
    silent = [t("2 Mar 14:00"), t("2 Mar 16:00")]
    assert dark(silent, t("2 Mar 16:00") - 1) == ()
    (found,) = dark(silent, t("2 Mar 16:00"))
    assert (found.kind.value, found.since, found.site) == ("site_dark", t("2 Mar 16:00"), "HUB")
    assert dark([], t("30 Mar 16:00")) == (), "a site where nobody is watched is never dark"


def test_a_site_is_watched_by_the_devices_at_home_there_that_may_not_be_silent() -> None:
    others = [
        Device("scan-2", "scanner", "HUB"),
        Device("scan-3", "scanner", "CP", silent_after=Duration(HOUR)),
    ]
    assert watched_at("HUB", [*others, WATCHED]) == [WATCHED]
