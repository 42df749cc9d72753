"""Arrays are taken in element by element: a bad one goes alone, and all keep their order."""

import json
from hashlib import sha256

import pytest

from gateway.tracking.model import Scan
from gateway.wire.decoding import Decoded, Reading, decode
from gateway.wire.faults import Reason, Rejection
from gateway.wire.topics import Channel

SCAN = Channel("device", "scan-1", "scan")


def scan(id_: str) -> str:
    return f'{{"id":"{id_}","at":"2026-11-22T08:14:03Z","step":"arriving","item":"SN-{id_}"}}'


def outcomes(decoded: Decoded) -> list[str | Reason | None]:
    return [
        each.reason if isinstance(each, Rejection) else each.fact.id if isinstance(each.fact, Scan) else None
        for each in decoded
    ]


BAD = {
    "an empty object": "{}",
    "no object": "null",
    "a number": "17",
    "a string": '"e1"',
    "an array": f"[{scan('x')}]",
    "an unknown step": scan("x").replace("arriving", "flying"),
    "no time": '{"id":"x"}',
    "a lone surrogate": '{"id":"x","note":"\\ud800"}',
    "a number that is none": '{"id":"x","lat":NaN}',
    "an infinite number in an unknown field": scan("x")[:-1] + ',"y":1e999}',
    "too deep a value": '{"id":"x","y":' + "[" * 300 + "]" * 300 + "}",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_element_goes_alone(bad: str) -> None:
    decoded = decode(SCAN, f" [ {scan('a')} , {bad}\n,\t{scan('b')}\r\n] ".encode())
    assert outcomes(decoded) == ["a", Reason.MALFORMED, "b"]
    assert isinstance(decoded[1], Rejection)
    assert decoded[1].raw == bad.encode()


def test_a_kind_of_article_goes_alone() -> None:
    kind = scan("k").replace("SN-k", "(01)09506000134352")
    assert outcomes(decode(SCAN, f"[{kind},{scan('a')}]".encode())) == [Reason.NOT_AN_INSTANCE, "a"]


def test_an_element_without_id_is_named_by_its_place_and_by_its_own_hash() -> None:
    bad = '{"id": "é", "at": "x"}'
    rejected = decode(SCAN, f"[{scan('a')}, {bad}]".encode())[1]
    assert isinstance(rejected, Rejection)
    assert rejected.id is None
    assert rejected.message.startswith("element 1: id is 'é'")
    assert rejected.sha256 == sha256(bad.encode()).hexdigest()


def test_500_elements_are_read_and_one_more_is_too_large_as_a_whole() -> None:
    most = f"[{','.join(scan(str(i)) for i in range(500))}]"
    assert outcomes(decode(SCAN, most.encode())) == [str(i) for i in range(500)]
    payload = most.replace("]", ",{}]").encode()
    (rejected,) = decode(SCAN, payload)
    assert isinstance(rejected, Rejection)
    assert (rejected.reason, rejected.id, rejected.raw) == (Reason.TOO_LARGE, None, payload)
    assert "501 elements, and 500 elements are allowed" in rejected.message


def test_500_elements_with_a_bad_one_are_499_readings() -> None:
    elements = [scan(str(i)) for i in range(500)]
    elements[250] = "[]"
    decoded = decode(SCAN, f"[{','.join(elements)}]".encode())
    assert [isinstance(each, Reading) for each in decoded] == [i != 250 for i in range(500)]


@pytest.mark.parametrize("neighbour", ["", ",{}"], ids=["read in one go", "read one by one"])
def test_the_text_of_an_element_has_all_of_its_fields(neighbour: str) -> None:
    element = scan("a")[:-1] + ',"lat":51,"lon":12.25,"x":[1,{"y":null}],"z":12345678901234567890}'
    reading = decode(SCAN, f"[{element}{neighbour}]".encode())[0]
    assert isinstance(reading, Reading)
    assert json.loads(reading.text) == json.loads(element)
