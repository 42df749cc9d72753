"""Devices from outside come over TLS: the shipped listener for them, on a real Mosquitto."""

import socket
import ssl
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.deploy.shipped_broker import ROOT, ShippedBroker
from tests.servers.certificates import Authority
from tests.servers.client import StockClient


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def broker(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedBroker]:
    folder = tmp_path_factory.mktemp("shipped")
    with ShippedBroker(folder, ["scan-1"], authority.sign("127.0.0.1")) as running:
        yield running


def shake_hands(broker: ShippedBroker, trust: ssl.SSLContext) -> str | None:
    """The version of TLS that broker and device agree on."""
    with (
        socket.create_connection(("127.0.0.1", broker.tls), timeout=5) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        return secure.version()


def test_a_device_that_trusts_our_authority_is_heard(broker: ShippedBroker, authority: Authority) -> None:
    password = broker.passwords_of["gateway"]
    with StockClient(broker.inside, username="gateway", password=password) as gateway:
        gateway.subscribe(f"{ROOT}/#")
        device = Client(CallbackAPIVersion.VERSION2, client_id="of no account")
        device.username_pw_set("scan-1", broker.passwords_of["scan-1"])
        device.tls_set(str(authority.cert))
        device.connect("127.0.0.1", broker.tls)
        device.loop_start()
        device.publish(f"{ROOT}/device/scan-1/scan", b"over TLS", qos=1).wait_for_publish(10)
        device.disconnect()
        device.loop_stop()
        assert [m.payload for m in gateway.messages(1)] == [b"over TLS"]


def test_a_device_that_does_not_know_the_authority_goes_no_further(broker: ShippedBroker) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(broker, ssl.create_default_context())


@pytest.mark.parametrize(
    ("version", "agreed"),
    [
        (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_1, None),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")  # as it is here
def test_only_versions_of_tls_that_are_safe_are_spoken(
    broker: ShippedBroker, authority: Authority, version: ssl.TLSVersion, agreed: str | None
) -> None:
    trust = ssl.create_default_context(cafile=str(authority.cert))
    trust.set_ciphers("DEFAULT:@SECLEVEL=0")
    trust.minimum_version = trust.maximum_version = version
    if agreed:
        assert shake_hands(broker, trust) == agreed
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            shake_hands(broker, trust)


def test_the_plain_listeners_are_still_there_for_this_machine(broker: ShippedBroker) -> None:
    with StockClient(broker.port, username="scan-1", password=broker.passwords_of["scan-1"]) as device:
        device.publish(f"{ROOT}/device/scan-1/scan", b"in the clear")
