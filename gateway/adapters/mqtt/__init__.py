"""The line to the MQTT broker: `Line`, its options, and the values that go in and out.

line = Line(MqttOptions(url="mqtt://broker:1883"), clock=clock.now, version=__version__)
line.start()
batch = line.take(500, max_wait_s=1.0)
...                                     # one transaction
line.ack(batch)                         # only now may the broker forget them
line.publish([Outgoing(topic, receipt)])
"""

from gateway.adapters.mqtt.frames import Delivery
from gateway.adapters.mqtt.line import Backoff, Line, LineHealth, LineState
from gateway.adapters.mqtt.options import MqttOptions
from gateway.adapters.mqtt.outgoing import Handle, Outcome, Outgoing

__all__ = [
    "Backoff",
    "Delivery",
    "Handle",
    "Line",
    "LineHealth",
    "LineState",
    "MqttOptions",
    "Outcome",
    "Outgoing",
]
