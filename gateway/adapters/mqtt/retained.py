"""Which alerts the broker still holds as retained: asked once, when a gateway starts, over a connection of its own."""

import json
import threading
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.adapters.mqtt.options import MqttOptions
from gateway.wire.topics import alert_filter

QUIET_S: Final = 1.0
"""Retained messages follow the subscription at once; after so long without one, that was all."""


def retained_alerts(options: MqttOptions, longest_s: float = 30.0) -> dict[str, int | None]:
    """The ids under which alerts are retained, each with the version that its JSON tells, if it does.

    What came within `longest_s`.

    Raises:
        OSError: the broker cannot be reached.
    """
    found: dict[str, int | None] = {}
    subscribed, heard = threading.Event(), threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"{options.client_id}-look"[:64])
    if options.username is not None:
        client.username_pw_set(options.username, options.password)
    tls = options.tls_context()
    if tls is not None:
        client.tls_set_context(tls)

    def on_connect(
        _: Client, __: Any, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if not reason.is_failure:
            client.subscribe(alert_filter(options.root), 1)

    def on_message(_: Client, __: Any, message: MQTTMessage) -> None:
        if message.retain and message.payload:
            found[message.topic.rpartition("/")[2]] = _version(bytes(message.payload))
        heard.set()

    def on_subscribe(*_: Any) -> None:
        subscribed.set()

    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    endpoint = options.endpoint()
    client.connect(endpoint.host, endpoint.port)
    client.loop_start()
    try:
        subscribed.wait(longest_s)
        for _ in range(round(longest_s / QUIET_S)):
            heard.clear()
            if not heard.wait(QUIET_S):
                break
    finally:
        client.disconnect()
        client.loop_stop()
    return found


def _version(payload: bytes) -> int | None:
    try:
        told = json.loads(payload)
    except ValueError:
        return None
    version = told.get("version") if isinstance(told, dict) else None
    return version if isinstance(version, int) else None
