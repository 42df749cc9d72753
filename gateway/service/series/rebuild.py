"""Making the time series anew from the facts that are kept, and from what journeys have told.

Cursors stay where they are: a gateway may be running beside this. Events and transitions never change, so it does
not matter who writes their points last. What journeys told does: a page is read again after it was written, until it
is as it was written; whatever changes after that, the running gateway writes.
"""

from collections.abc import Callable
from typing import NamedTuple

from gateway.ports.series import Series
from gateway.ports.projection import MilestoneRow, RefusedRow
from gateway.ports.state import State
from gateway.service.series.alerts import Transitions
from gateway.service.series.cursor import Source
from gateway.service.series.events import Events
from gateway.service.series.journeys import PAGE, point_of
from gateway.service.series.writing import Writing
from gateway.tracking.instants import Instant
from gateway.tracking.plan import Network


class Rebuilt(NamedTuple):
    """Points written so far, by what they were made of."""

    events: int = 0
    transitions: int = 0
    milestones: int = 0
    unmade: int = 0
