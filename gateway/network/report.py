"""From findings to what is reported of them: not more than anybody reads, with their places in the file.

Knows neither what is looked for nor why it is wrong.
"""

from collections.abc import Sequence
from typing import TypeVar

from yaml.nodes import Node

from gateway.network.faults import REPORTED, Fault, Finding, Location, path
from gateway.network.values import place

FaultT = TypeVar("FaultT", bound=Fault)


def report(kind: type[FaultT], file: str, root: Node, findings: Sequence[Finding]) -> tuple[FaultT, ...]:
    """The first `REPORTED` findings, in order of place; a last one then says how many more there are."""
    reported = []
    for finding in findings[:REPORTED]:
        message = finding.message if isinstance(finding.message, str) else finding.message()
        line, column, location = _placed(root, finding)
        reported.append(kind(file, line, column, path(location), message))
    reported.sort()
    if len(findings) > REPORTED:
        line, column, _ = _placed(root, findings[REPORTED])
        message = f"and {len(findings) - REPORTED:,} more, here and elsewhere"
        reported.append(kind(file, line, column, "", message))
    return tuple(reported)


def _placed(root: Node, finding: Finding) -> tuple[int, int, Location]:
    if finding.at is not None:
        return (*finding.at, finding.location)
    location = finding.location
    where = place(root, location, at_key=finding.at_key)
    # An index that is not in the file comes of a single value that was taken as a list of one.
    while len(location) > where.known and isinstance(location[-1], int):
        location = location[:-1]
    return where.line, where.column, location
