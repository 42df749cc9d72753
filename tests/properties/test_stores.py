"""A whole history on SQLite says, transition for transition, what it says in memory."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given

from gateway.adapters.state import SqlState
from gateway.memory import Memory
from gateway.ports.state import State
from tests.properties.receiving import end_of
from tests.properties.running import SEEDS, Stepwise, World, moved, snapshot, world, worlds


@worlds(5)
@given(SEEDS)
def test_a_history_is_the_same_whatever_keeps_it(seed: int) -> None:
    history = world(seed, 60)
    with TemporaryDirectory() as folder:
        kept = SqlState(f"sqlite:///{Path(folder) / 'state.sqlite'}")
        try:
            assert _told(history, kept) == _told(history, Memory())
        finally:
            kept.close()


def _told(history: World, state: State) -> tuple[Any, Any]:
    gateway = Stepwise(history.network, state)
    transitions = [each for message in history.messages for each in gateway.feed(message)]
    transitions += gateway.until(end_of([*history.messages]))
    return moved(transitions), snapshot(state)
