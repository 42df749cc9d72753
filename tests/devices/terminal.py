"""`returns-device scan` at a terminal of its own, as a worker has it: type, look, wait, signal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
_PROGRAM = """
import fcntl, signal, termios
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job, as these tests may be, ignores it
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # likewise under nohup
from devices.cli import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that ^C reaches it
main()
"""


class Terminal:
    """A session on a pseudoterminal. `said` is all that it has printed."""

    def __init__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.said = b""
        self._us, them = pty.openpty()
        self.resize(80, 24)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, "scan", *arguments],
            stdin=them, stdout=them, stderr=them, cwd=folder, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **(env or {})},
        )  # fmt: skip
        self._them = them

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._us, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def keys(self, text: str) -> None:
        os.write(self._us, text.encode())

    def shows(self, text: str, times: int = 1, within_s: float = 20.0) -> str:
        """Wait until it has printed this; all that it has printed by then."""
        until = time.monotonic() + within_s
        while self.said.count(text.encode()) < times:
            left = until - time.monotonic()
            assert left > 0, f"it does not show {text!r}:\n{self.said.decode()}"
            if select.select([self._us], [], [], left)[0]:
                self.said += os.read(self._us, 65_536)
        return self.said.decode()

    def ends(self, within_s: float = 20.0) -> int:
        """Wait until it has ended; its exit status."""
        return self.process.wait(within_s)

    def settings(self) -> list[object]:
        """How the terminal is set now."""
        return list(termios.tcgetattr(self._them))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._us)
        os.close(self._them)
