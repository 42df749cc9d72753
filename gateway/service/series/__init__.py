"""The projection into time series (invariant 7): from the state store to points, and from there to the series store.

Nothing here is in the way of intake, which only marks whose journeys it has touched. `loop` goes round: `journeys`
looks at the marked ones again and keeps what they tell; `facts` goes through events and alert transitions by a
cursor; `sampling` takes figures each minute. `writing` hands points to the series store; a cursor moves, and a row
leaves the outbox, only when that has confirmed them. `rebuild` does all of it once more.
"""

from gateway.service.series.loop import Outside, SeriesDeliveries
from gateway.service.series.rebuild import Passed, rebuild
from gateway.service.series.resuming import Reached, Rebuilt, reached
from gateway.service.series.sampling import Vitals
from gateway.service.series.upkeep import Keep

__all__ = [
    "Keep",
    "Outside",
    "Passed",
    "Reached",
    "Rebuilt",
    "SeriesDeliveries",
    "Vitals",
    "reached",
    "rebuild",
]
