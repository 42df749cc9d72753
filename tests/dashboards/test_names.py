"""Names of measurements, tags and fields come from `gateway.points`: in the dashboards' code there are none of them."""

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from dashboards import words
from gateway.points import MEASUREMENTS, Field, Tag
from gateway.points.journeys import OPEN
from gateway.service.series.inventory import CALM
from gateway.tracking.model import LEAVING, JourneyStatus, Kind, Severity, Verdict
from tests.architecture.source import Source, sources

NAMES: Final = {
    *MEASUREMENTS,
    *(value for kind in (Tag, Field) for name, value in vars(kind).items() if name.isupper()),
}
GRAFANAS: Final = {
    "type": "a key of Grafana's JSON",
    "limit": "likewise",
    "value": "likewise",
    "count": "a function of InfluxQL",
    "text": "a key of Grafana's JSON",
    "severity": "a label of Grafana's alert rules",
}
"""Words that are also Grafana's or InfluxQL's own, and mean those where they stand."""


def texts(file: Source) -> Iterator[str]:
    """The texts in a file, without docstrings."""
    documented = {
        node.value
        for parent in ast.walk(file.tree)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Expr)
    }
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented:
            yield node.value


@pytest.mark.parametrize(
    "file", [each for each in sources("dashboards") if each.path.name != "words.py"], ids=str
)
def test_no_name_of_a_point_is_written_out(file: Source) -> None:
    written = {text for text in texts(file) if text in NAMES and text not in GRAFANAS}
    quoted = {name for text in texts(file) for name in re.findall(r'"(\w+)"', text) if name in NAMES}
    assert written | quoted == set()


def test_a_name_that_is_written_out_is_found() -> None:
    assert {"open_s", "leg"} <= NAMES
    assert set(GRAFANAS) <= NAMES | {"text"}


def test_words_are_the_products() -> None:
    kinds = {*words.MISSING, *words.LATE, *words.ASTRAY, *words.SILENT, *words.COUNTED_WRONG}
    assert kinds | {*words.OUT_OF_LIMITS, *words.OVERDUE} <= {kind.value for kind in Kind}
    assert set(words.KINDS) == {kind.value for kind in Kind}
    assert set(words.STATUSES) <= {status.value for status in JourneyStatus}
    assert list(words.SEVERITIES) == [each.word for each in sorted(Severity, reverse=True)]
    assert set(words.VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(words.LEAVING) == LEAVING
    assert (words.OPEN, words.CALM) == (OPEN, CALM)
