"""The composition root: the one place that knows every concrete part. Builds them, starts and stops them in order.

Settings and network are checked before anything is opened. Stop, on SIGTERM or SIGINT: nothing more is taken in,
what was taken is committed, answered and acknowledged, then the rest goes down in the reverse order.
"""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from gateway import __version__
from gateway.adapters.clock import SystemClock
from gateway.adapters.paholine import Line, MqttOptions
from gateway.adapters.state import SqlState
from gateway.network import NetworkFaults, load
from gateway.ports.state import Unavailable, Unit
from gateway.service import quarantine
from gateway.service.admission import Terrain
from gateway.service.networks import Networks, Offered
from gateway.service.pump import Committed, Pump
from gateway.settings import Settings
from gateway.tracking.instants import Instant

_LOG = structlog.get_logger(__name__)
