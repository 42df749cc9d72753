"""The line to the MQTT broker: `Line`, its options, and what it delivers.

    line = Line(MqttOptions(url="mqtt://broker:1883"), clock=clock.now, version=__version__)
    line.start()
    batch = line.take(500, max_wait_s=1.0)
    ...                                     # one transaction
    line.ack(batch)                         # only now may the broker forget them
    line.answer([(topic, receipt)])

`Line` is both `gateway.ports.line.Line` and `gateway.ports.delivery.Publisher`.
"""

from gateway.adapters.mqtt.frames import Delivery
from gateway.adapters.mqtt.line import Backoff, Line, LineHealth, LineState
from gateway.adapters.mqtt.options import MqttOptions

__all__ = ["Backoff", "Delivery", "Line", "LineHealth", "LineState", "MqttOptions"]
