"""Scans whose verdict the worker has not seen, by event: those of this session, and those that wait from earlier ones.

Bounded: of more than that the oldest are forgotten, and what becomes of them is known to the gateway only.
"""

import json
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from devices.sdk import Spool, SpoolBroken

_MOST: Final = 10_000


class Unseen:
    """Begins with what waits in the spool."""

    def __init__(self, spool: Spool) -> None:
        self._items: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        with suppress(SpoolBroken):  # then what becomes of them is not shown; they are sent all the same
            for event in reversed(spool.newest(0, _MOST)):
                said = json.loads(event.body)
                items = said.get("items") or [said[name] for name in ("container",) if name in said]
                if event.what == "scan" and items:
                    self._items[event.id] = tuple(items)

    def add(self, event: str, items: tuple[str, ...]) -> None:
        self._items[event] = items
        if len(self._items) > _MOST:
            self._items.popitem(last=False)

    def items(self, event: str) -> tuple[str, ...]:
        return self._items[event]

    def take(self, event: str) -> tuple[str, ...]:
        return self._items.pop(event)

    def __contains__(self, event: object) -> bool:
        return event in self._items

    def __len__(self) -> int:
        return len(self._items)
