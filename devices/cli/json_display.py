"""What a program sees of a session: a JSON object a line."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from devices.sdk import Result


class JsonDisplay:
    """For programs: a JSON object a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def answered(self, items: Sequence[str], result: Result) -> None:
        self._print(
            items=list(items),
            event=result.id,
            result=result.result,
            verdict=result.verdict,
            reason=result.reason,
            message=result.message,
            next={item: list(onward.sites) for item, onward in result.onward.items()} or None,
        )

    def saved(self, items: Sequence[str], waiting: int, *, connected: bool) -> None:
        self._print(items=list(items), result="saved", waiting=waiting, connected=connected)

    def failed(self, items: Sequence[str], why: str) -> None:
        self._print(items=list(items), result="failed", message=why)

    def later(self, items: Sequence[str], result: Result) -> None:
        self.answered(items, result)

    def seen(self) -> None:
        """A program forgets by itself."""

    def redraw(self) -> None:
        """A program has no screen."""

    def refresh(self) -> None:
        """Likewise."""

    def note(self, text: str, *, wrong: bool = False) -> None:
        self._print(**{"error" if wrong else "note": text})

    def _print(self, **said: Any) -> None:
        line = json.dumps({name: value for name, value in said.items() if value is not None})
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)
