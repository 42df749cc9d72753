"""Signals of the system to a session: to end it in good order, and that its terminal has another size."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """To end at once: the system goes down, or the terminal is gone."""


@contextmanager
def signals(resized: Callable[[], None] = lambda: None) -> Iterator[None]:
    """While this lasts, to be told to end raises `Terminated`; what was to be ignored (nohup) still is."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    def resize(_number: int, _frame: FrameType | None) -> None:
        resized()

    handlers = {**dict.fromkeys(_ENDING, end), signal.SIGWINCH: resize}
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
