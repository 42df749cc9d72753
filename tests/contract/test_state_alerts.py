"""Alerts: which are live, which had been superseded, which were open when; and the history of their transitions."""

import pytest

from gateway.ports.rows import AlertRow, TransitionRow
from gateway.ports.state import State
from gateway.tracking.deviations import Deviation
from gateway.tracking.model import Kind, Severity, Subject
from tests.contract.making import alert, at, delayed

WHOLE = AlertRow(
    id="A1",
    subject=Subject("container", "TOTE-1"),
    deviation=Deviation(Kind.EXCURSION, at(1), Severity.MAJOR, sensor="shock_g", site="HUB"),
    opened_at=at(1),
    version=7,
    route="loop",
    container="CAGE-1",
    summary="TOTE-1 was dropped",
    details='{"by":null}',
    acknowledged_at=at(2),
    acknowledged_by="u-7",
    snoozed_until=at(3),
    resolved_at=at(4),
    reason="operator",
    shelved=True,
    comments='["ä"]',
    notified_at=at(1.5),
    escalated=2,
)
SN1 = Subject("return", "SN-1")


def test_an_alert_comes_back_whole(state: State) -> None:
    with state.unit() as unit:
        unit.put_alerts([WHOLE])
    with state.reader() as reader:
        assert reader.alert("A1") == WHOLE
        assert reader.alert("A2") is None
        assert reader.alerts([WHOLE.subject]) == {WHOLE.subject: [WHOLE]}


def test_an_alert_replaces_what_it_was_before(state: State) -> None:
    with state.unit() as unit:
        unit.put_alerts([alert("A1")])
    later = alert("A1", delayed(-1), resolved=3, reason="evidence")._replace(version=2, comments='["ok"]')
    with state.unit() as unit:
        unit.put_alerts([later])
    with state.reader() as reader:
        assert reader.alert("A1") == later


def test_the_open_and_the_shelved_alerts_of_a_subject_are_live(state: State) -> None:
    open_, shelved = alert("A1", delayed(stop=1)), alert("A2", delayed(stop=2), resolved=2, shelved=True)
    gone = alert("A3", delayed(stop=3), resolved=2, reason="evidence")
    other = alert("A4", of="SN-2")
    namesake = alert("A5")._replace(subject=Subject("device", "SN-1"))
    with state.unit() as unit:
        unit.put_alerts([shelved, gone, other, namesake, open_])
        asked = [SN1, other.subject, Subject("container", "SN-1")]
        found = unit.alerts(asked)
        assert {subject: set(rows) for subject, rows in found.items()} == {
            SN1: {open_, shelved},
            other.subject: {other},
        }


@pytest.mark.parametrize("first", ["A1", "A9"])
def test_an_alert_may_end_and_another_of_its_key_open_in_one_call(state: State, first: str) -> None:
    with state.unit() as unit:
        unit.put_alerts([alert(first)])
    with state.unit() as unit:
        unit.put_alerts([alert("A5", opened=3), alert(first, resolved=3, reason="evidence")])
        assert unit.alerts([SN1]) == {SN1: [alert("A5", opened=3)]}


def test_alerts_of_one_kind_at_several_stops_or_sensors_are_different(state: State) -> None:
    sensors = [
        Deviation(Kind.EXCURSION, at(0), Severity.MAJOR, sensor=each) for each in ("shock_g", "tilt_deg")
    ]
    stops = [delayed(stop=None), delayed(stop=0), delayed(stop=1), delayed(stop=10)]
    rows = [alert(f"A{n}", deviation) for n, deviation in enumerate([*sensors, *stops])]
    with state.unit() as unit:
        unit.put_alerts(rows)
        assert set(unit.alerts([SN1])[SN1]) == set(rows)


@pytest.mark.parametrize(
    ("deviation", "expected"),
    [
        (delayed(0), "A2"),
        (delayed(1), "A3"),
        (delayed(2), None),
        (delayed(0, stop=3), None),
        (delayed(3), None),
    ],
)
def test_the_newest_superseded_alert_of_a_key_and_since_is_found(
    state: State, deviation: Deviation, expected: str | None
) -> None:
    with state.unit() as unit:
        unit.put_alerts(
            [
                alert("A1", delayed(0), resolved=2, reason="superseded"),
                alert("A2", delayed(0), resolved=3, reason="superseded"),
                alert("A3", delayed(1), resolved=2, reason="superseded"),
                alert("A4", delayed(2), resolved=2, reason="evidence"),
                alert("A5", delayed(3), of="SN-2", resolved=2, reason="superseded"),
            ]
        )
        found = unit.superseded(SN1, deviation)
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0.9, set()), (1, {"A1"}), (2, {"A1", "A2"}), (2.9, {"A1", "A2"}), (3, {"A1"}), (99, {"A1"})],
)
def test_an_alert_was_open_from_its_opening_until_it_resolved(
    state: State, hours: float, expected: set[str]
) -> None:
    other = Deviation(Kind.MISSING, at(0), Severity.CRITICAL)
    with state.unit() as unit:
        unit.put_alerts(
            [
                alert("A1", opened=1),
                alert("A2", of="SN-2", opened=2, resolved=3, reason="evidence"),
                alert("A3", other, opened=1),
            ]
        )
        assert {row.id for row in unit.was_open("delayed", at(hours))} == expected


def test_alerts_page_by_id_the_open_ones_or_all(state: State) -> None:
    rows = [alert(f"A{n}", of=f"SN-{n}", resolved=3 if n % 2 else None) for n in range(6)]
    shelved = alert("A6", resolved=3, shelved=True)
    with state.unit() as unit:
        unit.put_alerts([*rows[::-1], shelved])
    with state.reader() as reader:
        assert reader.list_alerts(resolved=False, after=None, limit=9) == rows[::2]
        assert reader.list_alerts(resolved=False, after="A0", limit=1) == [rows[2]]
        assert reader.list_alerts(resolved=True, after="A1", limit=3) == rows[2:5]
        assert reader.list_alerts(resolved=True, after="A5", limit=3) == [shelved]


def test_transitions_page_in_the_order_they_were_added(state: State) -> None:
    rows = [TransitionRow(f"A{n % 2}", at(5 - n), f'{{"n":{n}}}') for n in range(5)]
    with state.unit() as unit:
        unit.add_transitions(rows[:2])
    with state.unit() as unit:
        unit.add_transitions(rows[2:])
    with state.reader() as reader:
        page = reader.transitions(after=0, limit=2)
        rest = reader.transitions(after=page[-1].seq, limit=9)
    assert [row._replace(seq=0) for row in (*page, *rest)] == rows
    seqs = [row.seq for row in (*page, *rest)]
    assert seqs == sorted(set(seqs))
