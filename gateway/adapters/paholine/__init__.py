"""The line to the MQTT broker: `Line`, its options, and the values that go in and out.

line = Line(MqttOptions(url="mqtt://broker:1883"), clock=clock.now, version=__version__)
line.start()
batch = line.take(500, max_wait_s=1.0)
...                                     # one transaction
line.ack(batch)                         # only now may the broker forget them
line.answer([(topic, receipt)])
"""

from gateway.adapters.paholine.inbox import Delivery
from gateway.adapters.paholine.line import Backoff, Line, LineHealth, LineState
from gateway.adapters.paholine.options import MqttOptions

__all__ = ["Backoff", "Delivery", "Line", "LineHealth", "LineState", "MqttOptions"]
