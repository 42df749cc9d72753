"""What docs/kpis.md defines is what the API and the command tell: every figure, and none that there is not."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.service.queries.kpis import LONGEST, MOST, Group
from gateway.tracking.instants import DAY
from tests.http.world import World
from tests.unit.cli_world import WORKED_EXAMPLE

PAGE = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)


def figures(told: Mapping[str, Any], beneath: str = "") -> Iterator[str]:
    """The names of all figures, as a path each."""
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from figures(value, f"{beneath}{name}.")
            continue
        yield beneath + name
        if isinstance(value, list):
            yield from figures(value[0], f"{beneath}{name}[].")


def defined() -> set[str]:
    """The names in the first column of the page's table."""
    return {name for cell in ROW.findall(PAGE) for name in re.findall(r"`([^`]+)`", cell)}


def test_every_figure_is_defined_and_every_definition_is_of_a_figure(
    make_world: Callable[..., World],
) -> None:
    world = make_world(*WORKED_EXAMPLE)
    query: dict[str, Any] = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
    (group,) = world.get("/api/v1/kpis", **query)["groups"]
    assert set(figures(group)) - {"group"} == defined()


def test_every_way_to_tell_them_apart_is_named() -> None:
    for group in Group:
        assert f"`{group.value}`" in PAGE, group


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{LONGEST // DAY} days and {MOST:,} ends" in PAGE
