"""Waits for something that can only be looked at, with a time limit."""

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], condition: Callable[[Seen], bool], timeout_s: float = 10.0) -> Seen:
    """What `look` gives, once the condition holds for it; the test fails if it does not in time."""
    again = threading.Event()  # never set: it only spaces the looks
    for _ in range(int(timeout_s / 0.02)):
        if condition(seen := look()):
            return seen
        again.wait(0.02)
    pytest.fail(f"after {timeout_s:.0f} s it is still {look()!r}")
