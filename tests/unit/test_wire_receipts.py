"""Receipts say what the interface says, however many and however large the results."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tracking.instants import instant
from gateway.tracking.model import Verdict
from gateway.tracking.verdicts import Next
from gateway.wire.faults import Reason, malformed, unknown_site
from gateway.wire.receipt import Result, as_duplicate, quarantined, receipts, render

AT = instant("2026-11-22T08:14:03.161Z")
BY = instant("2026-11-23T18:00:00Z")
LARGEST = 65_536


def told(results: list[Result]) -> list[dict[str, Any]]:
    """All results of all receipts, each receipt checked for its size and time."""
    found = []
    for receipt in receipts(AT, map(render, results)):
        assert len(receipt) <= LARGEST
        read = json.loads(receipt)
        assert read["at"] == "2026-11-22T08:14:03.161Z"
        assert read["results"]
        found += read["results"]
    return found


def test_a_receipt_has_the_form_of_the_interface() -> None:
    accepted = Result(
        "01JD",
        "accepted",
        Verdict.MISROUTED,
        {"SN-1002": Verdict.MISROUTED},
        "SN-1002 belongs at REFILL-1, not HUB-LEJ",
        {"SN-1002": Next(("REFILL-1",), BY), "SN-1003": Next(("A", "B"))},
    )
    refused = quarantined(unknown_site("HUB-XXX", "HUB-LEJ").on("01JE", b"{}"))
    (receipt,) = receipts(AT, [render(accepted), render(refused)])
    assert json.loads(receipt) == {
        "at": "2026-11-22T08:14:03.161Z",
        "results": [
            {
                "id": "01JD",
                "result": "accepted",
                "verdict": "misrouted",
                "items": {"SN-1002": "misrouted"},
                "message": "SN-1002 belongs at REFILL-1, not HUB-LEJ",
                "next": {
                    "SN-1002": {"sites": ["REFILL-1"], "by": "2026-11-23T18:00:00Z"},
                    "SN-1003": {"sites": ["A", "B"]},
                },
            },
            {
                "id": "01JE",
                "result": "quarantined",
                "reason": "unknown_site",
                "message": "no site HUB-XXX; did you mean HUB-LEJ?",
            },
        ],
    }


@pytest.mark.parametrize(
    ("result", "rendered"),
    [
        (Result("e1", "accepted"), {"id": "e1", "result": "accepted"}),
        (Result("e1", "accepted", Verdict.OK), {"id": "e1", "result": "accepted", "verdict": "ok"}),
        (
            Result("e1", "accepted", Verdict.OK, {}, "", {}),
            {"id": "e1", "result": "accepted", "verdict": "ok"},
        ),
        (
            Result("e1", "quarantined", reason=Reason.TOO_OLD),
            {"id": "e1", "result": "quarantined", "reason": "too_old"},
        ),
    ],
)
def test_what_is_none_or_empty_is_left_out(result: Result, rendered: dict[str, Any]) -> None:
    assert json.loads(render(result)) == rendered


def test_a_payload_without_readable_id_is_named_by_its_hash() -> None:
    result = quarantined(malformed("the payload is empty; send a JSON object").on(None, b""))
    assert json.loads(render(result)) == {
        "id": None,
        "result": "quarantined",
        "reason": "malformed",
        "message": "the payload is empty; send a JSON object",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }


def test_a_duplicate_hears_what_was_said_then() -> None:
    first = Result("e1", "accepted", Verdict.LATE, message='she said "result":"accepted"')
    assert json.loads(as_duplicate(render(first))) == json.loads(render(first)) | {"result": "duplicate"}


def test_no_results_make_no_receipt() -> None:
    assert list(receipts(AT, [])) == []


def test_what_does_not_fit_comes_in_further_receipts_in_order() -> None:
    results = [Result(f"e{i}", "accepted", Verdict.LATE, message="x" * 500) for i in range(500)]
    packed = list(receipts(AT, map(render, results)))
    assert [result["id"] for result in told(results)] == [f"e{i}" for i in range(500)]
    assert len(packed) == 5
    assert all(len(receipt) > LARGEST - 700 for receipt in packed[:-1])


def test_a_result_that_exactly_fills_a_receipt_is_not_divided() -> None:
    frame = len(next(receipts(instant("2026-11-22T08:14:03.161234Z"), [b""])))
    full = b'"' + b"x" * (LARGEST - frame - 2) + b'"'
    (receipt,) = receipts(instant("2026-11-22T08:14:03.161234Z"), [full])
    assert len(receipt) == LARGEST


def test_a_result_too_large_for_a_receipt_is_told_in_parts_without_loss() -> None:
    items = {f"{i:03d}" + "ä\"'" * 41: Verdict.MISROUTED for i in range(500)}
    following = {item: Next(tuple(f"SITE-{i}" for i in range(20)), BY) for item in items}
    parts = told(
        [Result("a", "accepted"), Result("big", "accepted", Verdict.MISROUTED, items, "hm", following)]
    )
    assert parts[0] == {"id": "a", "result": "accepted"}
    assert len(parts) > 3
    assert {(part["id"], part["result"], part["verdict"]) for part in parts[1:]} == {
        ("big", "accepted", "misrouted")
    }
    assert [part.get("message") for part in parts[1:]] == ["hm"] + [None] * (len(parts) - 2)
    assert {item for part in parts[1:] for item in part["items"]} == set(items)
    assert {item for part in parts[1:] for item in part["next"]} == set(items)
    assert all(part["items"].keys() == part["next"].keys() for part in parts[1:])


def test_messages_and_alternatives_beyond_use_are_cut() -> None:
    following = {"A": Next(tuple(f"SITE-{i}" for i in range(10_000)))}
    (result,) = told([Result("e1", "accepted", Verdict.LATE, message="x" * 100_000, next=following)])
    assert len(result["message"]) == 2_000
    assert len(result["next"]["A"]["sites"]) == 100


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=128)
verdicts = st.sampled_from(Verdict)
messages = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(
    st.lists(
        st.builds(
            Result,
            id=st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True) | st.none(),
            result=st.sampled_from(["accepted", "duplicate", "quarantined"]),
            verdict=verdicts | st.none(),
            items=st.dictionaries(names, verdicts, max_size=3),
            message=messages,
            next=st.dictionaries(names, st.builds(Next, st.lists(names, max_size=3).map(tuple)), max_size=3),
        ),
        max_size=8,
    )
)
def test_every_result_is_told_once_in_order(results: list[Result]) -> None:
    found = told(results)
    assert [(r["id"], r["result"], r.get("verdict"), r.get("items", {})) for r in found] == [
        (r.id, r.result, r.verdict, r.items) for r in results
    ]
