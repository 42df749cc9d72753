"""Announcements in files: what a line becomes, and what is said of a file that is none."""

import io
import json
from typing import Any

import pytest

from gateway.cli.announcements import Row, read
from gateway.cli.failures import Failure

NOW = "2026-03-04T09:00:00Z"
BOM = b"\xef\xbb\xbf"


def rows(text: str | bytes, name: str = "returns.csv") -> list[Row]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read(name, io.BytesIO(raw), "erp", NOW))


def fields(text: str | bytes, name: str = "returns.csv") -> list[dict[str, Any]]:
    """The payloads, without what was filled in."""
    found = [json.loads(row.payload) for row in rows(text, name)]
    return [{key: value for key, value in each.items() if key not in ("id", "at")} for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("item,route\nA,R\n", [{"item": "A", "route": "R"}], id="the least"),
        pytest.param("item;route\nA;R\n", [{"item": "A", "route": "R"}], id="semicolons"),
        pytest.param("item\troute\nA\tR\n", [{"item": "A", "route": "R"}], id="tabs"),
        pytest.param(BOM + b"item,route\r\nA,R\r\n", [{"item": "A", "route": "R"}], id="as Excel writes it"),
        pytest.param("Route , ITEM\nR, A \n", [{"item": "A", "route": "R"}], id="any order, case and blanks"),
        pytest.param(
            "item,route,rma\nA,R,\n", [{"item": "A", "route": "R"}], id="an empty cell says nothing"
        ),
        pytest.param(
            "item,route,rma\nA,R\n", [{"item": "A", "route": "R"}], id="nor does one that is missing"
        ),
        pytest.param("item,route\n\nA,R\n , \n", [{"item": "A", "route": "R"}], id="nor an empty line"),
        pytest.param(
            "item,route,value\nA,R,12.50\n", [{"item": "A", "route": "R", "value": 12.5}], id="a number"
        ),
        pytest.param(
            "item,route,rma\n1,2,3\n", [{"item": "1", "route": "2", "rma": "3"}], id="ids of digits"
        ),
        pytest.param(
            'item,route,description\nA,R,"one, ""two""\nthree"\n',
            [{"item": "A", "route": "R", "description": 'one, "two"\nthree'}],
            id="quotes, commas and line breaks",
        ),
        pytest.param("item,route\n", [], id="a header alone"),
    ],
)
def test_a_line_of_csv_becomes_a_payload(text: str | bytes, expected: list[dict[str, Any]]) -> None:
    assert fields(text) == expected


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("true", True),
        ("Yes", True),
        ("1", True),
        ("FALSE", False),
        ("no", False),
        ("0", False),
        ("maybe", "maybe"),
    ],
)
def test_cancelled_is_a_word_for_yes_or_no_or_is_left_to_be_refused(cell: str, value: object) -> None:
    assert fields(f"item,route,cancelled\nA,R,{cell}\n")[0]["cancelled"] == value


def test_a_number_that_is_none_is_left_to_be_refused() -> None:
    assert fields('item,route,value\nA,R,"12,50"\n')[0]["value"] == "12,50"


def test_each_row_knows_the_line_that_it_begins_on() -> None:
    text = 'item,route,description\nA,R,"one\ntwo"\n\nB,R,x\nC,R,y\n'
    assert [(row.item, row.line) for row in rows(text)] == [("A", 2), ("B", 5), ("C", 6)]


class TestIds:
    def test_an_id_is_the_same_for_the_same_line_wherever_and_whenever_it_stands(self) -> None:
        [first] = rows("item,route\nA,R\n")
        [other] = read("x.csv", io.BytesIO(b"route;item\nR;A\n"), "erp", "2030-01-01T00:00:00Z")
        assert json.loads(first.payload)["id"] == json.loads(other.payload)["id"]

    def test_differs_for_another_line_and_another_source(self) -> None:
        found = rows("item,route\nA,R\nB,R\n") + list(
            read("x.csv", io.BytesIO(b"item,route\nA,R\n"), "rma", NOW)
        )
        assert len({json.loads(row.payload)["id"] for row in found}) == 3

    def test_is_left_as_given(self) -> None:
        [row] = rows("id,at,item,route\na-1,2026-01-01T00:00:00Z,A,R\n")
        given = json.loads(row.payload)
        assert (given["id"], given["at"]) == ("a-1", "2026-01-01T00:00:00Z")

    def test_at_is_now_where_it_is_not_given(self) -> None:
        assert json.loads(rows("item,route\nA,R\n")[0].payload)["at"] == NOW


@pytest.mark.parametrize(
    ("text", "payloads"),
    [
        pytest.param('{"item": "A", "route": "R"}\n', [{"item": "A", "route": "R"}], id="an object"),
        pytest.param('\n{"item": "A"}\n\n', [{"item": "A"}], id="empty lines are passed over"),
        pytest.param(
            '{"item": "A", "value": 1.5, "more": [1]}', [{"item": "A", "value": 1.5, "more": [1]}], id="whole"
        ),
        pytest.param(BOM + b'{"item": "A"}', [{"item": "A"}], id="after a byte order mark"),
    ],
)
def test_a_line_of_json_is_a_payload(text: str | bytes, payloads: list[dict[str, Any]]) -> None:
    assert fields(text, "returns.jsonl") == payloads


@pytest.mark.parametrize("line", ["{broken", "[1]", "5", "nonsense", "[" * 100_000])
def test_a_line_that_is_no_object_goes_on_to_be_refused(line: str) -> None:
    assert [row.payload for row in rows(line, "returns.jsonl")] == [line.encode()]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("returns.xlsx", b"", "returns.xlsx: is neither .csv nor .jsonl"),
        ("returns.csv", b"", "line 1: column item is missing"),
        ("returns.csv", b"item\nA\n", "line 1: column route is missing; every announcement needs it"),
        ("returns.csv", b"itm,route\n", "line 1: column 'itm' is not known; did you mean item?"),
        ("returns.csv", b"item,route,\n", "line 1: column '' is not known; columns are id, at, item"),
        ("returns.csv", b"item,route,item\n", "line 1: column item is there twice"),
        ("returns.csv", b"item,route\nA,R\nB,R,9\n", "line 3: has 3 cells, and the header has 2"),
        ("returns.csv", b'item,route\nA,"R"x\n', "line 2: is no CSV"),
        ("returns.csv", b'item,route\nA,"R\n', "line 2: is no CSV"),
        ("returns.csv", "item,route\nÄ,R\n".encode("latin-1"), "returns.csv: is no UTF-8; save it as UTF-8"),
        ("returns.jsonl", b"\xff\n", "returns.jsonl: is no UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(name: str, text: bytes, said: str) -> None:
    with pytest.raises(Failure) as raised:
        rows(text, name)
    assert said in str(raised.value)
