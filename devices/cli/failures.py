"""Exit statuses, and the failures that a command expects: one line on stderr, no traceback."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2
"""Wrong usage or configuration."""


class Failure(Exception):
    """The command cannot do what it was asked; says what is wrong and what to do."""

    def __init__(self, line: str, status: int = FAILED) -> None:
        super().__init__(line)
        self.status = status
