"""One cause, one alert, and what opens, changes and resolves (tracking.md sections 4 and 5)."""

from collections.abc import Iterable

import pytest

from gateway.tracking.alerts import (
    Above,
    Changes,
    Ledger,
    Open,
    Opens,
    Reason,
    Resolves,
    Unshelves,
    audible,
    reconcile,
    taken_on,
)
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import JourneyStatus, Kind, Severity, Subject, SubjectKind
from tests.unit.builders import t

SINCE = t("2 Mar 08:00")
LIGHT: frozenset[str] = frozenset()
DARK = frozenset({"HUB"})
SEVERITY = {
    "minor": Severity.MINOR,
    "warning": Severity.WARNING,
    "major": Severity.MAJOR,
    "critical": Severity.CRITICAL,
}


def deviation(text: str) -> Deviation:
    """`delayed 1 @HUB` or `overdue critical`: kind, stop, severity (by default major), and where it is about."""
    kind, *rest = text.split()
    stops = [int(word) for word in rest if word.isdigit()]
    severities = [SEVERITY[word] for word in rest if word in SEVERITY]
    places = tuple(word[1:] for word in rest if word.startswith("@"))
    return Deviation(
        Kind(kind),
        SINCE,
        severities[0] if severities else Severity.MAJOR,
        stop=stops[0] if stops else None,
        site=places[0] if places else None,
        expected=places,
    )


def deviations(text: str) -> list[Deviation]:
    return [deviation(each) for each in text.split(", ") if each]


def words(found: Iterable[Deviation]) -> list[str]:
    return [each.kind.value if each.stop is None else f"{each.kind.value} {each.stop}" for each in found]


@pytest.mark.parametrize(
    ("own", "above", "dark", "heard"),
    [
        pytest.param(
            "overdwell 0 @HUB, delayed 1 @PLANT", "", LIGHT, "overdwell 0, delayed 1", id="in light all is"
        ),
        pytest.param("overdwell 0 @HUB", "", DARK, "", id="a dark site mutes overdwell there"),
        pytest.param("overdwell 0 @PLANT", "", DARK, "overdwell 0", id="not elsewhere"),
        pytest.param("delayed 1 @HUB", "", DARK, "", id="and delay where all sites of the stop are dark"),
        pytest.param("delayed 1 @HUB @PLANT", "", DARK, "delayed 1", id="not where one of them is not"),
        pytest.param("overdue @HUB", "", DARK, "overdue", id="being overdue it does not mute"),
        pytest.param("device_silent @HUB", "", DARK, "", id="but its devices' silence"),
        pytest.param(
            "missing, delayed 1, overdwell 0, overdue", "", LIGHT, "missing", id="missing says it all"
        ),
        pytest.param(
            "missing, overdue critical",
            "",
            LIGHT,
            "missing, overdue",
            id="but what is due by law is said anyway",
        ),
        pytest.param(
            "missing, skipped 1, misrouted", "", LIGHT, "missing, skipped 1, misrouted", id="nor is the rest"
        ),
        pytest.param(
            "delayed 1, skipped 0", "delayed", LIGHT, "skipped 0", id="a container speaks for its contents"
        ),
        pytest.param(
            "delayed 1, overdwell 0", "missing", LIGHT, "", id="a missing container explains their delay"
        ),
        pytest.param(
            "overdue, misrouted", "missing", LIGHT, "overdue, misrouted", id="and no more than that"
        ),
        pytest.param(
            "unexpected, excursion", "missing, delayed", LIGHT, "unexpected, excursion", id="nothing else"
        ),
    ],
)
def test_one_cause_makes_one_alert(own: str, above: str, dark: frozenset[str], heard: str) -> None:
    found = audible(deviations(own), Above().within(deviations(above)), dark)
    assert ", ".join(words(found.values())) == heard


@pytest.mark.parametrize(
    ("own", "members", "dark", "taken"),
    [
        pytest.param(
            "", ["delayed 1", "delayed 2"], LIGHT, "delayed", id="two of its contents make it the container's"
        ),
        pytest.param("", ["delayed 1", "overdwell 2"], LIGHT, "", id="one of each do not"),
        pytest.param("", ["skipped 1, skipped 2"], LIGHT, "", id="nor one twice"),
        pytest.param(
            "delayed 1", ["delayed 1", "delayed 2"], LIGHT, "", id="nor what it says itself already"
        ),
        pytest.param("", ["delayed 1 @HUB", "delayed 2"], DARK, "", id="a muted one does not count"),
        pytest.param("", ["unexpected", "unexpected"], LIGHT, "", id="nor what is no container's matter"),
    ],
)
def test_a_container_speaks_for_two_or_more(
    own: str, members: list[str], dark: frozenset[str], taken: str
) -> None:
    found = taken_on(deviations(own), [deviations(each) for each in members], dark)
    assert ", ".join(words(found)) == taken


def test_it_says_the_earliest_at_the_highest_severity() -> None:
    late = deviation("overdue major @HUB")._replace(since=t("3 Mar 08:00"), by=t("3 Mar 08:00"))
    (said,) = taken_on((), [[late], deviations("overdue critical @CP")], LIGHT)
    assert said == Deviation(
        Kind.OVERDUE, SINCE, Severity.CRITICAL, expected=("CP", "HUB"), by=t("3 Mar 08:00")
    )


def alert(of: Deviation, *, shelved: bool = False) -> Open:
    return Open("id", of.key, of.since, of.severity, t("2 Mar 09:00"), shelved, of)


def ledger(
    held: str,
    alerts: list[Open],
    *,
    heard: str | None = None,
    status: JourneyStatus = JourneyStatus.AT_STOP,
    kind: SubjectKind = "return",
) -> Ledger:
    audible_now = deviations(held if heard is None else heard)
    return Ledger(
        Subject(kind, "A"),
        status,
        frozenset(each.key for each in deviations(held)),
        {each.key: each for each in audible_now},
        alerts,
    )


def test_what_is_new_opens_what_lasts_stays_and_what_differs_changes() -> None:
    old = alert(deviation("delayed 1"))
    worse = ledger("overdue critical, delayed 1", [alert(deviation("overdue major")), old])
    assert reconcile(worse, lambda _: True) == [Changes(worse.alerts[0], deviation("overdue critical"))]
    assert reconcile(ledger("delayed 1, delayed 2", [old]), lambda _: True) == [Opens(deviation("delayed 2"))]
    assert reconcile(ledger("delayed 1", [old]), lambda _: True) == []


@pytest.mark.parametrize(
    ("of", "held", "status", "kind", "was_true", "reason"),
    [
        pytest.param("delayed 1", "", "cancelled", "return", False, "cancelled", id="the trip is cancelled"),
        pytest.param(
            "unexpected", "", "cancelled", "return", True, "evidence", id="but that is for journeys only"
        ),
        pytest.param(
            "delayed 1", "delayed 1", "at_stop", "return", False, "superseded", id="still true but silenced"
        ),
        pytest.param("delayed 1", "", "at_stop", "return", False, "retracted", id="raised for want of data"),
        pytest.param(
            "delayed 1", "", "completed", "return", False, "retracted", id="even where it is completed now"
        ),
        pytest.param("delayed 1", "", "completed", "return", True, "completed", id="completed"),
        pytest.param(
            "count_mismatch", "", "completed", "container", True, "evidence", id="which ends journeys only"
        ),
        pytest.param("delayed 1", "", "at_stop", "return", True, "evidence", id="it got on"),
        pytest.param(
            "device_silent", "", "at_stop", "device", False, "evidence", id="devices take nothing back"
        ),
    ],
)
def test_the_first_reason_that_applies_resolves(
    of: str, held: str, status: str, kind: SubjectKind, was_true: bool, reason: str
) -> None:
    open_ = alert(deviation(of))
    before = ledger(held, [open_], heard="", status=JourneyStatus(status), kind=kind)
    assert reconcile(before, lambda _: was_true) == [Resolves(open_, Reason(reason))]


def test_whether_it_was_true_is_asked_only_where_it_matters() -> None:
    def ask(_: Open) -> bool:
        raise AssertionError

    reconcile(ledger("delayed 1", [alert(deviation("delayed 1"))]), ask)
    reconcile(ledger("delayed 1", [alert(deviation("delayed 1"))], heard=""), ask)
    reconcile(ledger("", [alert(deviation("device_silent"))], kind="device"), ask)


def test_a_shelved_alert_keeps_quiet_until_its_deviation_ends_once() -> None:
    shelved = alert(deviation("delayed 1"), shelved=True)
    assert reconcile(ledger("delayed 1", [shelved]), lambda _: True) == []
    assert reconcile(ledger("delayed 1", [shelved], heard=""), lambda _: True) == []
    assert reconcile(ledger("", [shelved]), lambda _: True) == [Unshelves(shelved)]
