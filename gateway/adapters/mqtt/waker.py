"""Lets one thread end another's wait on a socket. Knows nothing of what there is to do."""

import select
import socket
import threading


class Waker:
    """A readable file from `wake` to `clear`."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        self._near.settimeout(0)
        self._poll = select.poll()
        self._poll.register(self._near, select.POLLIN)
        self._lock = threading.Lock()
        self._woken = False

    def fileno(self) -> int:
        return self._near.fileno()

    def wake(self) -> None:
        with self._lock:
            if not self._woken:
                self._woken = True
                self._far.send(b"\0")

    def clear(self) -> None:
        """What was asked for before this call must be looked at after it."""
        with self._lock:
            if self._woken:
                self._woken = False
                self._near.recv(1)

    def wait(self, timeout_s: float) -> None:
        """Until woken, at most this long (to the millisecond)."""
        self._poll.poll(timeout_s * 1000)

    def close(self) -> None:
        with self._lock:
            self._woken = True  # whoever wakes from now on finds nobody
            self._near.close()
            self._far.close()
