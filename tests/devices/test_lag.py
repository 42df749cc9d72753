"""By how much a run was behind its clock."""

from collections.abc import Callable

import pytest

from devices.fleet.lag import Lag

Step = Callable[[Lag], None]


@pytest.mark.parametrize(
    ("steps", "worst_s"),
    [
        ([], 0.0),
        ([lambda lag: lag.behind(3.0), lambda lag: lag.behind(1.0)], 3.0),
        ([lambda lag: lag.sent("a", 2, 1.0), lambda lag: lag.answered("a", 2, 1.5)], 0.5),
        ([lambda lag: lag.sent("a", 1, 1.0), lambda lag: lag.sent("a", 1, 4.0),
          lambda lag: lag.answered("a", 1, 5.0), lambda lag: lag.answered("a", 1, 6.0)], 4.0),
        ([lambda lag: lag.sent("a", 1, 1.0), lambda lag: lag.sent("a", 1, 1.5),
          lambda lag: lag.answered("a", 2, 2.0), lambda lag: lag.waits(9.0)], 1.0),
        ([lambda lag: lag.sent("a", 3, 1.0), lambda lag: lag.answered("a", 2, 2.0),
          lambda lag: lag.waits(9.0)], 8.0),
        ([lambda lag: lag.sent("a", 0, 1.0), lambda lag: lag.waits(9.0)], 0.0),
        ([lambda lag: lag.sent("a", 1, 1.0), lambda lag: lag.answered("b", 1, 9.0)], 0.0),
        ([lambda lag: lag.sent("a", 1, 1.0), lambda lag: lag.sent("b", 1, 2.0), lambda lag: lag.waits(8.0)], 7.0),
        ([lambda lag: lag.sent("a", 1, 1.0), lambda lag: lag.cut(), lambda lag: lag.waits(8.0)], 0.0),
    ],
    ids=["nothing", "the devices", "an answer", "answers in their order", "one receipt for two messages",
         "half an answer", "what asks nothing", "another's answer", "what is not answered yet",
         "what is lost with its connection"],
)  # fmt: skip
def test_the_worst_lag_is_that_of(steps: list[Step], worst_s: float) -> None:
    lag = Lag()
    for step in steps:
        step(lag)
    assert lag.worst_s == pytest.approx(worst_s)
