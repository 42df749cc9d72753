"""Topics: which are channels, and that no id can become more than one level of a topic."""

from collections.abc import Callable

import pytest

from gateway.wire.topics import (
    Channel,
    alert_filter,
    alert_log_topic,
    alert_topic,
    channel_topic,
    gateway_topic,
    parse_channel,
    parse_topic,
    receipt_topic,
    subscriptions,
)

ROOT = "returns/v1"


@pytest.mark.parametrize(
    ("topic", "channel"),
    [
        ("returns/v1/device/scan-1/scan", Channel("device", "scan-1", "scan")),
        ("returns/v1/device/a.b_c:D-9/position", Channel("device", "a.b_c:D-9", "position")),
        ("returns/v1/device/x/status", Channel("device", "x", "status")),
        ("returns/v1/source/erp/announce", Channel("source", "erp", "announce")),
        (f"returns/v1/device/{'x' * 64}/scan", Channel("device", "x" * 64, "scan")),
    ],
)
def test_where_devices_and_sources_publish_is_a_channel(topic: str, channel: Channel) -> None:
    assert parse_topic(ROOT, topic) == channel
    assert parse_channel(topic.removeprefix("returns/v1/")) == channel
    assert channel_topic(ROOT, channel) == topic


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "returns/v1",
        "returns/v1/",
        "returns/v2/device/scan-1/scan",
        "returns/v1x/device/scan-1/scan",
        "device/scan-1/scan",
        "returns/v1/device/scan-1/receipt",
        "returns/v1/device/scan-1/announce",
        "returns/v1/source/erp/scan",
        "returns/v1/source/erp/receipt",
        "returns/v1/device//scan",
        "returns/v1/device/a b/scan",
        "returns/v1/device/é/scan",
        "returns/v1/device/a/b/scan",
        "returns/v1/device/scan-1/scan/",
        "returns/v1/device/scan-1/scan\n",
        f"returns/v1/device/{'x' * 65}/scan",
        "returns/v1/alert/01JD",
        "returns/v1/alert-log",
        "returns/v1/gateway/g1/status",
    ],
)
def test_any_other_topic_is_none(topic: str) -> None:
    assert parse_topic(ROOT, topic) is None


def test_what_gateways_publish_has_the_names_of_the_interface() -> None:
    assert receipt_topic(ROOT, Channel("device", "scan-1", "position")) == "returns/v1/device/scan-1/receipt"
    assert receipt_topic(ROOT, Channel("source", "erp", "announce")) == "returns/v1/source/erp/receipt"
    assert alert_topic(ROOT, "01JD") == "returns/v1/alert/01JD"
    assert alert_filter(ROOT) == "returns/v1/alert/+"
    assert alert_log_topic(ROOT) == "returns/v1/alert-log"
    assert gateway_topic(ROOT, "g1") == "returns/v1/gateway/g1/status"


def test_a_gateway_subscribes_to_every_channel() -> None:
    assert set(subscriptions(ROOT)) == {
        "returns/v1/device/+/scan",
        "returns/v1/device/+/position",
        "returns/v1/device/+/status",
        "returns/v1/source/+/announce",
    }


@pytest.mark.parametrize("id_", ["", "a/b", "+", "#", "a\0", "é", "x" * 65])
@pytest.mark.parametrize(
    "topic",
    [
        lambda id_: receipt_topic(ROOT, Channel("device", id_, "scan")),
        lambda id_: channel_topic(ROOT, Channel("source", id_, "announce")),
        lambda id_: alert_topic(ROOT, id_),
        lambda id_: gateway_topic(ROOT, id_),
    ],
)
def test_what_is_no_id_never_becomes_a_level_of_a_topic(topic: Callable[[str], str], id_: str) -> None:
    with pytest.raises(ValueError, match="cannot be a level of a topic"):
        topic(id_)
