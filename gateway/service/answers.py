"""The receipts' results of accepted events: for a scan its verdict, in words, and where its items go next."""

from collections.abc import Mapping, Sequence

from gateway.service.admission import Fact
from gateway.service.known import Known
from gateway.service.settle import Settled
from gateway.tracking.model import VERDICT_RANK, Scan, Verdict
from gateway.tracking.plan import Network
from gateway.tracking.verdicts import Next, next_of, verdict, worst
from gateway.wire.receipt import Result

ITEMS_NAMED = 3
"""A message names at most so many items; the result's `items` has them all."""


def result_of(fact: Fact, counted: bool, settled: Settled, known: Known, network: Network) -> Result:  # noqa: FBT001
    """The result for an accepted event; `counted` is false for one that had been voided before it came."""
    if not isinstance(fact, Scan) or fact.step is None:
        return Result(fact.id, "accepted")
    if not counted:
        return Result(fact.id, "accepted", Verdict.OK)
    items = fact.items or ((fact.container,) if fact.container else ())
    verdicts = _verdicts(fact, items, settled, known)
    wrong = {item: said for item, said in verdicts.items() if said is not Verdict.OK}
    following = _following(wrong if len(items) > 1 else items, settled, network)
    return Result(
        fact.id,
        "accepted",
        worst(list(verdicts.values())),
        wrong,
        _message(fact, wrong, following),
        following,
    )


def _verdicts(scan: Scan, items: Sequence[str], settled: Settled, known: Known) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for item in items:
        assessment, scans = settled.assessments.get(item), known.scans(item)
        own = next(each for each in reversed(scans) if each.id == scan.id and each.device == scan.device)
        found[item] = Verdict.OK if assessment is None else verdict(own, scans, assessment)
    return found


def _following(
    items: Mapping[str, Verdict] | Sequence[str], settled: Settled, network: Network
) -> dict[str, Next]:
    found: dict[str, Next] = {}
    for item in items:
        assessment = settled.assessments.get(item)
        ahead = next_of(assessment, network) if assessment else None
        if ahead is not None:
            found[item] = ahead
    return found


def _message(scan: Scan, wrong: Mapping[str, Verdict], following: Mapping[str, Next]) -> str | None:
    """What to do, worst first."""
    if not wrong:
        return None
    ranked = sorted(wrong, key=lambda item: -VERDICT_RANK[wrong[item]])
    said = [
        _SAID[wrong[item]].format(item=item, site=scan.site, to=_to(following.get(item)))
        for item in ranked[:ITEMS_NAMED]
    ]
    more = f"; and {len(ranked) - ITEMS_NAMED} more" if len(ranked) > ITEMS_NAMED else ""
    return "; ".join(said) + more


def _to(ahead: Next | None) -> str:
    return " or ".join(ahead.sites) if ahead else "a place that its route names"


_SAID = {
    Verdict.REPEATED: "{item} was already scanned so here",
    Verdict.LATE: "{item} is late",
    Verdict.UNEXPECTED: "{item} was never announced; put it aside and ask",
    Verdict.SKIPPED_STOP: "{item} came here past a stop it should have made",
    Verdict.BACKTRACKED: "{item} belongs at {to}, not back at {site}",
    Verdict.MISROUTED: "{item} belongs at {to}, not {site}",
    Verdict.ENDED: "the journey of {item} has ended; it should not be here",
}
