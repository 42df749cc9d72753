"""What admission says: each refusal has its reason, its field, and a sentence with value and remedy."""

import pytest

from gateway.tracking.instants import DAY, HOUR, MINUTE, instant
from gateway.wire import faults
from gateway.wire.faults import Fault, Reason, shown

NOON = instant("2026-11-22T12:00:00Z")

FAULTS = [
    (
        faults.unknown_device("scan-9"),
        "unknown_device",
        "device",
        "no device scan-9 in the network; declare it",
    ),
    (faults.unknown_source("sap"), "unknown_source", "source", "no source sap in the network; declare it"),
    (
        faults.scanning_tracker("trk-1"),
        "not_allowed",
        "device",
        "device trk-1 is a tracker, and trackers do not",
    ),
    (
        faults.site_not_granted("scan-1", "HUB", ["CP-BER", "CP-AAC"]),
        "not_allowed",
        "site",
        "may not scan at site HUB, only at CP-AAC, CP-BER; correct the site, or grant it",
    ),
    (
        faults.site_not_granted("scan-1", "HUB", [f"S{i}" for i in range(9)]),
        "not_allowed",
        "site",
        "only at S0, S1, S2, S3, S4 and 4 more; correct",
    ),
    (
        faults.other_container("trk-1", "TOTE-2", "TOTE-1"),
        "not_allowed",
        "container",
        "tracker trk-1 is bound to container TOTE-1 and cannot speak for TOTE-2; leave container out",
    ),
    (
        faults.future_time(NOON + HOUR, NOON, 5 * MINUTE),
        "future_time",
        "at",
        "at is 2026-11-22T13:00:00Z, more than 5m after its receipt at 2026-11-22T12:00:00Z; set the device's clock",
    ),
    (
        faults.too_old(NOON - 91 * DAY, NOON, 90 * DAY + 12 * HOUR),
        "too_old",
        "at",
        "more than 90d12h before its receipt at 2026-11-22T12:00:00Z; set the device's clock",
    ),
    (faults.no_site("scan-1"), "no_site", "site", "device scan-1 has no home site; send site, or declare"),
    (
        faults.unknown_site("HUB-XXX", "HUB-LEJ"),
        "unknown_site",
        "site",
        "no site HUB-XXX; did you mean HUB-LEJ?",
    ),
    (
        faults.unknown_site("X", None, "origin_site"),
        "unknown_site",
        "origin_site",
        "no site X; declare it under",
    ),
    (
        faults.no_container("trk-1"),
        "no_container",
        "container",
        "device trk-1 is bound to none; send container",
    ),
    (
        faults.unknown_route("refil", "refill"),
        "unknown_route",
        "route",
        "no route refil; did you mean refill?",
    ),
    (
        faults.internal(KeyError("x")),
        "internal",
        None,
        "(KeyError); it is kept whole, retry it after an upgrade",
    ),
]


@pytest.mark.parametrize(("fault", "reason", "field", "says"), FAULTS)
def test_a_refusal_names_reason_field_and_remedy(
    fault: Fault, reason: str, field: str | None, says: str
) -> None:
    assert (fault.reason, fault.field) == (reason, field)
    assert says in fault.message


def test_a_fault_on_an_event_is_its_rejection() -> None:
    rejection = faults.unknown_site("HUB-XXX").on("e1", b"{}")
    assert (rejection.reason, rejection.field, rejection.value) == (Reason.UNKNOWN_SITE, "site", "HUB-XXX")
    assert (rejection.id, rejection.raw) == ("e1", b"{}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("SN-1", "SN-1"),
        ("a b", "'a b'"),
        ("", "''"),
        ("\u202e", r"'\u202e'"),
        ({"a": 1}, "an object"),
        ([1, 2], "a list of 2"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (10**80, "a huge number"),
        (-(10**4000), "a huge number"),
    ],
)
def test_a_value_is_shown_so_that_nobody_is_deceived(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("value", ["a " * 500, "\U000e0001" * 500, "x" * 500])
def test_a_long_value_is_shown_in_part(value: str) -> None:
    assert len(shown(value)) <= 82
    assert shown(value).isprintable()
    assert shown(value).endswith("…'")
