"""The work on EPCIS documents that were accepted: a thread of its own, so that a partner's events take no view's turn.

It begins with what a crash left unfinished, then works whenever a document was accepted. What is in a document, and how
it came, is not known here.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from gateway.ports.desk import DeskState, DeskUnit
from gateway.ports.state import Unavailable
from gateway.service.admission import Terrain
from gateway.service.epcis.desk import Desk as Captures
from gateway.tracking.instants import Instant

_LOG = structlog.get_logger(__name__)

_LOOK_S: Final = 30.0
"""So often it looks unasked: what another gateway on the same store accepted, and left when it ended, is found too."""
_AGAIN_S: Final = 2.0
"""After the state store, or a bug of ours, had it stop."""
_STOP_WITHIN_S: Final = 2.5
"""A document takes about a second; one that is cut off is worked on after the next start."""


class Capturing:
    """Capture jobs and the thread that works on them. It works from `start` to `stop`; all may be called by anybody.

    `acted`: something was committed that delivery may want to know.
    """

    def __init__(
        self,
        state: DeskState,
        terrain: Callable[[], Terrain],
        now: Callable[[], Instant],
        acted: Callable[[], None],
    ) -> None:
        self.captures: Captures[DeskUnit] = Captures(state, terrain, now, lambda _: acted())
        self._state = state
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="epcis", daemon=True)

    def start(self) -> None:
        """Begin with what is unfinished."""
        self._thread.start()

    def wake(self) -> None:
        """A document was accepted."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the document at hand, and end; the others wait for the next start. Idempotent."""
        self._stopping.set()
        self._woken.set()
        if self._thread.ident is None:
            return
        self._thread.join(_STOP_WITHIN_S)
        if self._thread.is_alive():
            _LOG.warning("capture_cut_off", remedy="none is needed: it is worked on after the next start")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            self._woken.wait(_LOOK_S if self._work() else _AGAIN_S)

    def _work(self) -> bool:
        """Whether all that was unfinished is finished."""
        try:
            with self._state.reader() as reader:
                waiting = reader.unfinished_captures()
        except Unavailable as error:
            _LOG.warning("captures_put_off", reason=str(error), remedy="they are tried again in a moment")
            return False
        finished = [self._work_on(each) for each in waiting if not self._stopping.is_set()]
        return all(finished)

    def _work_on(self, capture_id: str) -> bool:
        try:
            self.captures.work_on(capture_id)
        except Unavailable as error:
            _LOG.warning("capture_put_off", capture=capture_id, reason=str(error))
            return False
        except Exception:  # noqa: BLE001 # a bug of ours must not end the thread, nor stop the next document
            _LOG.exception("capture_left", capture=capture_id)
            return False
        return True
